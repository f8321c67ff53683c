import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { isDatabaseUnavailable } from '../../platform/prisma/database-errors.js'
import { isRedisUnavailable } from '../../platform/redis/redis-errors.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { BacklogStore } from './backlog.store.js'
import { BackPressure, type PressedLane, PRESSED_LANES, type PressureChange } from './domain/back-pressure.js'
import { PublishedStore, streamsOf } from './published.store.js'
import { SettlementMetrics } from './settlement-metrics.js'
import type { PublishedCampaign } from './settlement.types.js'
import { StreamStore } from './stream.store.js'

const LOOK_MS = 1_000
/** How long the question which campaigns there are may hold up a count: Postgres may be what settlement waits for. */
const LIST_MS_MAX = 300

const REASONS = {
  BACKLOG: 'too many wait to be settled: start more workers, or see what keeps them',
  MEMORY: 'Redis is nearly full: raise maxmemory, or archive campaigns',
} as const

/**
 * Whether draws are still taken, in every process that takes them: settlement may stand still, and Redis holds what it has not settled.
 * Workers count the entries as they sweep; where none does, one of those that take draws counts for all of them.
 */
@Injectable()
export class BacklogService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #pressure: BackPressure
  #campaigns: readonly PublishedCampaign[] = []
  #listing: Promise<void> | undefined
  #entries = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly backlog: BacklogStore,
    private readonly published: PublishedStore,
    private readonly streams: StreamStore,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    private readonly own: SettlementMetrics,
  ) {
    this.#pressure = new BackPressure(config.settlementBacklogMax)
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.role === 'worker') return
    for (const lane of PRESSED_LANES) this.own.heldBack.set({ lane }, 0)
    await this.#round()
  }

  onModuleDestroy(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** Draws of that lane are not to be decided now. Costs nothing to ask. */
  refuses(lane: PressedLane): boolean {
    return this.#pressure.refuses(lane)
  }

  async #round(): Promise<void> {
    try {
      await this.#look()
    } catch (error) {
      // While Redis is away nothing is decided; what was known holds.
      if (!this.#closed && !isRedisUnavailable(error)) this.logger.error({ err: error }, 'The backlog of settlement could not be looked at')
    }
    if (!this.#closed) this.#timer = setTimeout(() => void this.#round(), LOOK_MS).unref()
  }

  async #look(): Promise<void> {
    const memoryShare = await this.backlog.memoryShare()
    this.#entries = await this.#count().catch((error: unknown) => {
      // A full Redis tells how full it is, and takes nobody's word.
      if (isRedisUnavailable(error)) return this.#entries
      throw error
    })
    this.metrics.settlementBacklog.set(this.#entries)
    for (const change of this.#pressure.judge({ entries: this.#entries, memoryShare })) this.#tell(change, memoryShare)
  }

  async #count(): Promise<number> {
    const told = await this.backlog.told()
    if (told !== null) return told
    if (!(await this.backlog.mayCount())) return this.#entries
    this.#listing ??= this.#list().finally(() => { this.#listing = undefined })
    await Promise.race([this.#listing, sleep(LIST_MS_MAX, undefined, { ref: false })])
    const lengths = await this.streams.lengths(this.#campaigns.flatMap(streamsOf))
    const entries = lengths.reduce((sum, length) => sum + length, 0)
    await this.backlog.tell(entries)
    return entries
  }

  /** Those that can grow. While Postgres is away, those that were. */
  async #list(): Promise<void> {
    try {
      this.#campaigns = (await this.published.all()).filter(({ status }) => status !== 'ENDED')
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error
    }
  }

  #tell({ lane, reason }: PressureChange, memoryShare: number): void {
    this.own.heldBack.set({ lane }, reason === null ? 0 : 1)
    const fields = { lane, entries: this.#entries, memoryShare }
    if (reason === null) this.logger.info(fields, 'Draws are decided again')
    else this.logger.error(fields, `Draws are refused: ${REASONS[reason]}`)
  }
}
