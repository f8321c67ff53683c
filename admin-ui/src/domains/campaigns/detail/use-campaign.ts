import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { CampaignDetailFragment } from '../../../generated/graphql.js'
import { campaignQuery } from '../queries.js'

const route = getRouteApi('/shell/campaigns/$id')

/** The campaign whose tab this is; the frame around the tabs has read it. */
export function useCampaign(): CampaignDetailFragment {
  const { id } = route.useParams()
  return useSuspenseQuery(campaignQuery(id)).data
}
