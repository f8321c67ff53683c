import type { CampaignSnapshot, SnapshotPrize } from '../../src/modules/campaigns/domain/snapshot.js'

export function prizeSnapshot(input: Partial<SnapshotPrize> & { position: number }): SnapshotPrize {
  return {
    id: `00000000-0000-7000-8000-${String(input.position).padStart(12, '0')}`,
    name: `Prize ${input.position}`,
    kind: 'VIRTUAL',
    imageUrl: null,
    probabilityPpb: 0,
    stockTotal: 0,
    isFallback: false,
    winsPerUser: null,
    unlockAfterDraws: null,
    value: null,
    fallbackOrder: null,
    isGuarantee: false,
    winsPerUserDaily: null,
    winsPerDay: null,
    unlockAfterStreakDays: null,
    packets: null,
    ...input,
  }
}

/** A lottery that began an hour ago and lasts another, without limits and prizes, but for what `input` says. */
export function campaignSnapshot(input: Partial<CampaignSnapshot> = {}): CampaignSnapshot {
  const now = Date.now()
  return {
    tenantId: '00000000-0000-7000-8000-00000000000a',
    id: '00000000-0000-7000-8000-00000000000c',
    no: 7,
    slug: 'campaign',
    name: 'Campaign',
    description: null,
    mechanic: 'LOTTERY',
    status: 'ACTIVE',
    version: 3,
    epoch: 1,
    riskVersion: 1,
    startsAtMs: now - 3_600_000,
    endsAtMs: now + 3_600_000,
    endedAtMs: null,
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
    seed: Buffer.alloc(32, 1),
    prizes: [],
    lots: [],
    eligibility: null,
    oddsTables: [],
    ...input,
  }
}
