import { useEffect } from 'react'
import type { MorePages } from './use-pages.js'

/** Past this many, what is looked for is found by a filter sooner than by a page. */
const LOADED_MAX = 2_000

/**
 * Loads pages until `wanted` rows are there, or all, or as many as a browser sorts with ease: a link to a page far down opens
 * with its rows, and an order is one of all rows. Says whether more are on their way.
 */
export function useWantedRows<T>(more: MorePages<T> | undefined, loaded: number | undefined, wanted: number): boolean {
  const load = more?.load
  const isLoading = more?.isLoading === true
  const mayLoad = more !== undefined && more.left && !more.failed && load !== undefined
  const short = mayLoad && loaded !== undefined && loaded < Math.min(wanted, LOADED_MAX)
  useEffect(() => { if (short && !isLoading) load() }, [short, isLoading, load])
  return short
}
