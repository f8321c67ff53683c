import { useQuery, type QueryKey, type UseQueryOptions } from '@tanstack/react-query'

export type LiveState = 'connecting' | 'live' | 'disconnected' | 'off'

/**
 * A reading that is asked for again every `everyMs` while the page can be seen. After a failure it goes on asking, and
 * says `disconnected`, with the last reading still there, until an answer comes. One reading replaces another, so that
 * nothing is counted twice after an interruption.
 */
export function useLive<T, K extends QueryKey>(options: UseQueryOptions<T, Error, T, K>, everyMs: number) {
  const query = useQuery({ ...options, refetchInterval: everyMs, refetchOnReconnect: true, retry: false, networkMode: 'always' })
  const state: LiveState = query.isError || query.failureCount > 0 ? 'disconnected' : query.data === undefined ? 'connecting' : 'live'
  return { data: query.data, error: query.error, refetch: query.refetch, state, updatedAt: query.dataUpdatedAt }
}
