import type { CampaignSnapshot, SnapshotPrize } from '../../campaigns/domain/snapshot.js'
import { ROLL_RANGE } from './roll.js'

/** What the mechanic makes of the one engine. */
export interface MechanicRules {
  /** No stock is SOLD_OUT and too many wins are QUOTA_EXCEEDED, rather than the fallback or a loss. */
  readonly firstCome: boolean
}

export const mechanicRules = (mechanic: CampaignSnapshot['mechanic']): MechanicRules => ({ firstCome: mechanic === 'FLASH_SALE' || mechanic === 'RED_PACKET' })

/** The prize that a roll points at: odds lie behind one another by position, and what is left of 1e9 is null, a loss. */
export function candidate(prizes: readonly SnapshotPrize[], rolled: number): SnapshotPrize | null {
  let above = 0
  for (const prize of prizes) {
    above += prize.probabilityPpb
    if (rolled < above) return prize
  }
  return null
}

/**
 * First come: the roll is spread over the prizes that are not known to be gone, in proportion to their odds; where all are
 * gone, the plain candidate (so that the answer is SOLD_OUT).
 */
export function firstComeCandidate(prizes: readonly SnapshotPrize[], rolled: number, gone: ReadonlySet<number>): SnapshotPrize | null {
  const left = gone.size === 0 ? prizes : prizes.filter((prize) => !gone.has(prize.position))
  const sum = left.reduce((total, prize) => total + prize.probabilityPpb, 0)
  if (sum === 0 || left.length === prizes.length) return candidate(prizes, rolled)
  return candidate(left, Math.floor((rolled / ROLL_RANGE) * sum))
}
