import type { CampaignDraft } from '../modules/campaigns/campaigns.types.js'
import { PLAIN_CAMPAIGN, PLAIN_PRIZE } from '../modules/campaigns/domain/plain-draft.js'

const DAY_MS = 24 * 60 * 60_000
export const DEMO_CAMPAIGN_SLUG = 'lucky-draw'

type Prize = CampaignDraft['prizes'][number]

const prize = (given: Pick<Prize, 'name' | 'kind' | 'probabilityPpb' | 'stockTotal'> & Partial<Prize>): Prize => ({ ...PLAIN_PRIZE, ...given })

/** A lottery that any newcomer can draw in, for a year from now, with more of everything than a demonstration can use up. */
export function demoCampaign(slug: string, nowMs: number): CampaignDraft {
  return {
    ...PLAIN_CAMPAIGN,
    slug,
    name: 'Lucky draw',
    description: 'The demonstration: something for everybody, and a bicycle for a few.',
    startsAt: new Date(nowMs - DAY_MS),
    endsAt: new Date(nowMs + 365 * DAY_MS),
    bucketCount: 4,
    prizes: [
      prize({ name: 'Bicycle', kind: 'PHYSICAL', probabilityPpb: 500_000, stockTotal: 1_000 }),
      prize({ name: 'Headphones', kind: 'PHYSICAL', probabilityPpb: 5_000_000, stockTotal: 20_000 }),
      prize({ name: '5 € credit', kind: 'CASH', probabilityPpb: 50_000_000, stockTotal: 1_000_000, value: { amountMinor: 500, currency: 'EUR' } }),
      prize({ name: '100 points', kind: 'POINTS', probabilityPpb: 150_000_000, stockTotal: 10_000_000 }),
      prize({ name: 'Sticker', kind: 'VIRTUAL', probabilityPpb: 50_000_000, stockTotal: 10_000_000, isFallback: true }),
    ],
    eligibility: null,
    oddsTables: [],
  }
}
