import { Inject, Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { Logger } from '../telemetry/logger.js'
import { Metrics } from '../telemetry/metrics.js'
import { reconnectDelayMs } from '../redis/redis.service.js'

/** Bull's own connections: it waits for Redis without end, where the draw path must fail at once. */
@Injectable()
export class QueueConnections {
  readonly #open = new Set<Redis>()
  #shared: { client?: Redis; subscriber?: Redis } = {}

  constructor(@Inject(CONFIG) private readonly config: RuntimeConfig, private readonly logger: Logger, private readonly metrics: Metrics) {}

  /** As Bull wants it: one client and one subscriber for all queues, a blocking connection for each. */
  create = (type: 'client' | 'subscriber' | 'bclient'): Redis => {
    if (type === 'bclient') return this.#connect(type)
    return (this.#shared[type] ??= this.#connect(type))
  }

  /** Ends every connection; what still waits in them fails. */
  close(): void {
    for (const redis of this.#open) redis.disconnect()
    this.#open.clear()
    this.#shared = {}
  }

  #connect(type: string): Redis {
    const redis = new Redis(this.config.redisUrl, {
      connectionName: `drawbridge-queue-${type}`,
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
      connectTimeout: 5_000,
      keepAlive: 10_000,
      retryStrategy: reconnectDelayMs,
    })
    redis.setMaxListeners(50) // every queue listens on the shared ones
    let up = true
    redis.on('error', (error: Error) => {
      this.metrics.redisErrors.inc({ kind: 'queue' })
      if (up) this.logger.warn({ err: error, connection: type }, "The queues' Redis is away; reconnecting")
      up = false
    })
    redis.on('ready', () => { up = true })
    this.#open.add(redis)
    return redis
  }
}
