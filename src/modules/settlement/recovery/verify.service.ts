import { Injectable } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { SqlService } from '../../../platform/prisma/sql.service.js'
import { bucketKeys } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { CutStore } from '../books/cut.store.js'
import { readSettledFacts, readStockFacts } from '../books/stock.store.js'
import { readStream, unsettled } from '../books/unsettled.js'
import { countStock } from '../domain/stock-count.js'
import { streamsOf } from '../published.store.js'
import type { KnownCampaign, PublishedCampaign } from '../settlement.types.js'
import { StreamStore } from '../stream.store.js'

const SECOND_LOOK_MS = 100

interface Gate { readonly epoch: number; readonly version: number; readonly riskVersion: number; readonly run: number }

/** A campaign of which nothing older than this moment can be written any more, and its gates as they were just before. */
export interface FencedCampaign extends KnownCampaign {
  readonly gates: readonly Gate[]
}

@Injectable()
export class VerifyService {
  constructor(
    private readonly redis: RedisService,
    private readonly sql: SqlService,
    private readonly cuts: CutStore,
    private readonly streams: StreamStore,
  ) {}

  /**
   * Whether a campaign's gates and buckets are there, and say what Postgres says: cheap enough to be asked all the time.
   * What was just published or changed may look odd for a moment.
   */
  async looksOdd(campaign: KnownCampaign): Promise<boolean> {
    const stocks = streamsOf(campaign).map(({ bucket }) => bucketKeys(campaign.place, campaign.epoch, bucket).stock)
    const [gates, seqs] = await Promise.all([
      this.#gates(campaign),
      Promise.all(stocks.map((stock) => this.redis.client.hget(stock, 'q'))),
    ])
    return seqs.includes(null) || gates.some((gate) => gate.run !== campaign.redisRun) || gateFault(campaign, gates) !== null
  }

  /**
   * Campaigns whose streams no longer have what Postgres has not settled, and why: it was restored from a backup, and Redis was
   * not emptied. Costs two commands a bucket and a query a tenant.
   */
  async behindRedis(campaigns: readonly KnownCampaign[]): Promise<Map<string, string>> {
    // Redis first: what leaves a stream is settled before. And the number before the stream, which may grow in between.
    const trimmed = new Map(await Promise.all(campaigns.map(async (campaign) =>
      [campaign.place.id, await Promise.all(streamsOf(campaign).map((stream) => this.streams.trimmed(stream)))] as const)))
    const behind = new Map<string, string>()
    for (const [tenantId, own] of Map.groupBy(campaigns, (campaign) => campaign.tenantId)) {
      const { rows } = await this.sql.tenant(tenantId, (sql) => sql.query<PositionRow>(
        'SELECT campaign_id, bucket, epoch, seq FROM settlement_position WHERE tenant_id = $1 AND campaign_id = ANY ($2::uuid[])',
        [tenantId, own.map(({ place }) => place.id)],
      ), { readOnly: true })
      const settled = new Map(rows.map(({ campaign_id, epoch, bucket, seq }) => [`${campaign_id}:${epoch}:${bucket}`, Number(seq)]))
      for (const { place, epoch } of own) {
        for (const [bucket, upTo] of trimmed.get(place.id)!.entries()) {
          const known = settled.get(`${place.id}:${epoch}:${bucket}`) ?? 0
          if (upTo > known) behind.set(place.id, `bucket ${bucket} gave its entries up to ${upTo} away, and Postgres has settled them up to ${known}`)
        }
      }
    }
    return behind
  }

  /**
   * Makes the run number grow: what was decided or read under an older one can no more be written, and what was about to
   * be has been waited for. Before this, no fact of Postgres says what it will hold a moment later.
   */
  async fence(campaign: PublishedCampaign): Promise<FencedCampaign> {
    // Gates first: they are written after the commit that they tell of, so that the row that is read next is no older.
    const gates = await this.#gates(campaign)
    const { rows } = await this.sql.tenant(campaign.tenantId, (sql) => sql.query<FencedRow>(
      `UPDATE campaign c SET redis_run = redis_run + 1 FROM tenant t WHERE t.id = c.tenant_id AND c.tenant_id = $1 AND c.id = $2
       RETURNING c.status::text AS status, c.epoch, c.version, c.redis_run, t.risk_version`,
      [campaign.tenantId, campaign.place.id],
    ))
    const row = rows[0]
    if (row === undefined) throw new Error(`Campaign ${campaign.place.id} is gone`)
    return {
      tenantId: campaign.tenantId, place: campaign.place, status: row.status,
      epoch: row.epoch, version: row.version, riskVersion: row.risk_version, redisRun: row.redis_run, gates,
    }
  }

  /** No draw is decided until somebody makes the gates anew. Returns the newest epoch that any of them had. */
  async closeGates(campaign: PublishedCampaign): Promise<number> {
    const gates = await this.#gates(campaign)
    const names = streamsOf(campaign).map((stream) => bucketKeys(campaign.place, campaign.epoch, stream.bucket).gate)
    await Promise.all(names.map((gate) => this.redis.client.unlink(gate)))
    return Math.max(0, ...gates.map((gate) => gate.epoch).filter(Number.isInteger))
  }

  /** Whether any bucket has state of that epoch. */
  async hasState(campaign: PublishedCampaign, epoch: number): Promise<boolean> {
    const stocks = streamsOf(campaign).map(({ bucket }) => bucketKeys(campaign.place, epoch, bucket).stock)
    const found = await Promise.all(stocks.map((stock) => this.redis.client.exists(stock)))
    return found.includes(1)
  }

  /**
   * Why a campaign's Redis state cannot be kept: it is behind Postgres, has lost entries, or its stock does not add up.
   * Null where it can. Costs a few round trips and the unsettled entries, however many draws there were.
   */
  async fault(campaign: FencedCampaign): Promise<string | null> {
    // Its own fence is the newest number; no gate can have had it before.
    const found = gateFault({ ...campaign, redisRun: campaign.redisRun - 1 }, campaign.gates)
    if (found !== null) return found
    if ((await this.stateFault(campaign)) === null) return null
    // An operator's stock may have come between the two readings; what is really wrong is so a moment later.
    await sleep(SECOND_LOOK_MS)
    return this.stateFault(campaign)
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
      async (sql) => ({
        settled: await readSettledFacts(sql, ref, campaign.epoch), stock: await readStockFacts(sql, ref, cut.toVault.keys()),
      }),
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

  #gates(campaign: PublishedCampaign): Promise<Gate[]> {
    return Promise.all(streamsOf(campaign).map(async ({ bucket }) => {
      const found = await this.redis.client.hmget(bucketKeys(campaign.place, campaign.epoch, bucket).gate, 'e', 'v', 'r', 'n')
      const [epoch = NaN, version = NaN, riskVersion = NaN, run = NaN] = found.map((text) => Number(text ?? NaN))
      return { epoch, version, riskVersion, run }
    }))
  }
}

interface PositionRow { campaign_id: string; bucket: number; epoch: number; seq: string }
interface FencedRow { status: string; epoch: number; version: number; redis_run: number; risk_version: number }

/** A gate that knows more than Postgres is of a Postgres that was: the one that answers was restored from a backup. */
function gateFault(campaign: KnownCampaign, gates: readonly Gate[]): string | null {
  for (const [bucket, gate] of gates.entries()) {
    const newer = gate.epoch > campaign.epoch || (gate.epoch === campaign.epoch
      && (gate.version > campaign.version || gate.riskVersion > campaign.riskVersion || gate.run > campaign.redisRun))
    if (newer) return `the gate of bucket ${bucket} is newer than Postgres`
    if (gate.epoch !== campaign.epoch) return `the gate of bucket ${bucket} is missing or of another epoch`
  }
  return null
}
