import { IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconRocket } from '@tabler/icons-react'
import { EndCampaignDocument, PauseCampaignDocument, PublishCampaignDocument, ResumeCampaignDocument, type CampaignStatus } from '../../generated/graphql.js'

/** What moves a campaign from one state to another, and from which it can. */
export const ACTIONS = {
  publish: { document: PublishCampaignDocument, icon: IconRocket, when: ['DRAFT'], danger: false },
  resume: { document: ResumeCampaignDocument, icon: IconPlayerPlay, when: ['PAUSED'], danger: false },
  pause: { document: PauseCampaignDocument, icon: IconPlayerPause, when: ['ACTIVE', 'SCHEDULED'], danger: false },
  end: { document: EndCampaignDocument, icon: IconPlayerStop, when: ['ACTIVE', 'SCHEDULED', 'PAUSED'], danger: true },
} as const satisfies Record<string, { when: readonly CampaignStatus[]; [key: string]: unknown }>

export type Action = keyof typeof ACTIONS
