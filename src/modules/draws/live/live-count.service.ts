import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { Counter } from 'prom-client'
import { Features } from '../../../platform/features/features.js'
import { liveKey } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import type { DrawResult } from '../draws.types.js'
import { fieldOf, KEPT_SECONDS, kindsOf, type LiveKind, minuteOf } from './live-counts.js'

const GATHER_MS = 1_000
const CAMPAIGNS_MAX = 5_000

/**
 * What becomes of each campaign's draws, second by second, for those who watch. Each process gathers for a second, and adds to what all
 * have told Redis; what cannot be told is dropped: the books count from the rows.
 */
@Injectable()
export class LiveCountService implements OnModuleDestroy {
  readonly #counts = new Map<string, Map<LiveKind, number>>()
  readonly #dropped: Counter
  #timer: NodeJS.Timeout | undefined
  #telling: Promise<void> = Promise.resolve()

  constructor(private readonly redis: RedisService, private readonly features: Features, { registry }: Metrics) {
    this.#dropped = new Counter({
      name: 'drawbridge_live_counts_dropped_total', help: 'Answers to draws that are in no live count', registers: [registry],
    })
  }

  /** Costs no visit and no wait. While LIVE_COUNTS is off, nothing is counted. */
  count(tenantId: string, campaignId: string, result: DrawResult): void {
    if (this.features.off(tenantId, 'LIVE_COUNTS') !== null) return
    // Of something that may be no campaign's id.
    if (result.kind === 'rejected' && result.code === 'CAMPAIGN_NOT_FOUND') return
    let counts = this.#counts.get(campaignId)
    if (counts === undefined) {
      if (this.#counts.size >= CAMPAIGNS_MAX) return this.#dropped.inc()
      counts = new Map()
      this.#counts.set(campaignId, counts)
    }
    for (const kind of kindsOf(result)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    this.#timer ??= setTimeout(() => { this.#tell() }, GATHER_MS)
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.#timer)
    this.#tell()
    await this.#telling
  }

  #tell(): void {
    this.#timer = undefined
    const told = [...this.#counts]
    this.#counts.clear()
    if (told.length > 0) this.#telling = this.#add(told)
  }

  async #add(told: ReadonlyArray<readonly [string, ReadonlyMap<LiveKind, number>]>): Promise<void> {
    const second = Math.floor(Date.now() / 1_000)
    const pipeline = this.redis.client.pipeline()
    for (const [campaignId, counts] of told) {
      const key = liveKey(campaignId, minuteOf(second))
      for (const [kind, count] of counts) pipeline.hincrby(key, fieldOf(second, kind), count)
      pipeline.expire(key, KEPT_SECONDS)
    }
    const replies = await pipeline.exec().catch(() => null)
    if (replies?.every(([error]) => error === null) === true) return
    for (const [, counts] of told) for (const count of counts.values()) this.#dropped.inc(count)
  }
}
