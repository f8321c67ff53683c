import type { CampaignDraft, PrizeDraft } from '../campaigns.types.js'

/** What a prize is where nobody said otherwise, as in the schema's defaults. */
export const PLAIN_PRIZE = {
  id: null,
  kind: 'VIRTUAL',
  isFallback: false,
  winsPerUser: null,
  unlockAfterDraws: null,
  value: null,
  fallbackOrder: null,
  isGuarantee: false,
  winsPerUserDaily: null,
  winsPerDay: null,
  release: null,
  unlockAfterStreakDays: null,
  fulfilment: null,
  packets: null,
} as const satisfies Partial<PrizeDraft>

/** What a campaign is where nobody said otherwise, as in the schema's defaults. */
export const PLAIN_CAMPAIGN = {
  description: null,
  mechanic: 'LOTTERY',
  timezone: 'UTC',
  durability: 'DURABLE_WINS',
  bucketCount: 1,
  drawsPerUserTotal: null,
  drawsPerUserDaily: null,
  winsPerUser: null,
  requiresTickets: false,
  guaranteeAfterLosses: null,
  budget: null,
  ticketRules: null,
  eligibility: null,
  oddsTables: [],
} as const satisfies Partial<CampaignDraft>
