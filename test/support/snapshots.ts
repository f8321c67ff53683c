import { PLAIN_CAMPAIGN, PLAIN_PRIZE } from '../../src/modules/campaigns/domain/plain-draft.js'
import type { CampaignSnapshot, SnapshotPrize } from '../../src/modules/campaigns/domain/snapshot.js'

export function prizeSnapshot(input: Partial<SnapshotPrize> & { position: number }): SnapshotPrize {
  return {
    ...PLAIN_PRIZE,
    id: `00000000-0000-7000-8000-${String(input.position).padStart(12, '0')}`,
    name: `Prize ${input.position}`,
    imageUrl: null,
    probabilityPpb: 0,
    stockTotal: 0,
    ...input,
  }
}

/** A lottery that began an hour ago and lasts another, without limits and prizes, but for what `input` says. */
export function campaignSnapshot(input: Partial<CampaignSnapshot> = {}): CampaignSnapshot {
  const now = Date.now()
  return {
    ...PLAIN_CAMPAIGN,
    tenantId: '00000000-0000-7000-8000-00000000000a',
    id: '00000000-0000-7000-8000-00000000000c',
    no: 7,
    slug: 'campaign',
    name: 'Campaign',
    status: 'ACTIVE',
    version: 3,
    epoch: 1,
    riskVersion: 1,
    startsAtMs: now - 3_600_000,
    endsAtMs: now + 3_600_000,
    endedAtMs: null,
    seed: Buffer.alloc(32, 1),
    prizes: [],
    lots: [],
    ...input,
  }
}
