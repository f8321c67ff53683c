import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import type { ParticipantCounts } from '../unsettled.store.js'
import { localDays } from './calendar.js'

export interface ParticipantView {
  readonly userId: string
  readonly drawsLeft: number | null
  readonly drawsLeftToday: number | null
  readonly tickets: number
  readonly wins: number
}

/** What a participant with these counts has left at `nowMs`. */
export function viewParticipant(campaign: CampaignSnapshot, userId: string, counts: ParticipantCounts, nowMs: number): ParticipantView {
  const today = counts.day === localDays(campaign.timezone, nowMs).day ? counts.drawsThatDay : 0
  const left = campaign.drawsPerUserTotal === null ? null : Math.max(0, campaign.drawsPerUserTotal - counts.draws)
  const daily = campaign.drawsPerUserDaily
  const leftToday = daily === null ? left : Math.min(left ?? Infinity, Math.max(0, daily - today))
  return { userId, drawsLeft: left, drawsLeftToday: leftToday, tickets: counts.tickets, wins: counts.wins }
}
