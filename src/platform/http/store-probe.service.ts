import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { SqlService } from '../prisma/sql.service.js'
import { RedisService } from '../redis/redis.service.js'
import { Readiness } from './readiness.js'

const INTERVAL_MS = 1_000

/** Asks Postgres and Redis every second, so that readiness knows without waiting. */
@Injectable()
export class StoreProbe implements OnApplicationBootstrap, OnModuleDestroy {
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
    const answers = (ping: Promise<void>) => ping.then(() => true as const, () => 'does not answer')
    ;[this.#database, this.#redis] = await Promise.all([answers(this.sql.ping()), answers(this.redis.ping())])
    this.#asking = false
  }
}
