import { Inject, Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { failpoint } from '../../common/failpoint.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { isDatabaseUnavailable, isSerializationFailure } from '../../platform/prisma/database-errors.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { DrainPermits } from './domain/drain-permits.js'
import { describeError, isPoison } from './domain/poison.js'
import { decodeEntry, type DrawEntry, type PoisonEntry, type RawEntry, type StreamEntry, type TransferEntry } from './domain/stream-entry.js'
import type { DrawRow } from './draw-rows.store.js'
import { type BatchResult, type ReadAt, SettleBatchStore } from './settle-batch.store.js'
import { SettlementMetrics } from './settlement-metrics.js'
import { type DrainEnd, streamName, type StreamRef } from './settlement.types.js'
import { type StreamHead, StreamStore } from './stream.store.js'
import { Suspicions } from './suspicions.js'

const COLLISION_RETRIES_MAX = 3
const GAPS_REMEMBERED_MAX = 10_000

type Settleable = DrawEntry | TransferEntry

/** Moves what was decided from a bucket's stream into Postgres: in order, each entry once, nothing trimmed before its commit. */
@Injectable()
export class DrainService {
  readonly #gapsTold = new LRUCache<string, number>({ max: GAPS_REMEMBERED_MAX })

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly streams: StreamStore,
    private readonly store: SettleBatchStore,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    private readonly own: SettlementMetrics,
    private readonly suspicions: Suspicions,
    private readonly permits: DrainPermits,
  ) {}

  /**
   * Settles at most `batchesMax` batches, and stops (EMPTY) before the first entry that is to be left for later.
   * Throws when Redis or Postgres cannot be asked; then everything is still in the stream.
   */
  async drain(stream: StreamRef, batchesMax: number, leave?: (entry: DrawEntry) => boolean): Promise<DrainEnd> {
    return this.#drain(stream, batchesMax, leave, (head) => {
      if (head.run === null) return 'FENCED'
      if (head.seq === null) return this.#behind(stream, 'its stock is missing')
      return { run: head.run, seq: head.seq }
    })
  }

  /** For a campaign that is being rebuilt, whose gates are closed: all that can be settled of what Redis still has. */
  drainRest(stream: StreamRef, run: number, batchesMax: number): Promise<DrainEnd> {
    return this.#drain(stream, batchesMax, undefined, () => ({ run, seq: Infinity }))
  }

  async #drain(
    stream: StreamRef, batchesMax: number, leave: ((entry: DrawEntry) => boolean) | undefined,
    judge: (head: StreamHead) => ReadAt | DrainEnd,
  ): Promise<DrainEnd> {
    for (let batches = 0; batches < batchesMax; batches++) {
      const head = await this.streams.head(stream, this.config.settlementBatchMax)
      const raw = head.entries
      if (raw.length === 0) return 'EMPTY'
      const at = judge(head)
      if (typeof at === 'string') return at
      const attributes = { 'drawbridge.campaign': stream.campaign.id, 'drawbridge.bucket': stream.bucket, 'drawbridge.entries': raw.length }
      const end = await this.metrics.stage('settle', attributes, () => this.#batch(stream, at, raw, leave))
      if (end !== 'MORE') return end
      if (raw.length < this.config.settlementBatchMax) return 'EMPTY'
    }
    return 'MORE'
  }

  async #batch(
    stream: StreamRef, at: ReadAt, raw: readonly RawEntry[], leave: (entry: DrawEntry) => boolean = () => false,
  ): Promise<DrainEnd> {
    const fieldsOf = new Map<number, readonly string[]>()
    const entries: StreamEntry[] = []
    for (const one of raw) {
      const entry = decodeEntry(one)
      if (entry.kind === 'DRAW' && leave(entry)) break
      fieldsOf.set(entry.seq, one[1])
      entries.push(entry)
    }
    if (entries.length === 0) return 'EMPTY'
    this.metrics.settlementBatch.observe(entries.length)
    let position = 0
    for (const run of runs(entries)) {
      const result = run.poison === undefined
        ? await this.#settle(stream, at, run.good, fieldsOf)
        : await this.#deadLetter(stream, at, run.poison, run.poison.reason)
      if (result.kind === 'BEHIND') return this.#recount(stream, result.position)
      if (result.kind !== 'SETTLED') return result.kind
      position = result.position
      if (result.gapAt !== null) {
        await this.#trim(stream, entries, position)
        return this.#gap(stream, result.gapAt, position)
      }
    }
    await this.#trim(stream, entries, position)
    return entries.length < raw.length ? 'EMPTY' : 'MORE'
  }

  /** Halves a run that holds something unwritable until that stands alone; the order of the stream is kept. */
  async #settle(
    stream: StreamRef, at: ReadAt, entries: readonly Settleable[], fieldsOf: ReadonlyMap<number, readonly string[]>,
  ): Promise<BatchResult> {
    try {
      const result = await this.#attempt(stream, at, entries)
      if (result.kind === 'SETTLED') this.#count(result.rows)
      return result
    } catch (error) {
      if (!isPoison(error)) throw error
      if (entries.length === 1) {
        const { seq } = entries[0]!
        return this.#deadLetter(stream, at, { seq, fields: fieldsOf.get(seq) ?? [] }, describeError(error))
      }
      const middle = entries.length >> 1
      const first = await this.#settle(stream, at, entries.slice(0, middle), fieldsOf)
      if (first.kind !== 'SETTLED' || first.gapAt !== null) return first
      return this.#settle(stream, at, entries.slice(middle), fieldsOf)
    }
  }

  async #attempt(stream: StreamRef, at: ReadAt, entries: readonly Settleable[]): Promise<BatchResult> {
    for (let retries = 0; ; retries++) {
      const began = performance.now()
      try {
        const result = await this.store.settle(stream, at, entries)
        if (result.kind === 'SETTLED') this.permits.wrote(performance.now() - began)
        return result
      } catch (error) {
        if (isDatabaseUnavailable(error)) this.permits.failed()
        if (!isSerializationFailure(error) || retries === COLLISION_RETRIES_MAX) throw error
      }
    }
  }

  async #deadLetter(
    stream: StreamRef, at: ReadAt, entry: { seq: number; fields: readonly string[] }, reason: string,
  ): Promise<BatchResult> {
    const result = await this.store.deadLetter(stream, at, entry, reason)
    if (result.kind === 'SETTLED' && result.position === entry.seq) {
      this.metrics.deadLetters.inc()
      this.own.violations.inc({ kind: 'poison' })
      this.logger.error({ campaignId: stream.campaign.id, epoch: stream.epoch, bucket: stream.bucket, seq: entry.seq, reason }, 'A stream entry cannot be settled and went to the dead letters')
    }
    return result
  }

  #count(rows: readonly DrawRow[]): void {
    const now = Date.now()
    this.metrics.settledDraws.inc(rows.length)
    // One observation per entry would cost more than the settlement of it: the oldest and the newest tell the range.
    for (const row of new Set([rows[0], rows.at(-1)])) {
      if (row !== undefined) this.metrics.settlementLagSeconds.observe(Math.max(0, now - row.createdMs) / 1_000)
    }
  }

  async #trim(stream: StreamRef, entries: readonly StreamEntry[], position: number): Promise<void> {
    if (position === 0) return
    const ids = entries.flatMap((entry) => (entry.kind === 'DRAW' && entry.seq <= position ? entry.draws.map((draw) => draw.id) : []))
    failpoint('settle.before_trim')
    await this.streams.trim(stream, position, ids)
    failpoint('settle.after_trim')
  }

  /** Another worker may have settled what came after this one's reading: only Redis as it is now tells. */
  async #recount(stream: StreamRef, position: number): Promise<DrainEnd> {
    const { seq } = await this.streams.head(stream, 1)
    if (seq !== null && seq >= position) return 'MORE'
    return this.#behind(stream, `it is at ${seq ?? 'nothing'}, behind Postgres at ${position}`)
  }

  #behind(stream: StreamRef, reason: string): DrainEnd {
    this.own.violations.inc({ kind: 'behind' })
    this.suspicions.report(stream.campaign.id, `bucket ${stream.bucket}: ${reason}`)
    return 'BEHIND'
  }

  #gap(stream: StreamRef, gapAt: number, position: number): DrainEnd {
    const name = streamName(stream)
    if (this.#gapsTold.get(name) !== gapAt) {
      this.#gapsTold.set(name, gapAt)
      this.own.violations.inc({ kind: 'gap' })
      this.logger.error(
        { campaignId: stream.campaign.id, epoch: stream.epoch, bucket: stream.bucket, position, missing: gapAt },
        'A stream has lost entries; nothing behind the gap is settled until the campaign is rebuilt',
      )
    } else {
      this.suspicions.report(stream.campaign.id, `bucket ${stream.bucket} has lost its entry ${gapAt}`)
    }
    return 'GAP'
  }
}

/** Stretches of entries that can be settled, each poisoned entry by itself between them. */
type Run = { readonly good: Settleable[]; readonly poison?: undefined } | { readonly good?: undefined; readonly poison: PoisonEntry }

function* runs(entries: readonly StreamEntry[]): Generator<Run> {
  let good: Settleable[] = []
  for (const entry of entries) {
    if (entry.kind !== 'POISON') {
      good.push(entry)
      continue
    }
    if (good.length > 0) yield { good }
    good = []
    yield { poison: entry }
  }
  if (good.length > 0) yield { good }
}
