import { queryOptions, useQuery } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { type CampaignRowFragment, ParticipantDocument, ParticipantStateDocument } from '../../generated/graphql.js'
import { campaignsQuery } from '../campaigns/queries.js'
import { RISK_KEY } from '../risk/lists.js'

/** Among what is read of the lists: whoever changes one sees it here at once. */
export const participantQuery = (userId: string) =>
  queryOptions({
    queryKey: [...RISK_KEY, 'participant', userId],
    queryFn: async ({ signal }) => (await run(ParticipantDocument, { userId }, signal)).participant,
  })

export const stateQuery = (campaignId: string, userId: string) =>
  queryOptions({
    queryKey: ['participants', 'state', campaignId, userId],
    queryFn: async ({ signal }) => (await run(ParticipantStateDocument, { campaignId, userId }, signal)).participantState,
  })

const isDrawnFrom = ({ status }: CampaignRowFragment) => status !== 'DRAFT' && status !== 'IN_REVIEW'

/** Campaigns that somebody may have drawn in, by their ids. */
export function useDrawnFrom(): ReadonlyMap<string, CampaignRowFragment> {
  const { data } = useQuery(campaignsQuery({}))
  return new Map(data?.campaigns.filter(isDrawnFrom).map((campaign) => [campaign.id, campaign]))
}
