import { Inject, Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { BrokenCircuitError } from '../../common/breaker.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { isSerializationFailure } from '../../platform/prisma/database-errors.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import type { CommitResult, DecidedDraws, DurableWins } from '../draws/draws.types.js'
import { describeError, isPoison } from './domain/poison.js'
import { SettlementMetrics } from './settlement-metrics.js'
import { WinBatchStore } from './win-batch.store.js'

const BATCH_MAX = 256
const QUEUE_MAX = 4_096
/** From so many waiting wins on new draws are not decided, until there are fewer than the second. */
const FULL_AT = 2_048
const ROOM_AT = 1_024
const LANES = 2
const REMEMBERED_MAX = 65_536
const COLLISION_RETRIES_MAX = 3

interface Waiting {
  readonly decided: DecidedDraws
  readonly answer: (result: CommitResult) => void
  answered: boolean
}

/** Group commit of won draws: those of a few milliseconds share one transaction, and none is acknowledged before it. */
@Injectable()
export class WinCommitter implements DurableWins {
  readonly #waiting: Waiting[] = []
  readonly #durable = new LRUCache<bigint, true>({ max: REMEMBERED_MAX })
  #lanesBusy = 0
  #window: NodeJS.Timeout | undefined
  #full = false

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly store: WinBatchStore,
    private readonly sql: SqlService,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    own: SettlementMetrics,
  ) {
    own.watchWins({ waiting: () => this.#waiting.length, isOpen: () => sql.breakers.wins.isOpen })
  }

  /** Whether this process knows that the draw's row is committed; false says nothing. */
  isDurable(snowflake: bigint): boolean {
    return this.#durable.has(snowflake)
  }

  hasRoom(): boolean {
    this.#full = this.#waiting.length >= (this.#full ? ROOM_AT : FULL_AT)
    return !this.#full
  }

  commit(decided: DecidedDraws): Promise<CommitResult> {
    if (decided.draws.every((draw) => draw.position === 0 || this.#durable.has(draw.snowflake))) return Promise.resolve('COMMITTED')
    if (this.#waiting.length >= QUEUE_MAX) return Promise.resolve('UNAVAILABLE')
    return new Promise((resolve) => {
      const waiting: Waiting = {
        decided,
        answered: false,
        answer: (result) => {
          if (waiting.answered) return
          waiting.answered = true
          clearTimeout(timer)
          resolve(result)
        },
      }
      // The commit may still come through: UNAVAILABLE says "not known", and the same key asked again finds it out.
      const timer = setTimeout(() => waiting.answer('UNAVAILABLE'), this.config.winCommitTimeoutMs)
      this.#waiting.push(waiting)
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#lanesBusy >= LANES) return
    if (this.#waiting.length >= BATCH_MAX) this.#flush()
    else this.#window ??= setTimeout(() => this.#flush(), this.config.winCommitWindowMs)
  }

  #flush(): void {
    clearTimeout(this.#window)
    this.#window = undefined
    while (this.#lanesBusy < LANES && this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_MAX).filter((waiting) => !waiting.answered)
      if (batch.length === 0) continue
      this.#lanesBusy++
      void this.#lane(batch)
    }
  }

  async #lane(batch: Waiting[]): Promise<void> {
    try {
      await this.metrics.stage('win_commit', { 'drawbridge.batch': batch.length }, () => this.#commit(batch))
    } catch (error) {
      this.logger.error({ err: error }, 'A batch of wins ended without an answer')
      for (const waiting of batch) waiting.answer('UNAVAILABLE')
    } finally {
      this.#lanesBusy--
      if (this.#waiting.length > 0) this.#schedule()
    }
  }

  /** Never throws for what the database says; a batch with a member that cannot be written is halved until it stands alone. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const fenced = await this.#attempt(batch.map((waiting) => waiting.decided))
      for (const { decided, answer } of batch) {
        if (fenced.has(decided)) {
          answer('FENCED')
          continue
        }
        for (const draw of decided.draws) if (draw.position > 0) this.#durable.set(draw.snowflake, true)
        answer('COMMITTED')
      }
    } catch (error) {
      if (isPoison(error)) return this.#halve(batch, error)
      if (!(error instanceof BrokenCircuitError)) this.logger.warn({ err: error, wins: batch.length }, 'Wins could not be made durable; they are asked for again')
      for (const waiting of batch) waiting.answer('UNAVAILABLE')
    }
  }

  async #halve(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (batch.length === 1) {
      const { decided, answer } = batch[0]!
      this.logger.error(
        { campaignId: decided.campaign.id, drawId: String(decided.draws[0]?.snowflake), reason: describeError(error) },
        'A win cannot be written; its stream entry goes to the dead letters',
      )
      return answer('UNAVAILABLE')
    }
    const middle = batch.length >> 1
    await this.#commit(batch.slice(0, middle))
    await this.#commit(batch.slice(middle))
  }

  async #attempt(batch: readonly DecidedDraws[]): Promise<Set<DecidedDraws>> {
    for (let retries = 0; ; retries++) {
      try {
        return await this.sql.breakers.wins.run(() => this.store.commit(batch))
      } catch (error) {
        if (!isSerializationFailure(error) || retries === COLLISION_RETRIES_MAX) throw error
      }
    }
  }
}
