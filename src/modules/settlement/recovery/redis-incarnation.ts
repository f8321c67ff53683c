import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDatabaseUnavailable } from '../../../platform/prisma/database-errors.js'
import { INCARNATION_KEY } from '../../../platform/redis/keys.js'
import { RedisService, type RedisIdentity } from '../../../platform/redis/redis.service.js'
import { loadScripts } from '../../../platform/redis/script.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import type { Incarnation } from '../../draws/draws.types.js'
import { RedisHistoryStore } from './redis-history.store.js'

const POLL_WAITING_MS = 100
const POLL_CURRENT_MS = 1_000
const DOUBTS_PER_WINDOW_MS = 100
/** How long the question about the history may hold up the one about the run. */
const HISTORY_MS_MAX = 300
const RECONNECT_MS = 1_000
const LEAVE_MS_MAX = 5_000

/**
 * Whether the Redis that answers is the run that recovery vouched for. Falls to false the moment that the connection is
 * lost: what comes back may have forgotten the last second, or everything.
 */
@Injectable()
export class RedisIncarnation implements Incarnation, OnModuleInit, OnApplicationShutdown {
  readonly #doubters: Array<(reason: string) => void> = []
  #current = false
  #scriptsInDoubt = false
  #connection = 0
  #timer: NodeJS.Timeout | undefined
  /** Of performance.now(): a clock that is set back must not hush doubts. */
  #doubtedAt = -Infinity
  #checking: Promise<boolean> | undefined
  #closed = false
  /** Of the Redis that answered last. */
  #history: string | undefined
  #superseded = false
  #asking: Promise<void> | undefined
  #left: Promise<unknown> = Promise.resolve()
  readonly #leavers: Array<(history: string) => Promise<unknown>> = []
  #reconnectedAt = -Infinity

  constructor(private readonly redis: RedisService, private readonly histories: RedisHistoryStore, private readonly logger: Logger) {}

  /** What is known before the first request is not asked for with it. */
  async onModuleInit(): Promise<void> {
    const { client } = this.redis
    const lost = () => {
      this.#connection++
      this.#current = false
    }
    client.on('close', lost)
    client.on('ready', () => {
      lost()
      void this.#poll()
    })
    if (this.redis.ready) await this.#poll()
  }

  onApplicationShutdown(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  isCurrent(): boolean {
    return this.#current
  }

  /** Another Redis was vouched for after this one: this is a former master that somebody was not told to leave. */
  isSuperseded(): boolean {
    return this.#superseded
  }

  doubt(reason: string): void {
    const now = performance.now()
    if (this.#closed || now - this.#doubtedAt < DOUBTS_PER_WINDOW_MS) return
    this.#doubtedAt = now
    this.logger.warn({ reason }, "Redis' state is in doubt")
    for (const doubter of this.#doubters) doubter(reason)
    // Scripts may have been flushed with nothing else lost: those of a vouched run may be given again.
    this.#scriptsInDoubt = true
    void this.#poll()
  }

  /** Calls back at every doubt; for recovery. */
  onDoubt(callback: (reason: string) => void): void {
    this.#doubters.push(callback)
  }

  /** Calls back when the Redis that answers was found to be superseded; it is left when all have settled, or after some seconds. */
  onSuperseded(callback: (history: string) => Promise<unknown>): void {
    this.#leavers.push(callback)
  }

  /** Asks Redis now. Throws when Redis cannot be asked. */
  check(): Promise<boolean> {
    this.#checking ??= this.#check().finally(() => { this.#checking = undefined })
    return this.#checking
  }

  /** Recovery's word that this run of Redis holds the truth. */
  async vouch({ runId, history }: RedisIdentity): Promise<void> {
    // First: where both are not done, it is verified once more.
    await this.histories.vouch(history)
    await this.redis.client.set(INCARNATION_KEY, runId)
    await this.#checking?.catch(() => false) // it may have asked before the word was given
    await this.check()
  }

  async #check(): Promise<boolean> {
    const connection = this.#connection
    const [{ runId, history }, vouched] = await Promise.all([this.redis.identity(), this.redis.client.get(INCARNATION_KEY)])
    await this.#judge(history, runId === vouched)
    const same = runId === vouched && !this.#superseded
    if (same && (!this.#current || this.#scriptsInDoubt)) {
      this.#scriptsInDoubt = false
      await loadScripts(this.redis.client)
    }
    // What was learned over a connection that is gone says nothing about the next.
    if (connection === this.#connection) this.#current = same
    return this.#current
  }

  /** By Postgres, which tells everybody the same. While it is away, what was known of this Redis holds. */
  async #judge(history: string, vouched: boolean): Promise<void> {
    if (this.#history !== history) this.#superseded = false
    const before = this.#history
    this.#history = history
    this.#asking ??= this.#ask(history, vouched ? before : undefined).finally(() => { this.#asking = undefined })
    await Promise.race([this.#asking, sleep(HISTORY_MS_MAX, undefined, { ref: false })])
  }

  async #ask(history: string, before: string | undefined): Promise<void> {
    try {
      // The same run of the same data under another number: its last replica has been gone for long.
      if (before !== undefined && before !== history) await this.histories.goOn(before, history)
      const superseded = await this.histories.isSuperseded(history)
      if (this.#history !== history) return
      if (superseded && !this.#superseded) this.logger.error({ history }, 'The Redis that answers was superseded by another: nothing is decided until that one is reached')
      if (!superseded && this.#superseded) this.logger.info({ history }, 'The Redis that answers is the right one again')
      if (superseded && !this.#superseded) this.#left = Promise.allSettled(this.#leavers.map((leave) => leave(history)))
      this.#superseded = superseded
      if (superseded) this.#current = false
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error
    }
  }

  async #poll(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.redis.ready) await this.check().catch(() => { this.#current = false })
    if (this.#closed) return
    if (this.#superseded && performance.now() - this.#reconnectedAt >= RECONNECT_MS) {
      await Promise.race([this.#left, sleep(LEAVE_MS_MAX, undefined, { ref: false })])
      this.#reconnectedAt = performance.now()
      if (!this.#closed) this.redis.reconnect()
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#poll(), this.#current ? POLL_CURRENT_MS : POLL_WAITING_MS)
    this.#timer.unref()
  }
}
