import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { Redis, type RedisOptions } from 'ioredis'
import { Gauge } from 'prom-client'
import { Breaker } from '../../common/breaker.js'
import { ConfigError } from '../../config/config.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { Logger } from '../telemetry/logger.js'
import { Metrics } from '../telemetry/metrics.js'
import { isRedisUnavailable } from './redis-errors.js'

const RECONNECT_MS_MAX = 1_000
const CONNECT_TIMEOUT_MS = 5_000
const BREAKER_FAILURES = 5

/** Grows to a second and stays there: Redis is missed for good only when an operator says so. */
export const reconnectDelayMs = (attempt: number): number => Math.min(25 * 2 ** Math.min(attempt, 10), RECONNECT_MS_MAX)

export interface RedisIdentity { readonly runId: string; readonly history: string }

/** The shared connection, and others like it. Commands are never queued for a Redis that is away: they fail at once. */
@Injectable()
export class RedisService implements OnModuleInit, OnApplicationShutdown {
  readonly client: Redis
  readonly breaker: Breaker
  readonly #others = new Set<Redis>()
  #closing = false

  constructor(@Inject(CONFIG) config: RuntimeConfig, private readonly logger: Logger, private readonly metrics: Metrics) {
    this.client = this.#watch('shared', new Redis(config.redisUrl, {
      connectionName: 'drawbridge',
      lazyConnect: true,
      enableAutoPipelining: true,
      enableOfflineQueue: false,
      // What was under way when the connection broke fails and is not repeated by the driver: another Redis may answer next.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: config.redisTimeoutMs,
      // A connection that is silent for so long is given up for a new one; keep-alive alone would take minutes.
      socketTimeout: config.redisTimeoutMs * 2,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAlive: 10_000,
      retryStrategy: reconnectDelayMs,
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    }))
    const breaker = new Breaker({ failuresMax: BREAKER_FAILURES, openMs: config.redisBreakerMs, countsError: isRedisUnavailable })
    this.breaker = breaker
    new Gauge({
      name: 'drawbridge_redis_breaker_open', help: 'Whether (1) callers are refused without asking Redis, after failures in a row', registers: [metrics.registry],
      collect() { this.set(breaker.isOpen ? 1 : 0) },
    })
  }

  /** Whether commands can be sent now. */
  get ready(): boolean {
    return this.client.status === 'ready'
  }

  /**
   * For what callers wait for: after failures in a row they are refused at once (BrokenCircuitError, `command` did not run) rather
   * than after REDIS_TIMEOUT_MS each; now and then one finds out whether Redis is back.
   */
  guarded<T>(command: () => Promise<T>): Promise<T> {
    return this.breaker.run(command)
  }

  /** Throws ConfigError naming REDIS_URL when there is no Redis at the start. */
  async onModuleInit(): Promise<void> {
    let reason = 'no answer'
    const keep = (error: Error) => { reason = error.message }
    this.client.on('error', keep)
    try {
      await this.client.connect()
    } catch {
      this.#closing = true
      this.client.disconnect()
      throw new ConfigError('REDIS_URL', `Redis cannot be reached (${reason})`)
    } finally {
      this.client.off('error', keep)
    }
  }

  /** A connection of one's own, for blocking commands and subscriptions; connects at once and is closed with the app. */
  duplicate(options: RedisOptions = {}): Redis {
    const copy = this.client.duplicate({ lazyConnect: false, enableAutoPipelining: false, socketTimeout: undefined, ...options })
    this.#others.add(copy)
    copy.once('end', () => this.#others.delete(copy))
    return this.#watch(options.connectionName ?? 'duplicate', copy)
  }

  /**
   * `runId` differs after every start of the Redis server: what recovery vouched for was said of one run. `history` differs
   * after that, and where a replica has become the master, or a master was a replica in between.
   */
  async identity(): Promise<RedisIdentity> {
    const [server, replication] = await Promise.all([this.client.info('server'), this.client.info('replication')])
    const runId = /^run_id:(\w+)/m.exec(server)?.[1]
    const replicationId = /^master_replid:(\w+)/m.exec(replication)?.[1]
    if (runId === undefined || replicationId === undefined) throw new Error('Redis does not tell its run_id')
    return { runId, history: `${runId}:${replicationId}` }
  }

  /** Ends every connection and opens it anew: another server may answer at the same address by now. */
  reconnect(): void {
    for (const redis of [this.client, ...this.#others]) redis.disconnect(true)
  }

  /** Throws when Redis does not answer within REDIS_TIMEOUT_MS. */
  async ping(): Promise<void> {
    await this.client.ping()
  }

  async onApplicationShutdown(): Promise<void> {
    this.#closing = true
    for (const redis of this.#others) redis.disconnect()
    if (this.ready) await this.client.quit().catch(() => undefined)
    this.client.disconnect()
  }

  /** One line when the connection is lost and one when it is back, however often it fails in between. */
  #watch(name: string, redis: Redis): Redis {
    let up = true
    const lost = (error?: Error) => {
      this.metrics.redisErrors.inc({ kind: 'connection' })
      if (up && !this.#closing) this.logger.warn({ ...(error === undefined ? {} : { err: error }), connection: name }, 'Redis is away; reconnecting')
      up = false
    }
    redis.on('error', lost)
    redis.on('close', () => { lost() })
    redis.on('ready', () => {
      if (!up) this.logger.info({ connection: name }, 'Redis is back')
      up = true
    })
    return redis
  }
}
