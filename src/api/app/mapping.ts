import type { Award, Campaign, Draw, Prize, StockLot } from '../../generated/app.graphql.js'
import { revealedSeed, seedHash } from '../../modules/campaigns/domain/seed.js'
import type { CampaignSnapshot, SnapshotPrize, StockLot as SnapshotLot } from '../../modules/campaigns/domain/snapshot.js'
import { effectiveStatus } from '../../modules/campaigns/domain/status.js'
import type { AwardView, DrawView } from '../../modules/draws/draws.types.js'

/** A prize as everybody may know it: neither its odds nor its stock. */
export type PublicPrize = Pick<SnapshotPrize, 'id' | 'name' | 'kind' | 'imageUrl' | 'value'>

export const toPrize = ({ id, name, kind, imageUrl, value }: PublicPrize): Prize => ({ id, name, kind, imageUrl, value })

/** Nothing here is secret: waves are announced. */
function wavesOf({ prizes }: CampaignSnapshot, nowMs: number): Pick<Campaign, 'waves' | 'nextWaveAt'> {
  const packets = new Map<number, number>()
  for (const { startsAtMs, packets: count } of prizes.flatMap((prize) => prize.packets?.waves ?? [])) {
    packets.set(startsAtMs, (packets.get(startsAtMs) ?? 0) + count)
  }
  const times = [...packets.keys()].sort((a, b) => a - b)
  const next = times.find((ms) => ms > nowMs)
  return {
    waves: times.map((ms) => ({ startsAt: new Date(ms), packets: packets.get(ms) ?? 0 })),
    nextWaveAt: next === undefined ? null : new Date(next),
  }
}

const toLot = ({ prizes }: CampaignSnapshot, { no, position, units, fromMs, untilMs, totalMinor }: SnapshotLot): StockLot => ({
  no, units, totalMinor,
  prizeId: prizes.find((prize) => prize.position === position)?.id ?? '',
  from: new Date(fromMs),
  until: new Date(untilMs),
})

/** A campaign as everybody may know it, with the status that is in effect at `nowMs`. */
export const toCampaign = (snapshot: CampaignSnapshot, nowMs: number): Campaign => ({
  id: snapshot.id,
  slug: snapshot.slug,
  name: snapshot.name,
  description: snapshot.description,
  mechanic: snapshot.mechanic,
  status: effectiveStatus(snapshot, nowMs),
  startsAt: new Date(snapshot.startsAtMs),
  endsAt: new Date(snapshot.endsAtMs),
  timezone: snapshot.timezone,
  seedHash: seedHash(snapshot.seed),
  revealedSeed: revealedSeed(snapshot, nowMs),
  prizes: snapshot.prizes.map(toPrize),
  ...wavesOf(snapshot, nowMs),
  lots: revealedSeed(snapshot, nowMs) === null ? null : snapshot.lots.map((lot) => toLot(snapshot, lot)),
})

/** In the place of a coupon's code, in a test world: as long as a code, and of no use. */
export const exampleCode = (drawId: string): string => `TEST-${drawId.slice(1, 13)}`

/** What its owner alone may know of an award. Read only where the answer is to contain it: GraphQL calls a field that is a function. */
export interface AwardSecrets {
  readonly code: () => Promise<string | null>
  readonly codeExpiresAt: () => Promise<Date | null>
}

const NO_SECRETS = { code: null, codeExpiresAt: null }

const toAward = (award: AwardView, prize: Prize, secrets: AwardSecrets | null): Award => ({
  id: award.id,
  drawId: award.drawId,
  prize,
  status: award.status,
  ...((secrets ?? NO_SECRETS) as typeof NO_SECRETS),
  amount: award.amount,
  createdAt: award.createdAt,
})

export const toDraw = (
  { id, campaignId, userId, idempotencyKey, ordinal, state, outcome, award, createdAt, settledAt }: DrawView, prize: Prize | null,
  secrets: AwardSecrets | null = null,
): Draw => ({
  id, campaignId, userId, idempotencyKey, ordinal, state, outcome, prize,
  award: award === null || prize === null ? null : toAward(award, prize, secrets),
  createdAt, settledAt,
})
