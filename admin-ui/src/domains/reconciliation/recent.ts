import type { CampaignRowFragment } from '../../generated/graphql.js'

const RECENT_MS = 30 * 24 * 60 * 60_000

/** Campaigns whose books matter now: those that run, and those that ended within a month; the ones that run first. */
export function recentCampaigns(campaigns: readonly CampaignRowFragment[], nowMs: number): CampaignRowFragment[] {
  const runs = campaigns.filter(({ status }) => status === 'ACTIVE' || status === 'PAUSED' || status === 'RECOVERING')
  const ended = campaigns.filter(({ status, endsAt }) => status === 'ENDED' && nowMs - new Date(endsAt).getTime() < RECENT_MS)
  return [...runs, ...ended]
}
