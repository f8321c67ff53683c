import { Stack } from '@mantine/core'
import { useCampaign } from '../campaigns/detail/use-campaign.js'
import { ResetTests } from './reset-tests.js'
import { TryPanel } from './try-panel.js'

export function TryTab() {
  const { id, name } = useCampaign()
  return (
    <Stack gap="lg">
      <TryPanel campaignId={id} />
      <ResetTests campaignId={id} name={name} />
    </Stack>
  )
}
