import { useCampaign } from '../campaigns/detail/use-campaign.js'
import { TryPanel } from './try-panel.js'

export function TryTab() {
  const { id } = useCampaign()
  return <TryPanel campaignId={id} />
}
