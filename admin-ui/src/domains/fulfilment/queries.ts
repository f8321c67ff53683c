import { queryOptions } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { PrizeFulfilmentsDocument } from '../../generated/graphql.js'

export const fulfilmentsKey = (campaignId: string) => ['campaigns', 'fulfilments', campaignId] as const

export const fulfilmentsQuery = (campaignId: string) =>
  queryOptions({
    queryKey: fulfilmentsKey(campaignId),
    queryFn: async ({ signal }) => (await run(PrizeFulfilmentsDocument, { campaignId }, signal)).campaign?.prizes ?? [],
  })
