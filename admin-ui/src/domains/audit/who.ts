import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { run } from '../../api/client.js'
import { WhoIsWhoDocument } from '../../generated/graphql.js'

const KNOWN_MS = 60_000

/** Names of operators, by their ids: nobody is ever deleted. */
export function useNames(): ReadonlyMap<string, string> {
  const { data } = useQuery({ queryKey: ['operators', 'names'], staleTime: KNOWN_MS, queryFn: async ({ signal }) => (await run(WhoIsWhoDocument, {}, signal)).operators })
  return useMemo(() => new Map(data?.map(({ id, name }) => [id, name])), [data])
}
