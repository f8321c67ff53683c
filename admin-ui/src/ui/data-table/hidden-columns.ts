import { useState } from 'react'
import type { VisibilityState } from '@tanstack/react-table'

const key = (table: string) => `drawbridge.columns.${table}`

function stored(table: string, usually: readonly string[]): VisibilityState {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(key(table)) ?? JSON.stringify(usually))
    return Array.isArray(names) ? Object.fromEntries(names.filter((name) => typeof name === 'string').map((name) => [name, false])) : {}
  } catch {
    return {}
  }
}

/** Which columns this reader has put away, kept in the browser; `usually`: those of whoever has not chosen. */
export function useHiddenColumns(table: string, usually: readonly string[]) {
  const [visibility, setVisibility] = useState<VisibilityState>(() => stored(table, usually))
  const set = (next: VisibilityState) => {
    setVisibility(next)
    localStorage.setItem(key(table), JSON.stringify(Object.keys(next).filter((name) => next[name] === false)))
  }
  return [visibility, set] as const
}
