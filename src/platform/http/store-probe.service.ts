import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { Breaker } from '../../common/breaker.js'
import { SqlService } from '../prisma/sql.service.js'
import { RedisService } from '../redis/redis.service.js'
import { Readiness } from './readiness.js'

const INTERVAL_MS = 1_000
const FAILURES_MAX = 5

const neverPauses = () => new Breaker({ failuresMax: FAILURES_MAX, openMs: 0, countsError: () => true })

/**
 * Asks Postgres and Redis every second, so that readiness knows without waiting, and so that the breakers around them are known to be
 * open or may try again where nobody else asks.
 */
@Injectable()
export class StoreProbe implements OnApplicationBootstrap, OnModuleDestroy {
  /** Open after five silent probes in a row, until one is answered. */
  readonly breakers = { database: neverPauses(), redis: neverPauses() }
  #timer: NodeJS.Timeout | undefined
  #asking = false
  #database: true | string = 'not asked yet'
  #redis: true | string = 'not asked yet'

  constructor(private readonly sql: SqlService, private readonly redis: RedisService, readiness: Readiness) {
    readiness.register('database', () => this.#database)
    readiness.register('redis', () => (this.redis.ready ? this.#redis : 'not connected'))
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#ask()
    this.#timer = setInterval(() => void this.#ask(), INTERVAL_MS)
    this.#timer.unref()
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer)
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const { database, redis } = this.breakers
    ;[this.#database, this.#redis] = await Promise.all([
      probe(database, () => this.sql.ping(), Object.values(this.sql.breakers)),
      probe(redis, () => this.redis.ping(), [this.redis.breaker]),
    ])
    this.#asking = false
  }
}

async function probe(own: Breaker, ping: () => Promise<void>, others: readonly Breaker[]): Promise<true | string> {
  try {
    await own.run(ping)
    for (const breaker of others) breaker.probed()
    return true
  } catch {
    return 'does not answer'
  }
}
