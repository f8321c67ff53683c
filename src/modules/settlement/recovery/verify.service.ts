import { Injectable } from '@nestjs/common'
import { SqlService } from '../../../platform/prisma/sql.service.js'
import { bucketKeys } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { CutStore } from '../books/cut.store.js'
import { readSettledFacts, readStockFacts } from '../books/stock.store.js'
import { readStream, unsettled } from '../books/unsettled.js'
import { countStock } from '../domain/stock-count.js'
import { streamsOf } from '../published.store.js'
import type { PublishedCampaign } from '../settlement.types.js'
import { StreamStore } from '../stream.store.js'

@Injectable()
export class VerifyService {
  constructor(
    private readonly redis: RedisService,
    private readonly sql: SqlService,
    private readonly cuts: CutStore,
    private readonly streams: StreamStore,
  ) {}

  /** The partitions whose gate is not of the campaign's epoch, by bucket. */
  async missingGates(campaign: PublishedCampaign): Promise<number[]> {
    const epochs = await Promise.all(
      streamsOf(campaign).map((stream) => this.redis.client.hget(bucketKeys(campaign.place, campaign.epoch, stream.bucket).gate, 'e')),
    )
    return epochs.flatMap((epoch, bucket) => (epoch === String(campaign.epoch) ? [] : [bucket]))
  }

  /** No draw is decided until somebody makes the gates anew. */
  async closeGates(campaign: PublishedCampaign): Promise<void> {
    const gates = streamsOf(campaign).map((stream) => bucketKeys(campaign.place, campaign.epoch, stream.bucket).gate)
    await Promise.all(gates.map((gate) => this.redis.client.unlink(gate)))
  }

  /**
   * Why a campaign's Redis state cannot be kept: it is behind Postgres, has lost entries, or its stock does not add up.
   * Null where it can. Costs a few round trips and the unsettled entries, however many draws there were.
   */
  async fault(campaign: PublishedCampaign): Promise<string | null> {
    const missing = await this.missingGates(campaign)
    return missing.length > 0 ? `the gate of bucket ${missing[0]} is missing or of another epoch` : this.stateFault(campaign)
  }

  /** As `fault`, whatever the gates say. */
  async stateFault(campaign: PublishedCampaign): Promise<string | null> {
    const cut = await this.cuts.read(campaign.place, campaign.epoch)
    const gone = cut.buckets.find((bucket) => !bucket.exists)
    if (gone !== undefined) return `bucket ${gone.bucket} has no stock`
    const streams = streamsOf(campaign)
    const entries = await Promise.all(streams.map((stream) => readStream(this.streams, stream, cut.buckets[stream.bucket]!.seq)))
    const ref = { tenantId: campaign.tenantId, campaignId: campaign.place.id }
    const { settled, stock } = await this.sql.tenant(
      campaign.tenantId,
      async (sql) => ({ settled: await readSettledFacts(sql, ref, campaign.epoch), stock: await readStockFacts(sql, ref) }),
      { isolation: 'REPEATABLE READ', readOnly: true },
    )
    for (const { bucket, seq } of cut.buckets) {
      const known = Math.max(settled.positions.get(bucket) ?? 0, settled.winningMax.get(bucket) ?? 0)
      if (known > seq) return `bucket ${bucket} is at ${seq}, behind Postgres at ${known}`
    }
    const left = unsettled(cut, settled, entries)
    const gap = left.gaps[0]
    if (gap !== undefined) return `bucket ${gap.bucket} has lost its entry ${gap.missing}`
    const counts = countStock(stock, { ...cut, reserved: left.reserved, settledLater: new Map() })
    const wrong = counts.find((count) => count.missing !== 0 || count.negative.length > 0)
    return wrong === undefined ? null : `prize ${wrong.prizeId}: ${wrong.missing} units are missing`
  }
}
