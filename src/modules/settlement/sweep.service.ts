import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { PublishedStore, streamsOf } from './published.store.js'
import { SettlementService } from './settlement.service.js'
import { StreamStore } from './stream.store.js'

const FAILURE_BACKOFF_MS_MAX = 10_000

/** Finds the streams whose wake-up was lost, on workers. */
@Injectable()
export class SweepService implements OnApplicationBootstrap, OnModuleDestroy {
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
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role !== 'api') this.#again(this.config.sweepIntervalMs)
  }

  onModuleDestroy(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** Drains every stream that holds entries. Returns how many entries it found. */
  async sweep(): Promise<number> {
    const streams = (await this.published.all()).flatMap(streamsOf)
    const lengths = await this.streams.lengths(streams)
    const backlog = lengths.reduce((sum, length) => sum + length, 0)
    this.metrics.settlementBacklog.set(backlog)
    const ends = await Promise.allSettled(streams.filter((_, n) => lengths[n]! > 0).map((stream) => this.settlement.settle(stream)))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return backlog
  }

  #again(delayMs: number): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.#round(), delayMs)
    this.#timer.unref()
  }

  async #round(): Promise<void> {
    try {
      await this.sweep()
      this.#failures = 0
    } catch (error) {
      this.#failures++
      if (!this.#closed && this.#failures === 1) this.logger.warn({ err: error }, 'Streams could not be swept; trying again')
    }
    this.#again(Math.min(this.config.sweepIntervalMs * 2 ** this.#failures, Math.max(FAILURE_BACKOFF_MS_MAX, this.config.sweepIntervalMs)))
  }
}
