import type { CampaignRowFragment, Feature, FeatureOffCause, HomeNoticesQuery } from '../../generated/graphql.js'
import type { PrizeStock } from '../campaigns/stock.js'
import { unitsLeft } from '../campaigns/stock.js'

const LOW_SHARE = 0.1
const ENDING_MS = 24 * 60 * 60_000

type OfCampaign = { readonly campaign: CampaignRowFragment } & (
  | { readonly kind: 'recovering' | 'paused' | 'ending' }
  | { readonly kind: 'soldOut' | 'low'; readonly prize: string; readonly left: number }
)
export type Attention =
  | OfCampaign
  | { readonly kind: 'off'; readonly feature: Feature; readonly cause: FeatureOffCause }
  | { readonly kind: 'approvals'; readonly count: number; readonly more: boolean }

const ORDER = ['recovering', 'soldOut', 'off', 'low', 'approvals', 'ending', 'paused'] as const

/** What somebody should look at, the most urgent first. A fallback that has run out is told as any other prize is. */
export function attentionOf(
  campaigns: readonly CampaignRowFragment[], stockOf: (id: string) => readonly PrizeStock[] | undefined,
  notices: HomeNoticesQuery | undefined, nowMs: number,
): Attention[] {
  const found = campaigns.flatMap((campaign): Attention[] => {
    const { status, endsAt } = campaign
    const states: Attention[] = status === 'RECOVERING' ? [{ kind: 'recovering', campaign }] : status === 'PAUSED' ? [{ kind: 'paused', campaign }] : []
    const leftMs = new Date(endsAt).getTime() - nowMs
    if (status === 'ACTIVE' && leftMs > 0 && leftMs < ENDING_MS) states.push({ kind: 'ending', campaign })
    const prizes = (stockOf(campaign.id) ?? []).flatMap((stock): Attention[] => {
      const left = unitsLeft(stock)
      if (stock.granted === 0 || left >= stock.granted * LOW_SHARE) return []
      return [{ kind: left === 0 ? 'soldOut' : 'low', campaign, prize: stock.prize.name, left }]
    })
    return [...states, ...prizes]
  })
  return [...found, ...noticed(notices)].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
}

function noticed(notices: HomeNoticesQuery | undefined): Attention[] {
  if (notices === undefined) return []
  const { features: { features }, changeRequests: { edges, pageInfo } } = notices
  const off = features.flatMap(({ feature, off, cause }): Attention[] => (off && cause != null ? [{ kind: 'off', feature, cause }] : []))
  return edges.length === 0 ? off : [...off, { kind: 'approvals', count: edges.length, more: pageInfo.hasNextPage }]
}
