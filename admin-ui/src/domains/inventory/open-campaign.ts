import type { CampaignStatus } from '../../generated/graphql.js'

const OPEN: readonly CampaignStatus[] = ['SCHEDULED', 'ACTIVE', 'PAUSED', 'RECOVERING']

/** Whether a campaign's stock can be changed here: it is published, and not over. */
export const takesChanges = (status: CampaignStatus): boolean => OPEN.includes(status)
