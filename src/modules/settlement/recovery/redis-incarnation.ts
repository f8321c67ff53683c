import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { INCARNATION_KEY } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { loadScripts } from '../../../platform/redis/script.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import type { Incarnation } from '../../draws/draws.types.js'

const POLL_WAITING_MS = 100
const POLL_CURRENT_MS = 1_000
const DOUBTS_PER_WINDOW_MS = 100

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
  #doubtedAtMs = 0
  #checking: Promise<boolean> | undefined
  #closed = false

  constructor(private readonly redis: RedisService, private readonly logger: Logger) {}

  onModuleInit(): void {
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
    if (this.redis.ready) void this.#poll()
  }

  onApplicationShutdown(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  isCurrent(): boolean {
    return this.#current
  }

  doubt(reason: string): void {
    const now = Date.now()
    if (this.#closed || now - this.#doubtedAtMs < DOUBTS_PER_WINDOW_MS) return
    this.#doubtedAtMs = now
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

  /** Asks Redis now. Throws when Redis cannot be asked. */
  check(): Promise<boolean> {
    this.#checking ??= this.#check().finally(() => { this.#checking = undefined })
    return this.#checking
  }

  /** Recovery's word that this run of Redis holds the truth. */
  async vouch(runId: string): Promise<void> {
    await this.redis.client.set(INCARNATION_KEY, runId)
    await this.#checking?.catch(() => false) // it may have asked before the word was given
    await this.check()
  }

  async #check(): Promise<boolean> {
    const connection = this.#connection
    const [runId, vouched] = await Promise.all([this.redis.runId(), this.redis.client.get(INCARNATION_KEY)])
    const same = runId === vouched
    if (same && (!this.#current || this.#scriptsInDoubt)) {
      this.#scriptsInDoubt = false
      await loadScripts(this.redis.client)
    }
    // What was learned over a connection that is gone says nothing about the next.
    if (connection === this.#connection) this.#current = same
    return this.#current
  }

  async #poll(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.redis.ready) await this.check().catch(() => { this.#current = false })
    if (this.#closed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#poll(), this.#current ? POLL_CURRENT_MS : POLL_WAITING_MS)
    this.#timer.unref()
  }
}
