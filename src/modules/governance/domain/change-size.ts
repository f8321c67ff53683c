import { isDeepStrictEqual } from 'node:util'
import type { ApprovalRule, ChangeKind } from '../../tenancy/tenancy.types.js'
import type { Campaign, CampaignPrize } from '../../campaigns/campaigns.types.js'

/**
 * How large a change is, by kind; a kind that is missing is not touched. ODDS: the largest change of one prize's
 * probability, ppb. STOCK: units. LIMITS: how many limits. RISK_LISTS: entries. BUDGET: minor units. PUBLISH: 1.
 */
export type ChangeSizes = Partial<Readonly<Record<ChangeKind, number>>>

/** Above every threshold: a limit that comes or goes, an audience that becomes another. */
const BEYOND = 2 ** 31

/** The kinds that need a second operator. */
export const kindsToApprove = (rules: readonly ApprovalRule[], sizes: ChangeSizes): ChangeKind[] =>
  rules.filter(({ kind, above }) => (sizes[kind] ?? 0) > above).map(({ kind }) => kind)

const CAMPAIGN_LIMITS = [
  'drawsPerUserTotal', 'drawsPerUserDaily', 'winsPerUser', 'requiresTickets', 'guaranteeAfterLosses', 'ticketRules', 'eligibility',
] as const satisfies ReadonlyArray<keyof Campaign>
const PRIZE_LIMITS = [
  'winsPerUser', 'winsPerUserDaily', 'winsPerDay', 'unlockAfterDraws', 'unlockAfterStreakDays', 'isGuarantee', 'isFallback', 'fallbackOrder',
] as const satisfies ReadonlyArray<keyof CampaignPrize>

/** Of a change of a published campaign. */
export function campaignChangeSizes(before: Campaign, after: Campaign): ChangeSizes {
  const sizes = { ODDS: odds(before, after), STOCK: stock(before, after), LIMITS: limits(before, after), BUDGET: budget(before, after) }
  return Object.fromEntries(Object.entries(sizes).filter(([, size]) => size > 0))
}

function pairs(before: Campaign, after: Campaign): Array<[CampaignPrize | undefined, CampaignPrize | undefined]> {
  const ids = new Set([...before.prizes, ...after.prizes].map(({ id }) => id))
  const find = (campaign: Campaign, id: string) => campaign.prizes.find((prize) => prize.id === id)
  return [...ids].map((id) => [find(before, id), find(after, id)])
}

function odds(before: Campaign, after: Campaign): number {
  const own = pairs(before, after).map(([old, now]) => Math.abs((now?.probabilityPpb ?? 0) - (old?.probabilityPpb ?? 0)))
  return Math.max(0, ...own, tables(before, after))
}

/** Tables are tried in their order: another order, name or audience gives others other odds, whatever the entries say. */
function tables({ oddsTables: before }: Campaign, { oddsTables: after }: Campaign): number {
  const heads = (list: Campaign['oddsTables']) => list.map(({ name, audience }) => ({ name, audience }))
  if (!isDeepStrictEqual(heads(before), heads(after))) return BEYOND
  return Math.max(0, ...after.flatMap(({ entries }, i) => {
    const old = new Map(before[i]?.entries.map(({ position, probabilityPpb }) => [position, probabilityPpb]))
    const now = new Map(entries.map(({ position, probabilityPpb }) => [position, probabilityPpb]))
    return [...new Set([...old.keys(), ...now.keys()])].map((position) => Math.abs((now.get(position) ?? 0) - (old.get(position) ?? 0)))
  }))
}

function stock(before: Campaign, after: Campaign): number {
  return pairs(before, after).reduce((sum, [old, now]) => {
    const units = Math.abs((now?.stockTotal ?? 0) - (old?.stockTotal ?? 0))
    const plan = ({ release, packets }: CampaignPrize) => ({ release, packets })
    const replanned = old !== undefined && now !== undefined && !isDeepStrictEqual(plan(old), plan(now))
    return sum + (replanned ? Math.max(units, now.stockTotal) : units)
  }, 0)
}

function limits(before: Campaign, after: Campaign): number {
  const own = CAMPAIGN_LIMITS.filter((name) => !isDeepStrictEqual(before[name], after[name])).length
  return pairs(before, after).reduce((sum, [old, now]) =>
    sum + (old === undefined || now === undefined ? 0 : PRIZE_LIMITS.filter((name) => old[name] !== now[name]).length), own)
}

function budget({ budget: before, prizes: old }: Campaign, { budget: after, prizes: now }: Campaign): number {
  // What a prize is worth decides how far a budget goes.
  const values = (prizes: readonly CampaignPrize[]) => new Map(prizes.map(({ id, value }) => [id, value]))
  const worth = [...values(now)].map(([id, value]) => {
    const was = values(old).get(id)
    return was === undefined ? 0 : difference(was?.amountMinor ?? null, value?.amountMinor ?? null)
  })
  if (before?.currency !== after?.currency) return BEYOND
  const [total, daily] = (['totalMinor', 'dailyMinor'] as const).map((name) => difference(before?.[name] ?? null, after?.[name] ?? null))
  return Math.max(0, ...worth, total ?? 0, daily ?? 0)
}

const difference = (before: number | null, after: number | null): number => {
  if (before === after) return 0
  return before === null || after === null ? BEYOND : Math.abs(after - before)
}
