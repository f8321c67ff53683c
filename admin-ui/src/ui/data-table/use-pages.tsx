import { Button } from '@mantine/core'
import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import { useTranslation } from 'react-i18next'

/** What is read at a time. */
const PAGE = 100

interface Connection<T> {
  readonly edges: ReadonlyArray<{ readonly node: T }>
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null }
}

interface Pages<T, P> {
  readonly rows: T[] | undefined
  /** As it came first. */
  readonly first: P | undefined
  readonly error: Error | null
  readonly retry: () => void
  /** Reads more; nothing where there is no more. */
  readonly note: ReactNode
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
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = query
  const rows = useMemo(() => data?.pages.flatMap(({ edges }) => edges.map(({ node }) => node)), [data])
  const note = hasNextPage
    ? <Button variant="transparent" size="compact-xs" loading={isFetchingNextPage} onClick={() => { void fetchNextPage() }}>{t('table.loadMore')}</Button>
    : undefined
  return { rows, first: data?.pages[0], error, retry: () => { void refetch() }, note }
}
