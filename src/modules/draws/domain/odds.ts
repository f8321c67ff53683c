import type { CampaignSnapshot, SnapshotPrize } from '../../campaigns/domain/snapshot.js'
import { type Allowance, allowancesOn, usesOf } from '../../inventory/domain/allowance.js'
import { ROLL_RANGE } from './roll.js'

/** What the mechanic makes of the one engine. */
export interface MechanicRules {
  /** No stock is SOLD_OUT and too many wins are QUOTA_EXCEEDED, rather than the fallback or a loss. */
  readonly firstCome: boolean
}

export const mechanicRules = (mechanic: CampaignSnapshot['mechanic']): MechanicRules => ({ firstCome: mechanic === 'FLASH_SALE' || mechanic === 'RED_PACKET' })

export interface PrizeRules {
  /** In the order in which they are tried where the candidate cannot be given. */
  readonly fallbacks: readonly SnapshotPrize[]
  readonly guarantee: SnapshotPrize | null
}

const rules = new WeakMap<CampaignSnapshot, PrizeRules>()

/** Which prizes stand in for others. Known once for each snapshot. */
export function rulesOf(campaign: CampaignSnapshot): PrizeRules {
  const known = rules.get(campaign)
  if (known !== undefined) return known
  const fallbacks = campaign.prizes.filter(({ isFallback }) => isFallback).sort((a, b) => (a.fallbackOrder ?? 0) - (b.fallbackOrder ?? 0))
  const guarantee = campaign.guaranteeAfterLosses === null ? null : (campaign.prizes.find(({ isGuarantee }) => isGuarantee) ?? null)
  const found = { fallbacks, guarantee }
  rules.set(campaign, found)
  return found
}

/** What a day's wins may use up. */
export interface Spending {
  readonly day: number
  readonly allowances: readonly Allowance[]
  /** Of one unit, by the prize's position. */
  readonly uses: ReadonlyMap<number, ReturnType<typeof usesOf>>
}

const spendings = new WeakMap<CampaignSnapshot, Spending>()

/** Of the campaign on a local day. Known once for each snapshot and day. */
export function spendingOn(campaign: CampaignSnapshot, day: number): Spending {
  const known = spendings.get(campaign)
  if (known?.day === day) return known
  const allowances = allowancesOn(campaign, day)
  const spending = { day, allowances, uses: new Map(campaign.prizes.map((prize) => [prize.position, usesOf(prize, allowances)])) }
  spendings.set(campaign, spending)
  return spending
}

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
 * First come: each roll is spread over the prizes that are not known to be used up, in proportion to their odds; where all
 * are, the plain candidate (so that the answer is SOLD_OUT). `unitsMost`: by position, all that are to be had of a prize.
 */
export function firstComeCandidates(
  prizes: readonly SnapshotPrize[], rolls: readonly number[], unitsMost: ReadonlyMap<number, number>,
): Array<SnapshotPrize | null> {
  const chosen = new Map<number, number>()
  return rolls.map((rolled) => {
    const left = prizes.filter(({ position }) => (chosen.get(position) ?? 0) < (unitsMost.get(position) ?? Infinity))
    const sum = left.reduce((total, prize) => total + prize.probabilityPpb, 0)
    const plain = sum === 0 || left.length === prizes.length
    const prize = plain ? candidate(prizes, rolled) : candidate(left, Math.floor((rolled / ROLL_RANGE) * sum))
    if (prize !== null) chosen.set(prize.position, (chosen.get(prize.position) ?? 0) + 1)
    return prize
  })
}
