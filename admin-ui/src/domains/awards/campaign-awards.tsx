import { getRouteApi } from '@tanstack/react-router'
import { useCampaign } from '../campaigns/detail/use-campaign.js'
import { AwardsTable } from './table.js'

const route = getRouteApi('/shell/campaigns/$id/awards')

/** The same desk, within its campaign. */
export function CampaignAwards() {
  const { id, prizes } = useCampaign()
  const view = route.useSearch()
  const navigate = route.useNavigate()
  return <AwardsTable campaignId={id} prizes={prizes} view={view} onView={(next) => { void navigate({ search: next }) }} />
}
