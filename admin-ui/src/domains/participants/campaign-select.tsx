import { Select } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CampaignRowFragment } from '../../generated/graphql.js'

interface CampaignSelectProps {
  readonly campaigns: ReadonlyMap<string, CampaignRowFragment>
  readonly value: string | undefined
  readonly onChange: (id: string | undefined) => void
}

export function CampaignSelect({ campaigns, value, onChange }: CampaignSelectProps) {
  const { t } = useTranslation(['participants', 'campaigns'])
  return (
    <Select
      label={t('participants:campaign')} placeholder={t('participants:choose')} searchable nothingFoundMessage={t('participants:noCampaign')} w={320} maw="100%"
      data={[...campaigns.values()].map(({ id, name, status }) => ({ value: id, label: `${name} · ${t(`campaigns:status.${status}`)}` }))}
      value={value ?? null} onChange={(id) => { onChange(id ?? undefined) }}
    />
  )
}
