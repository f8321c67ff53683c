import { Button } from '@mantine/core'
import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useCallback, useMemo } from 'react'
import { useTranslation } from 'react-i18next'

/** What is read at a time. */
const PAGE = 100
/** Of one list in a file: more is for the API. */
const ALL_MAX = 5_000

interface Connection<T> {
  readonly edges: ReadonlyArray<{ readonly node: T }>
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null }
}

/** What of a list has not come yet. */
export interface MorePages<T> {
  readonly left: boolean
  readonly isLoading: boolean
  readonly failed: boolean
  /** Without it, what is there is all that is loaded. */
  readonly load?: () => void
  /** From the first row to the last, read anew; `cut`: there are more than are read. */
  readonly readAll: () => Promise<{ readonly rows: T[]; readonly cut: boolean }>
}

interface Pages<T, P> {
  readonly rows: T[] | undefined
  /** As it came first. */
  readonly first: P | undefined
  readonly error: Error | null
  readonly retry: () => void
  /** Reads more; nothing where there is no more. */
  readonly note: ReactNode
  readonly more: MorePages<T>
}

/** A list of the API that comes a page at a time, for a DataTable. */
export function usePages<T, P extends Connection<T>>(
  queryKey: QueryKey, read: (page: { first: number; after: string | null }, signal: AbortSignal) => Promise<P & Connection<T>>,
): Pages<T, P> {
  const { t } = useTranslation()
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ signal, pageParam }) => read({ first: PAGE, after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ pageInfo: { hasNextPage, endCursor } }) => (hasNextPage ? endCursor : null),
  })
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError } = query
  const rows = useMemo(() => data?.pages.flatMap(({ edges }) => edges.map(({ node }) => node)), [data])
  const load = useCallback(() => { void fetchNextPage() }, [fetchNextPage])
  const note = hasNextPage
    ? <Button variant="transparent" size="compact-xs" loading={isFetchingNextPage} onClick={load}>{t('table.loadMore')}</Button>
    : undefined
  const more = { left: hasNextPage, isLoading: isFetchingNextPage, failed: isFetchNextPageError, load, readAll: () => readAll(read) }
  return { rows, first: data?.pages[0], error, retry: () => { void refetch() }, note, more }
}

async function readAll<T>(read: (page: { first: number; after: string | null }, signal: AbortSignal) => Promise<Connection<T>>) {
  const { signal } = new AbortController()
  const rows: T[] = []
  let after: string | null = null
  do {
    const { edges, pageInfo }: Connection<T> = await read({ first: PAGE, after }, signal)
    rows.push(...edges.map(({ node }) => node))
    after = pageInfo.hasNextPage ? pageInfo.endCursor ?? null : null
  } while (after !== null && rows.length < ALL_MAX)
  return { rows, cut: after !== null }
}
