import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { isDatabaseUnavailable } from '../../platform/prisma/database-errors.js'
import { sweepKey } from '../../platform/redis/keys.js'
import { isRedisUnavailable } from '../../platform/redis/redis-errors.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { ScriptMissingError } from '../../platform/redis/script.js'
import { Logger } from '../../platform/telemetry/logger.js'

interface Sweep { readonly name: string; readonly rounds: number; readonly work: (stopping: AbortSignal) => Promise<void> }

const isAwayForNow = (error: unknown) => isRedisUnavailable(error) || isDatabaseUnavailable(error) || error instanceof ScriptMissingError

/**
 * Work that is done again and again, by one worker at a time. The lock only spares work: every sweep may run twice at
 * once, and be cut off at any point.
 */
@Injectable()
export class SweepService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #sweeps: Sweep[] = []
  readonly #stopping = new AbortController()
  #running: Array<Promise<void>> = []

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly redis: RedisService,
    private readonly logger: Logger,
  ) {}

  /** Every `rounds` × SWEEP_INTERVAL_MS. Call before the application has started; `work` ends soon once `stopping` is aborted. */
  every(name: string, rounds: number, work: (stopping: AbortSignal) => Promise<void>): void {
    this.#sweeps.push({ name, rounds, work })
  }

  onApplicationBootstrap(): void {
    if (this.config.role !== 'api') this.#running = this.#sweeps.map((sweep) => this.#repeat(sweep))
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running)
  }

  async #repeat({ name, rounds, work }: Sweep): Promise<void> {
    const { signal } = this.#stopping
    const intervalMs = rounds * this.config.sweepIntervalMs
    while (!signal.aborted) {
      await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      try {
        const mine = await this.redis.client.set(sweepKey(name), '1', 'PX', Math.max(1, Math.floor(intervalMs * 0.9)), 'NX')
        if (mine === 'OK') await work(signal)
      } catch (error) {
        if (signal.aborted) return
        if (isAwayForNow(error)) this.logger.debug({ err: error, sweep: name }, 'A sweep waits for Redis or Postgres')
        else this.logger.error({ err: error, sweep: name }, 'A sweep failed; it is tried again')
      }
    }
  }
}
