import type { CampaignRowFragment, Feature, FeatureOffCause, HomeNoticesQuery, HomeWatchQuery } from '../../generated/graphql.js'
import type { PrizeStock } from '../campaigns/stock.js'
import { isLow, unitsLeft } from '../campaigns/stock.js'
import { alarmsOf, type BudgetAlarm } from './budget.js'

const ENDING_MS = 24 * 60 * 60_000
/** Settlement takes a second or two; past this, something holds it up. */
const LAG_MS = 30_000
const ALL_PERCENT = 100

type OfCampaign = { readonly campaign: CampaignRowFragment } & (
  | { readonly kind: 'recovering' | 'paused' | 'ending' }
  | { readonly kind: 'soldOut' | 'low'; readonly prize: string; readonly left: number }
  | ({ readonly kind: 'budgetSpent' | 'budget' } & BudgetAlarm)
  | { readonly kind: 'lag'; readonly ms: number }
)
/** Of a campaign that need not run any more. */
type OfAny = { readonly id: string; readonly name: string } & (
  | { readonly kind: 'failed'; readonly count: number }
  | { readonly kind: 'codes'; readonly prizeId: string; readonly prize: string; readonly free: number }
)
export type Attention =
  | OfCampaign
  | OfAny
  | { readonly kind: 'off'; readonly feature: Feature; readonly cause: FeatureOffCause }
  | { readonly kind: 'approvals'; readonly count: number; readonly more: boolean }

const ORDER = ['recovering', 'soldOut', 'budgetSpent', 'lag', 'off', 'failed', 'codes', 'low', 'budget', 'approvals', 'ending', 'paused'] as const

export interface Seen {
  readonly campaigns: readonly CampaignRowFragment[]
  /** Undefined where nothing is read of a campaign, or not yet. */
  readonly stockOf: (id: string) => readonly PrizeStock[] | undefined
  readonly watchOf: (id: string) => HomeWatchQuery | undefined
  readonly notices: HomeNoticesQuery | undefined
}

/** What somebody should look at, the most urgent first. A fallback that has run out is told as any other prize is. */
export function attentionOf({ campaigns, stockOf, watchOf, notices }: Seen, nowMs: number): Attention[] {
  const found = campaigns.flatMap((campaign) => [
    ...states(campaign, nowMs), ...stocks(campaign, stockOf(campaign.id) ?? []), ...watched(campaign, watchOf(campaign.id)),
  ])
  return [...found, ...noticed(notices)].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
}

function states(campaign: CampaignRowFragment, nowMs: number): Attention[] {
  const { status, endsAt } = campaign
  if (status === 'RECOVERING') return [{ kind: 'recovering', campaign }]
  if (status === 'PAUSED') return [{ kind: 'paused', campaign }]
  const leftMs = new Date(endsAt).getTime() - nowMs
  return status === 'ACTIVE' && leftMs > 0 && leftMs < ENDING_MS ? [{ kind: 'ending', campaign }] : []
}

const stocks = (campaign: CampaignRowFragment, prizes: readonly PrizeStock[]): Attention[] => prizes.flatMap((stock): Attention[] => {
  const left = unitsLeft(stock)
  if (!isLow(left, stock.granted)) return []
  return [{ kind: left === 0 ? 'soldOut' : 'low', campaign, prize: stock.prize.name, left }]
})

function watched(campaign: CampaignRowFragment, watch: HomeWatchQuery | undefined): Attention[] {
  const ms = watch?.liveDraws?.oldestUnsettledMs ?? 0
  const lag: Attention[] = ms >= LAG_MS && campaign.status !== 'RECOVERING' ? [{ kind: 'lag', campaign, ms }] : []
  const alarms = watch?.budget == null ? [] : alarmsOf(watch.budget)
  return [...lag, ...alarms.map((alarm): Attention => ({ kind: alarm.percent >= ALL_PERCENT ? 'budgetSpent' : 'budget', campaign, ...alarm }))]
}

function noticed(notices: HomeNoticesQuery | undefined): Attention[] {
  if (notices === undefined) return []
  const { features: { features }, changeRequests: { edges, pageInfo }, codeAlarms, failedAwards } = notices
  const off = features.flatMap(({ feature, off, cause }): Attention[] => (off && cause != null ? [{ kind: 'off', feature, cause }] : []))
  const failed = failedAwards.map(({ campaignId: id, campaignName: name, awards: count }): Attention => ({ kind: 'failed', id, name, count }))
  const codes = codeAlarms.map(({ campaignId: id, campaignName: name, prizeId, prizeName: prize, free }): Attention =>
    ({ kind: 'codes', id, name, prizeId, prize, free }))
  const approvals: Attention[] = edges.length === 0 ? [] : [{ kind: 'approvals', count: edges.length, more: pageInfo.hasNextPage }]
  return [...off, ...failed, ...codes, ...approvals]
}
