import { Injectable } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../../../common/context.js'
import { AppError } from '../../../common/errors.js'
import { isUuid } from '../../../common/ids.js'
import { bucketKeys, type CampaignPlace } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { countStock } from '../domain/stock-count.js'
import { streamsOf } from '../published.store.js'
import type { PublishedCampaign } from '../settlement.types.js'
import { StreamStore } from '../stream.store.js'
import { BooksStore, stockViolations, type TableFacts } from './books.store.js'
import { allowanceViolations } from './allowances.js'
import type { AuditOptions, BooksAudit, BooksViolation } from './books.types.js'
import { type BucketCut, type CampaignCut, CutStore, numbered } from './cut.store.js'
import { PoppedListsStore } from './popped-lists.store.js'
import { splitViolations } from './split-amounts.js'
import { TicketSampleService } from './ticket-sample.service.js'
import { readStream, unsettled } from './unsettled.js'

const GRACE_SECONDS = 60
const ATTEMPTS = 4
const PAUSE_MS = 100

interface Reading {
  readonly violations: readonly BooksViolation[]
  readonly draws: number
  readonly unsettled: number
}

/** Holds Redis and Postgres against the product's promises, under live traffic too, and names what is wrong. */
@Injectable()
export class BooksService {
  constructor(
    private readonly redis: RedisService,
    private readonly store: BooksStore,
    private readonly cuts: CutStore,
    private readonly streams: StreamStore,
    private readonly tickets: TicketSampleService,
    private readonly popped: PoppedListsStore,
  ) {}

  /**
   * Throws NOT_FOUND, or OVERLOADED where the campaign changes faster than it can be read. What is wrong only between
   * two systems that cannot be read at one moment (a movement of stock that is just being applied) counts when it stays.
   */
  async audit(ctx: Context, campaignId: string, { strict = false, attempts = ATTEMPTS }: AuditOptions = {}): Promise<BooksAudit> {
    if (!isUuid(campaignId)) throw new AppError('NOT_FOUND', 'There is no such campaign')
    const ref = { tenantId: ctx.tenantId, campaignId }
    const checkedAt = new Date()
    for (let attempt = 1; ; attempt++) {
      const row = await this.store.campaign(ref)
      if (row === null) throw new AppError('NOT_FOUND', 'There is no such campaign')
      const { no, bucketCount, epoch, status } = row
      const campaign = { tenantId: ctx.tenantId, place: { id: campaignId, no, bucketCount }, epoch, status }
      const reading = epoch === 0 ? { violations: [], draws: 0, unsettled: 0 } : await this.#read(campaign, strict ? 0 : GRACE_SECONDS)
      if (reading !== null && (reading.violations.length === 0 || attempt >= attempts)) {
        return { balanced: reading.violations.length === 0, checkedAt, ...reading }
      }
      if (attempt >= ATTEMPTS) throw new AppError('OVERLOADED', 'The campaign is being rebuilt; ask again', { retryAfterMs: 1_000 })
      await sleep(PAUSE_MS * attempt)
    }
  }

  /** Null where the campaign was rebuilt between the two readings. */
  async #read(campaign: PublishedCampaign, graceSeconds: number): Promise<Reading | null> {
    const { place, epoch, tenantId } = campaign
    if (campaign.status === 'RECOVERING') {
      return { violations: [{ invariant: 'I9', detail: 'the campaign is RECOVERING' }], draws: 0, unsettled: 0 }
    }
    // The order matters: buckets, then entries, then tables. What leaves a stream meanwhile is in the tables by then.
    const cut = await this.cuts.read(place, epoch)
    const streams = streamsOf(campaign)
    const entries = await Promise.all(streams.map((stream) => readStream(this.streams, stream, cut.buckets[stream.bucket]!.seq)))
    const seqs = cut.buckets.map((bucket) => bucket.seq)
    const tables = await this.store.read({ tenantId, campaignId: place.id }, epoch, seqs, cut.toVault.keys(), graceSeconds)
    if (tables.epoch !== epoch) return null
    const left = unsettled(cut, tables.settled, entries)
    const counts = countStock(tables.stock, { ...cut, reserved: left.reserved, settledLater: tables.settledLater })
    const stateless = cut.buckets.filter((bucket) => !bucket.exists)
    const violations: BooksViolation[] = [
      ...counts.flatMap((count) => stockViolations(count, tables.live.get(count.position) ?? { all: 0, settled: 0 })),
      ...tables.violations,
      ...stateless.map(({ bucket }): BooksViolation => ({ invariant: 'I5', detail: `bucket ${bucket} has no state in Redis` })),
      ...left.gaps.map((gap): BooksViolation => ({ invariant: 'I5', detail: `bucket ${gap.bucket}: its stream lacks entry ${gap.missing}` })),
      ...(await this.#numbered(place, epoch, cut, tables, left.entries)),
      ...(await this.tickets.compare(campaign)),
      ...(await this.popped.compare(place, epoch)),
    ]
    violations.sort((a, b) => a.invariant.localeCompare(b.invariant))
    return { violations, draws: tables.draws, unsettled: left.entries }
  }

  /**
   * I5: streams that have numbered less than Postgres has of them. Read last, since numbers only grow. Where nothing was
   * decided meanwhile, and nothing waits, money, daily wins and split totals are held against the awards as well.
   */
  async #numbered(
    place: CampaignPlace, epoch: number, cut: CampaignCut, { settled, allowances, splits }: TableFacts, waiting: number,
  ): Promise<BooksViolation[]> {
    const buckets = Array.from({ length: place.bucketCount }, (_, bucket) => bucket)
    const heads = await Promise.all(buckets.map((bucket) => this.redis.client.hgetall(bucketKeys(place, epoch, bucket).stock)))
    const seqs = heads.map(({ q }) => q)
    const quiet = waiting === 0 && cut.buckets.every(({ bucket, seq }) => seq === Number(seqs[bucket] ?? 0))
    const still = quiet && settled.dead.length === 0 && cut.buckets.every((bucket) => holdsStill(bucket, heads[bucket.bucket] ?? {}))
    const behind = buckets.flatMap((bucket): BooksViolation[] => {
      const known = Math.max(settled.positions.get(bucket) ?? 0, settled.winningMax.get(bucket) ?? 0)
      if (known <= Number(seqs[bucket] ?? 0)) return []
      return [{ invariant: 'I5', detail: `bucket ${bucket} is at ${seqs[bucket] ?? 'nothing'}, Postgres at ${known}` }]
    })
    const used = quiet && allowances !== null ? allowanceViolations(allowances, cut) : []
    return [...behind, ...used, ...(still ? splitViolations(splits, cut) : [])]
  }
}

/** No unit was moved or put in since the cut: with a number that is the same, no amount has changed. */
const holdsStill = ({ transfers, amounts }: BucketCut, stock: Readonly<Record<string, string>>): boolean =>
  transfers === (stock.tv ?? '') && isDeepStrictEqual(amounts, numbered(Object.entries(stock), /^z\d+$/))
