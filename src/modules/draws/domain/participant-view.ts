import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import type { ParticipantCounts } from '../unsettled.store.js'
import { localDays } from './calendar.js'
import { balanceOf, type TicketLot, usableLots } from './ticket-lots.js'

export interface ParticipantView {
  readonly userId: string
  readonly drawsLeft: number | null
  readonly drawsLeftToday: number | null
  readonly tickets: number
  readonly wins: number
  readonly ticketLots: readonly TicketLot[]
  /** Local days in a row with a draw; yesterday's are kept until today is over. */
  readonly drawStreak: number
}

/** What a participant with these counts has left at `nowMs`. */
export function viewParticipant(campaign: CampaignSnapshot, userId: string, counts: ParticipantCounts, nowMs: number): ParticipantView {
  const days = localDays(campaign.timezone, nowMs)
  const today = counts.day === days.day ? counts.drawsThatDay : 0
  const left = campaign.drawsPerUserTotal === null ? null : Math.max(0, campaign.drawsPerUserTotal - counts.draws)
  const daily = campaign.drawsPerUserDaily
  const leftToday = daily === null ? left : Math.min(left ?? Infinity, Math.max(0, daily - today))
  const ticketLots = usableLots(counts.tickets, campaign, days, nowMs)
  const drawStreak = counts.day !== null && counts.day >= days.day - 1 ? counts.streak : 0
  return { userId, drawsLeft: left, drawsLeftToday: leftToday, tickets: balanceOf(ticketLots), wins: counts.wins, ticketLots, drawStreak }
}
