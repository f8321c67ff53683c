import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { QueuePort } from '../../platform/queue/queue.port.js'
import { Logger } from '../../platform/telemetry/logger.js'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import type { SettlementWake } from '../draws/draws.types.js'
import { DrainPermits } from './domain/drain-permits.js'
import { DrainTurns } from './drain-turns.js'
import type { DrawEntry } from './domain/stream-entry.js'
import { DrainService } from './drain.service.js'
import { SettlementMetrics } from './settlement-metrics.js'
import { type DrainEnd, streamName, type StreamRef } from './settlement.types.js'
import { WinCommitter } from './win-committer.js'

export const SETTLEMENT_QUEUE = 'settlement'
export const DRAIN_JOB = 'drain'

/** What a wake-up says. The stream is the truth: a job that is lost, late or repeated does no harm. */
export interface DrainJob {
  readonly tenantId: string
  readonly campaignId: string
  readonly campaignNo: number
  readonly bucketCount: number
  readonly epoch: number
  readonly bucket: number
  readonly fast: boolean
}

const WAKE_WINDOW_MS = 25
const STREAMS_REMEMBERED_MAX = 10_000
const WAKES_PER_SECOND_MAX = 200
const BATCHES_PER_TURN = 4
const BUSY_RETRIES_MAX = 5
const BUSY_RETRY_MS = 20
const COMMIT_HEAD_START_MS = 200
const LEFT_MAX = 10_000

const toJob = (stream: StreamRef): DrainJob => ({
  tenantId: stream.tenantId,
  campaignId: stream.campaign.id,
  campaignNo: stream.campaign.no,
  bucketCount: stream.campaign.bucketCount,
  epoch: stream.epoch,
  bucket: stream.bucket,
  fast: stream.fast === true,
})

export const fromJob = (job: DrainJob): StreamRef => ({
  tenantId: job.tenantId,
  campaign: { id: job.campaignId, no: job.campaignNo, bucketCount: job.bucketCount },
  epoch: job.epoch,
  bucket: job.bucket,
  fast: job.fast,
})

@Injectable()
export class SettlementService implements SettlementWake, OnModuleDestroy {
  readonly #turns: DrainTurns
  readonly #awake = new Map<string, StreamRef>()
  /** By stream, of performance.now(): when it was last woken by this process, and when it was last drained here. */
  readonly #sentAt = new LRUCache<string, number>({ max: STREAMS_REMEMBERED_MAX })
  readonly #drainedAt = new LRUCache<string, number>({ max: STREAMS_REMEMBERED_MAX })
  /** By stream: when it is drained again, for those that were woken too soon after the last time. */
  readonly #paced = new Map<string, NodeJS.Timeout>()
  /** Streams that are drained with nobody waiting: whether they were woken once more meanwhile. */
  readonly #behind = new Map<string, { again: boolean }>()
  /** By stream: when it is looked at again, for the sake of what was left in it. */
  readonly #left = new Map<string, NodeJS.Timeout>()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly drains: DrainService,
    private readonly wins: WinCommitter,
    private readonly queue: QueuePort,
    private readonly logger: Logger,
    permits: DrainPermits,
    own: SettlementMetrics,
  ) {
    this.#turns = new DrainTurns(permits, (stream) => this.#turn(stream))
    if (config.role !== 'api') own.watchTurns(this.#turns, permits)
  }

  /** Says that a bucket's stream has grown. Costs a map entry; many wakes of a stream become one job. */
  wake(campaign: CampaignSnapshot, bucket: number): void {
    if (this.#closed) return
    const name = `${campaign.id}:${campaign.epoch}:${bucket}`
    if (this.#awake.has(name)) return
    const { id, no, bucketCount, durability } = campaign
    this.#awake.set(name, { tenantId: campaign.tenantId, campaign: { id, no, bucketCount }, epoch: campaign.epoch, bucket, fast: durability === 'FAST' })
    this.#timer ??= setTimeout(() => void this.#send(), WAKE_WINDOW_MS)
  }

  /**
   * As `settle`, but a stream that has just been drained waits for SETTLEMENT_PACE_MS first, so that a batch under load has many draws: most of
   * what a batch costs it costs with one draw too. Waits for one turn alone, and neither for that nor for the rest: whoever calls has others
   * waiting behind this stream. The sweep finds what a process that ends has left.
   */
  async settlePaced(stream: StreamRef): Promise<void> {
    const name = streamName(stream)
    const waitMs = (this.#drainedAt.get(name) ?? -Infinity) + this.config.settlementPaceMs - performance.now()
    if (waitMs <= 0) {
      const end = await this.#oneTurn(stream)
      if (end === 'MORE' || end === 'BUSY') this.#settleBehind(stream)
      return
    }
    if (this.#closed || this.#paced.has(name)) return
    this.#paced.set(name, setTimeout(() => {
      this.#paced.delete(name)
      this.#settleBehind(stream)
    }, waitMs))
  }

  /** Drains a stream until it is empty or cannot go on, in fair turns with all others of this process. */
  async settle(stream: StreamRef): Promise<DrainEnd> {
    for (let busy = 0; ;) {
      const end = await this.#oneTurn(stream)
      if (this.#closed) return end
      if (end === 'BUSY') {
        // The other worker may have read the stream before the entry that woke us.
        if (busy++ === BUSY_RETRIES_MAX) return end
        await sleep(BUSY_RETRY_MS)
      } else if (end !== 'MORE') {
        return end
      }
    }
  }

  /** Before the connections close: the batches under way are finished, the rest stays in the streams. */
  async onModuleDestroy(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const timer of [...this.#left.values(), ...this.#paced.values()]) clearTimeout(timer)
    this.#left.clear()
    this.#paced.clear()
    await this.#turns.close()
  }

  async #oneTurn(stream: StreamRef): Promise<DrainEnd> {
    const end = await this.#turns.take(stream)
    this.#drainedAt.set(streamName(stream), performance.now())
    return end
  }

  async #turn(stream: StreamRef): Promise<DrainEnd> {
    if (stream.fast === true) return this.drains.drain(stream, BATCHES_PER_TURN)
    let left: DrawEntry | undefined
    const end = await this.drains.drain(stream, BATCHES_PER_TURN, (entry) => {
      if (!this.#beingCommitted(entry)) return false
      left = entry
      return true
    })
    this.#lookAgain(stream, left)
    return end
  }

  /** Its own wake-up may have come before, or be another process's: what was left is settled when it is no longer young. */
  #lookAgain(stream: StreamRef, left: DrawEntry | undefined): void {
    const name = streamName(stream)
    clearTimeout(this.#left.get(name))
    this.#left.delete(name)
    if (left === undefined || this.#closed || this.#left.size >= LEFT_MAX) return
    const waitMs = Math.max(1, left.createdMs + COMMIT_HEAD_START_MS + 1 - Date.now())
    this.#left.set(name, setTimeout(() => {
      this.#left.delete(name)
      this.#settleBehind(stream)
    }, Math.min(waitMs, COMMIT_HEAD_START_MS + 1)))
  }

  /**
   * A young win is on its way into Postgres by its own commit: to settle it now would make each wait for the other's
   * rows. Only the process that commits it knows when that is done: for all others the time decides. An entry from
   * the future is of a clock that cannot be compared.
   */
  #beingCommitted(entry: DrawEntry): boolean {
    const ageMs = Date.now() - entry.createdMs
    if (ageMs < 0 || ageMs > COMMIT_HEAD_START_MS) return false
    return entry.draws.some((draw) => draw.position !== 0 && !this.wins.isDurable(BigInt(draw.id)))
  }

  #settleBehind(stream: StreamRef): void {
    const name = streamName(stream)
    const behind = this.#behind.get(name)
    // What woke it may be younger than what its last turn has read.
    if (behind !== undefined) behind.again = true
    else void this.#settleAll(stream, name)
  }

  async #settleAll(stream: StreamRef, name: string): Promise<void> {
    const state = { again: true }
    this.#behind.set(name, state)
    try {
      while (state.again && !this.#closed) {
        state.again = false
        await this.settle(stream)
      }
    } catch (error) {
      this.logger.debug({ err: error, stream: name }, 'A stream could not be settled; the sweep tries again')
    } finally {
      this.#behind.delete(name)
    }
  }

  /** Those that are due; the others stay awake. */
  #due(now: number): StreamRef[] {
    const due: StreamRef[] = []
    for (const [name, stream] of this.#awake) {
      if ((this.#sentAt.get(name) ?? -Infinity) + this.config.settlementPaceMs > now) continue
      this.#awake.delete(name)
      this.#sentAt.set(name, now)
      due.push(stream)
    }
    return due
  }

  async #send(): Promise<void> {
    const streams = this.#due(performance.now())
    try {
      const jobs = streams.map((stream) => ({ name: DRAIN_JOB, data: toJob(stream) }))
      if (jobs.length > 0) await this.queue.addMany(SETTLEMENT_QUEUE, jobs)
    } catch (error) {
      if (!this.#closed) this.logger.warn({ err: error, streams: streams.map(streamName).slice(0, 10) }, 'Settlement could not be woken; the sweep finds the streams')
    } finally {
      this.#timer = undefined
      // A rush over many buckets must not become a rush of jobs: the more streams, the wider the window.
      const windowMs = Math.max(WAKE_WINDOW_MS, (streams.length / WAKES_PER_SECOND_MAX) * 1_000)
      if (!this.#closed && this.#awake.size > 0) this.#timer = setTimeout(() => void this.#send(), windowMs)
    }
  }
}
