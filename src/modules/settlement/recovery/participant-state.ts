import { bucketOf } from '../../../platform/redis/keys.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { formatOutcome, type WonAs } from '../../draws/domain/answer.js'
import { candidate } from '../../draws/domain/odds.js'
import type { KeptDraw } from './rebuild.store.js'

/**
 * What the decide script would have left in a participant's hash after these draws, all of one participant: counters,
 * wins, losses in a row, the streak of days, and the answer under each key. Velocity windows begin anew. Fields and values one
 * after the other.
 * `dayOf`: the local day of a moment; `today`: the present one.
 */
export function participantState(
  campaign: CampaignSnapshot, dayOf: (ms: number) => number, today: number, draws: readonly KeptDraw[],
): string[] {
  const bucket = bucketOf(campaign, draws[0]?.participantId ?? '')
  const fallbacks = new Set(campaign.prizes.filter((prize) => prize.isFallback).map(({ position }) => position))
  const winsOf = new Map<number, number>()
  const winsToday = new Map<number, number>()
  let wins = 0
  const drawsOf = new Map<number, number>()
  for (const { position, createdMs } of draws) {
    const day = dayOf(createdMs)
    drawsOf.set(day, (drawsOf.get(day) ?? 0) + 1)
    const isToday = day === today
    if (position === 0) continue
    winsOf.set(position, (winsOf.get(position) ?? 0) + 1)
    if (isToday) winsToday.set(position, (winsToday.get(position) ?? 0) + 1)
    // A fallback never counts as one of the participant's wins.
    if (!fallbacks.has(position)) wins++
  }
  const fields = ['n', String(draws.length), 'w', String(wins)]
  const lastDay = Math.max(...drawsOf.keys())
  let streak = 1
  while (drawsOf.has(lastDay - streak)) streak++
  fields.push('D', String(lastDay), 'd', String(drawsOf.get(lastDay)), 'sc', String(streak))
  for (const [position, count] of winsOf) fields.push(`w${position}`, String(count))
  for (const [position, count] of winsToday) fields.push(`x${position}`, `${today}:${count}`)
  if (campaign.guaranteeAfterLosses !== null) fields.push('l', String(lossesInARow(draws, fallbacks)))
  const wonAs = ({ position, roll, wonAs: known }: KeptDraw): WonAs | null => {
    if (position === 0 || known !== null) return known
    return fallbacks.has(position) && candidate(campaign.prizes, roll)?.position !== position ? 'FALLBACK' : 'ROLL'
  }
  for (const [key, ofKey] of Map.groupBy(draws, (draw) => draw.key)) {
    const answered = ofKey.toSorted((a, b) => a.ordinal - b.ordinal)
    fields.push(`k${key}`, [
      answered[0]!.fingerprint,
      answered[0]!.createdMs,
      answered.map((draw) => draw.id).join(','),
      answered.map((draw) => formatOutcome({ position: draw.position, wonAs: wonAs(draw), amountMinor: draw.amountMinor })).join(','),
      answered.map((draw) => draw.roll).join(','),
      // The draws' public ids name the bucket that decided them.
      ...(answered[0]!.bucket === bucket ? [] : [answered[0]!.bucket]),
    ].join('|'))
  }
  return fields
}

/** Draws since the last win that counts, by the order in which they were decided. */
function lossesInARow(draws: readonly KeptDraw[], fallbacks: ReadonlySet<number>): number {
  const decided = draws.toSorted((a, b) => a.epoch - b.epoch || a.seq - b.seq || a.ordinal - b.ordinal)
  const last = decided.findLastIndex(({ position }) => position !== 0 && !fallbacks.has(position))
  return decided.length - 1 - last
}
