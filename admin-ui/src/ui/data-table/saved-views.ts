import { createContext, use, useState } from 'react'

/** A list as somebody likes it, under a name. The address stays what is true: a view is a way to it. */
interface SavedView {
  readonly name: string
  /** Filters and order, as the address has them. */
  readonly search: Readonly<Record<string, unknown>>
  readonly hidden: readonly string[]
}

const VIEWS_MAX = 50

/** Whose views they are: two who share a browser have their own. */
export const TableOwner = createContext('')

const isView = (value: unknown): value is SavedView => {
  const { name, search, hidden } = (value ?? {}) as Partial<Record<keyof SavedView, unknown>>
  return typeof name === 'string' && typeof search === 'object' && search !== null && Array.isArray(hidden) && hidden.every((column) => typeof column === 'string')
}

function stored(key: string): SavedView[] {
  try {
    const views: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(views) ? views.filter(isView) : []
  } catch {
    return []
  }
}

export const sameView = (one: Omit<SavedView, 'name'>, other: Omit<SavedView, 'name'>): boolean => {
  const text = ({ search, hidden }: Omit<SavedView, 'name'>) => {
    const said = Object.entries(search).filter(([, value]) => value !== undefined)
    return JSON.stringify([said.sort(([a], [b]) => (a < b ? -1 : 1)), [...hidden].sort()])
  }
  return text(one) === text(other)
}

/** The views of this table that its reader has kept in the browser, by their names. */
export function useSavedViews(table: string) {
  const key = `drawbridge.views.${use(TableOwner)}.${table}`
  const [views, setViews] = useState(() => stored(key))
  const keep = (next: readonly SavedView[]) => {
    const sorted = [...next].sort((a, b) => a.name.localeCompare(b.name)).slice(0, VIEWS_MAX)
    setViews(sorted)
    localStorage.setItem(key, JSON.stringify(sorted))
  }
  return {
    views,
    /** One of the same name is replaced. */
    save: (view: SavedView) => { keep([...views.filter(({ name }) => name !== view.name), view]) },
    forget: (name: string) => { keep(views.filter((view) => view.name !== name)) },
  }
}
