import type { SortingState } from '@tanstack/react-table'

/** What of a table is in its address: whoever is sent the link sees the same. */
export interface TableView {
  /** A column's id; with a minus, downwards. */
  readonly sort?: string
  /** From 1. */
  readonly page?: number
}

export const sortingOf = (sort: string | undefined): SortingState =>
  sort === undefined ? [] : [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }]

export const sortOf = (sorting: SortingState): string | undefined => {
  const first = sorting[0]
  return first === undefined ? undefined : `${first.desc ? '-' : ''}${first.id}`
}

const PAGE_MAX = 1_000

/** An address that somebody typed holds anything: what makes no sense is left out. */
export function tableViewOf(search: Record<string, unknown>, columns: readonly string[]): TableView {
  const sort = typeof search.sort === 'string' && columns.includes(search.sort.replace(/^-/, '')) ? search.sort : undefined
  const page = Number(search.page)
  return {
    ...(sort === undefined ? {} : { sort }),
    ...(Number.isInteger(page) && page > 1 && page <= PAGE_MAX ? { page } : {}),
  }
}
