import { useTranslation } from 'react-i18next'
import type { CampaignStatus } from '../../generated/graphql.js'
import { Status, type Tone } from '../../ui/badge.js'

export const STATUSES = ['ACTIVE', 'SCHEDULED', 'PAUSED', 'RECOVERING', 'IN_REVIEW', 'DRAFT', 'ENDED', 'ARCHIVED'] as const satisfies readonly CampaignStatus[]

/** Those that something leads to: nothing puts a campaign in review or away yet. */
export const REACHED = STATUSES.filter((status) => status !== 'IN_REVIEW' && status !== 'ARCHIVED')

const TONE: Readonly<Record<CampaignStatus, Tone>> = {
  ACTIVE: 'good', SCHEDULED: 'info', PAUSED: 'warn', RECOVERING: 'bad', IN_REVIEW: 'info', DRAFT: 'idle', ENDED: 'idle', ARCHIVED: 'idle',
}

/** Whether it has draws to be seen, or has had. */
export const isPublished = (status: CampaignStatus): boolean => status !== 'DRAFT' && status !== 'IN_REVIEW'

export function CampaignState({ status }: { status: CampaignStatus }) {
  const { t } = useTranslation('campaigns')
  return <Status tone={TONE[status]}>{t(`status.${status}`)}</Status>
}
