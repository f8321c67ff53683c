import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { formatOutcome } from '../../draws/domain/answer.js'
import { candidate } from '../../draws/domain/odds.js'
import type { KeptDraw } from './rebuild.store.js'

export interface DayRange { readonly day: number; readonly startMs: number; readonly nextMs: number }

/**
 * What the decide script would have left in a participant's hash after these draws, all of one participant: counters,
 * wins, and the answer under each key. Velocity windows begin anew. Fields and values one after the other.
 */
export function participantState(campaign: CampaignSnapshot, today: DayRange, draws: readonly KeptDraw[]): string[] {
  const fallback = campaign.prizes.find((prize) => prize.isFallback)
  const winsOf = new Map<number, number>()
  let wins = 0
  let drawsToday = 0
  for (const { position, createdMs } of draws) {
    if (createdMs >= today.startMs && createdMs < today.nextMs) drawsToday++
    if (position === 0) continue
    winsOf.set(position, (winsOf.get(position) ?? 0) + 1)
    // The fallback never counts as one of the participant's wins.
    if (position !== fallback?.position) wins++
  }
  const fields = ['n', String(draws.length), 'w', String(wins)]
  if (drawsToday > 0) fields.push('D', String(today.day), 'd', String(drawsToday))
  for (const [position, count] of winsOf) fields.push(`w${position}`, String(count))
  for (const [key, ofKey] of Map.groupBy(draws, (draw) => draw.key)) {
    const answered = ofKey.toSorted((a, b) => a.ordinal - b.ordinal)
    const outcomes = answered.map(({ position, roll }) => {
      const asFallback = position > 0 && position === fallback?.position && candidate(campaign.prizes, roll)?.position !== position
      return formatOutcome({ position, asFallback })
    })
    fields.push(`k${key}`, [
      answered[0]!.fingerprint,
      answered[0]!.createdMs,
      answered.map((draw) => draw.id).join(','),
      outcomes.join(','),
      answered.map((draw) => draw.roll).join(','),
    ].join('|'))
  }
  return fields
}
