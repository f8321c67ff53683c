import { isoOf } from '../../lib/wall-time.js'
import { judgeOdds } from '../rules/odds-sum.js'
import { everyDrawWins, rowsOf } from './odds.js'
import type { Step } from './steps.js'
import type { Fixed, Values } from './values.js'

export type Missing = 'ended' | 'noPrize' | 'oddsWhole' | 'oddsTooMuch' | 'unnamed' | 'packetKind' | 'packetValue'

/** What publishing would refuse, as far as it can be seen from here; the server has the last word. */
export function missingIn(draft: { values: Values; fixed: Fixed }, nowMs: number): Array<{ what: Missing; step: Step }> {
  const { values, fixed: { mechanic } } = draft
  const { prizes, endsAt, timezone, name } = values
  const end = isoOf(endsAt, timezone)
  const { rest } = judgeOdds(rowsOf(prizes.map(({ probabilityPpb }) => probabilityPpb)))
  const isPacket = mechanic === 'RED_PACKET'
  const found: Array<readonly [boolean, Missing, Step]> = [
    [name.trim() === '', 'unnamed', 'basics'],
    [end !== null && new Date(end).getTime() <= nowMs, 'ended', 'basics'],
    [prizes.length === 0, 'noPrize', 'prizes'],
    [prizes.length > 0 && everyDrawWins(mechanic) && rest > 0, 'oddsWhole', 'prizes'],
    [rest < 0, 'oddsTooMuch', 'prizes'],
    [isPacket && prizes.some(({ kind }) => kind !== 'CASH' && kind !== 'POINTS'), 'packetKind', 'prizes'],
    [isPacket && prizes.some(({ amountMinor }) => amountMinor === ''), 'packetValue', 'prizes'],
  ]
  return found.flatMap(([holds, what, step]) => (holds ? [{ what, step }] : []))
}
