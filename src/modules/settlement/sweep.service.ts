import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { BacklogStore } from './backlog.store.js'
import { PublishedStore, streamsOf } from './published.store.js'
import { SettlementService } from './settlement.service.js'
import type { PublishedCampaign } from './settlement.types.js'
import { StreamStore } from './stream.store.js'

const FAILURE_BACKOFF_MS_MAX = 10_000
/** The next round comes after so long, whatever is still being drained. */
const ROUND_MS_MAX = 5_000
/** For so long after its end a campaign is swept as before. */
const ENDED_MS = 3_600_000
/** Nothing is drawn into it any more: once its streams were empty, they are looked at again as seldom as this. */
const QUIET_MS = 600_000
const ENDED_MAX = 100_000

/** Finds the streams whose wake-up was lost, on workers. */
@Injectable()
export class SweepService implements OnApplicationBootstrap, OnModuleDestroy {
  /** Of campaigns that have ended, by id and epoch: when this process first saw it, and until when they are left out. */
  readonly #ended = new LRUCache<string, { readonly seenMs: number; quietUntilMs: number }>({ max: ENDED_MAX })
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #closed = false

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly published: PublishedStore,
    private readonly streams: StreamStore,
    private readonly settlement: SettlementService,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    private readonly backlogs: BacklogStore,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role !== 'api') this.#again(this.config.sweepIntervalMs)
  }

  onModuleDestroy(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** Drains every stream that holds entries. Returns how many entries it found. `nowMs`: of performance.now(). */
  async sweep(nowMs = performance.now()): Promise<number> {
    const campaigns = (await this.published.all()).filter((campaign) => !this.#isQuiet(campaign, nowMs))
    const streams = campaigns.flatMap(streamsOf)
    const lengths = await this.streams.lengths(streams)
    const busy = new Set(streams.filter((_, n) => lengths[n]! > 0).map(({ campaign }) => campaign.id))
    for (const campaign of campaigns) if (!busy.has(campaign.place.id)) this.#wasEmpty(campaign, nowMs)
    const backlog = lengths.reduce((sum, length) => sum + length, 0)
    this.metrics.settlementBacklog.set(backlog)
    await this.backlogs.tell(backlog)
    const ends = await Promise.allSettled(streams.filter((_, n) => lengths[n]! > 0).map((stream) => this.settlement.settle(stream)))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return backlog
  }

  #isQuiet({ place, status, epoch }: PublishedCampaign, nowMs: number): boolean {
    return status === 'ENDED' && nowMs < (this.#ended.get(`${place.id}:${epoch}`)?.quietUntilMs ?? 0)
  }

  #wasEmpty({ place, status, epoch }: PublishedCampaign, nowMs: number): void {
    if (status !== 'ENDED') return
    const name = `${place.id}:${epoch}`
    const ended = this.#ended.get(name)
    if (ended === undefined) this.#ended.set(name, { seenMs: nowMs, quietUntilMs: 0 })
    else if (nowMs - ended.seenMs > ENDED_MS) ended.quietUntilMs = nowMs + QUIET_MS
  }

  #again(delayMs: number): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.#round(), delayMs)
    this.#timer.unref()
  }

  async #round(): Promise<void> {
    try {
      // One tenant's streams, which take long, must not keep another's from being found.
      const sweep = this.sweep()
      sweep.catch(() => undefined)
      await Promise.race([sweep, sleep(ROUND_MS_MAX, undefined, { ref: false })])
      this.#failures = 0
    } catch (error) {
      this.#failures++
      if (!this.#closed && this.#failures === 1) this.logger.warn({ err: error }, 'Streams could not be swept; trying again')
    }
    this.#again(Math.min(this.config.sweepIntervalMs * 2 ** this.#failures, Math.max(FAILURE_BACKOFF_MS_MAX, this.config.sweepIntervalMs)))
  }
}
