import type { CampaignSnapshot, SnapshotPrize } from '../../campaigns/domain/snapshot.js'

/**
 * An allowance: what all participants of a campaign together may use up: money, in all or on a local day, or wins of a
 * prize on a local day. Each bucket has an even share of it and counts what it used (field `a<code>` of its stock, made
 * with the first use); units move between buckets as stock does, and every one of them is in one place. Positions of
 * prizes end at 1000: a transfer of a higher number is one of an allowance.
 */
export interface Allowance {
  readonly code: number
  /** In all buckets together. */
  readonly limit: number
}

/** The scripts know allowances by being no lower. */
const MONEY_IN_ALL = 9_999
const DAYS_FROM = 10_000
const CODES_PER_DAY = 1_001
const moneyOn = (day: number): number => DAYS_FROM + day * CODES_PER_DAY
const winsOn = (day: number, position: number): number => moneyOn(day) + position

export type AllowanceMeaning =
  | { readonly kind: 'MONEY'; readonly day: number | null }
  | { readonly kind: 'WINS'; readonly day: number; readonly position: number }

export function meaningOf(code: number): AllowanceMeaning {
  if (code === MONEY_IN_ALL) return { kind: 'MONEY', day: null }
  const day = Math.floor((code - DAYS_FROM) / CODES_PER_DAY)
  const position = code - moneyOn(day)
  return position === 0 ? { kind: 'MONEY', day } : { kind: 'WINS', day, position }
}

/** Even, with what is left over in the first buckets. The shares of a smaller amount are nowhere above those of a larger one. */
export const shareOf = (amount: number, bucketCount: number, bucket: number): number =>
  Math.floor(amount / bucketCount) + (bucket < amount % bucketCount ? 1 : 0)

/** What of a campaign its allowances follow from. */
export type AllowanceTerms = Pick<CampaignSnapshot, 'budget'> & { readonly prizes: ReadonlyArray<Pick<SnapshotPrize, 'position' | 'value' | 'winsPerDay'>> }

/** What the prize costs the budget, in minor units. */
const costOf = ({ value }: Pick<SnapshotPrize, 'value'>): number => value?.amountMinor ?? 0

/** Of a campaign on a local day (days since 1970). Usually none. */
export function allowancesOn({ budget, prizes }: AllowanceTerms, day: number): Allowance[] {
  const found: Allowance[] = []
  if (budget !== null && budget.totalMinor !== null) found.push({ code: MONEY_IN_ALL, limit: budget.totalMinor })
  if (budget !== null && budget.dailyMinor !== null) found.push({ code: moneyOn(day), limit: budget.dailyMinor })
  for (const { position, winsPerDay } of prizes) if (winsPerDay !== null) found.push({ code: winsOn(day, position), limit: winsPerDay })
  return found
}

/** Wins of a prize on a local day, however they ended. */
export interface DayWins { readonly position: number; readonly day: number; readonly count: number }

/** How much of the allowance all wins together have used up. */
export function usedOf(allowance: Pick<Allowance, 'code'>, campaign: AllowanceTerms, wins: readonly DayWins[]): number {
  const meaning = meaningOf(allowance.code)
  const prizes = new Map(campaign.prizes.map((prize) => [prize.position, prize]))
  return wins.filter(({ day }) => meaning.day === null || day === meaning.day).reduce((sum, { position, count }) => {
    const prize = prizes.get(position)
    const units = prize === undefined ? 0 : (usesOf(prize, [allowance])[0]?.units ?? 0)
    return sum + units * count
  }, 0)
}

/** What one unit of the prize uses up of `allowances`. */
export function usesOf(
  prize: Pick<SnapshotPrize, 'position' | 'value'>, allowances: ReadonlyArray<Pick<Allowance, 'code'>>,
): Array<{ readonly code: number; readonly units: number }> {
  return allowances.flatMap(({ code }) => {
    const meaning = meaningOf(code)
    if (meaning.kind === 'WINS') return meaning.position === prize.position ? [{ code, units: 1 }] : []
    return costOf(prize) === 0 ? [] : [{ code, units: costOf(prize) }]
  })
}
