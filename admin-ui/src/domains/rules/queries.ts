import { queryOptions } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { ApiError } from '../../api/errors.js'
import { CampaignBudgetStatusDocument, CampaignRulesDocument, type RuledCampaignFragment, VelocityOfDocument } from '../../generated/graphql.js'

/** Among what is kept of campaigns: whatever changes one is read again here too. */
export const rulesQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', 'rules', id],
    queryFn: async ({ signal }): Promise<RuledCampaignFragment> => {
      const { campaign } = await run(CampaignRulesDocument, { id }, signal)
      if (campaign == null) throw new ApiError('NOT_FOUND', id)
      return campaign
    },
  })

export const budgetQuery = (id: string) =>
  queryOptions({ queryKey: ['campaigns', 'budget', id], queryFn: async ({ signal }) => (await run(CampaignBudgetStatusDocument, { id }, signal)).budget ?? null })

/** Null: the tenant's own, over all campaigns. */
export const velocityQuery = (campaignId: string | null) =>
  queryOptions({ queryKey: ['velocity', campaignId ?? ''], queryFn: async ({ signal }) => (await run(VelocityOfDocument, { campaignId }, signal)).velocityRules })
