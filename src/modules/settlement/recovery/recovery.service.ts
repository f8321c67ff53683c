import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../../config/config.module.js'
import { Readiness } from '../../../platform/http/readiness.js'
import { isDatabaseUnavailable } from '../../../platform/prisma/database-errors.js'
import { isRedisUnavailable } from '../../../platform/redis/redis-errors.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { loadScripts } from '../../../platform/redis/script.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import { PublishedStore } from '../published.store.js'
import type { PublishedCampaign } from '../settlement.types.js'
import { Leadership, LeadershipLostError } from './leadership.js'
import { OldKeysStore } from './old-keys.store.js'
import { RebuildService } from './rebuild.service.js'
import { RedisIncarnation } from './redis-incarnation.js'
import { VerifyService } from './verify.service.js'

const WATCH_MS = 1_000
const RETRY_MS_MAX = 5_000
const CAMPAIGNS_AT_ONCE = 4
/** A gate is written just after the commit that publishes its campaign: one that is missing this long is lost. */
const GATE_MISSING_ROUNDS = 3

/** Stopping: not a failure. */
class StoppedError extends Error {}

/**
 * On workers: watches that Redis is the run that was vouched for and that every published campaign has its gates, and
 * where it is not so, verifies each campaign's state and rebuilds what cannot be kept.
 */
@Injectable()
export class RecoveryService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #gateless = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> | undefined
  #failures = 0
  #closed = false

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly redis: RedisService,
    private readonly incarnation: RedisIncarnation,
    private readonly leadership: Leadership,
    private readonly published: PublishedStore,
    private readonly verify: VerifyService,
    private readonly rebuilds: RebuildService,
    private readonly oldKeys: OldKeysStore,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    readiness: Readiness,
  ) {
    readiness.register('recovery', () => this.ready || "Redis' state is being verified or rebuilt")
    incarnation.onDoubt(() => {
      if (this.config.role !== 'api') this.#schedule(0)
    })
  }

  /** Whether draws can be decided: the Redis that answers is the one that was vouched for. */
  get ready(): boolean {
    return this.incarnation.isCurrent()
  }

  onApplicationBootstrap(): void {
    if (this.config.role !== 'api') this.#schedule(0)
  }

  async onModuleDestroy(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#round?.catch(() => undefined)
  }

  /** Looks once, and mends what it finds. Throws when Redis or Postgres cannot be asked, or a campaign stays wrong. */
  async check(): Promise<void> {
    const vouched = await this.incarnation.check()
    const campaigns = await this.published.all()
    if (!vouched) await this.#lead((goOn) => this.#everything(goOn))
    else {
      const lost = await this.#gatesLost(campaigns)
      if (lost.length > 0) await this.#lead((goOn) => this.#mend(lost, goOn))
    }
  }

  async #lead(work: (goOn: () => void) => Promise<void>): Promise<void> {
    await this.leadership.lead((stillLeading) => this.metrics.stage('recover', {}, () => work(() => {
      stillLeading()
      if (this.#closed) throw new StoppedError('stopping')
    })))
  }

  async #everything(goOn: () => void): Promise<void> {
    // While the lock was waited for, another may have done it all.
    if (await this.incarnation.check()) return
    const runId = await this.redis.runId()
    await loadScripts(this.redis.client)
    // Read under the lock: a leader before this one may have rebuilt some.
    await this.#mend(await this.published.all(), goOn)
    if ((await this.redis.runId()) !== runId) throw new Error('Redis was started again during recovery')
    goOn()
    await this.incarnation.vouch(runId)
    this.logger.info({ runId }, "Redis' state is verified: draws are open")
  }

  /** A campaign whose rebuild fails keeps only itself closed: its gates are gone, and the next rounds try again. */
  async #mend(campaigns: readonly PublishedCampaign[], goOn: () => void): Promise<void> {
    const rest = [...campaigns]
    const rebuilt = new Map<number, number>()
    const rebuild = async (campaign: PublishedCampaign, fault: string) => {
      try {
        rebuilt.set(campaign.place.no, await this.rebuilds.rebuild(campaign, fault, goOn))
      } catch (error) {
        // Where nothing can be asked, nothing is known of this campaign, or of any other.
        if (this.#closed || error instanceof LeadershipLostError || isDatabaseUnavailable(error) || isRedisUnavailable(error)) throw error
        this.logger.error({ err: error, campaignId: campaign.place.id }, 'A campaign could not be rebuilt and stays closed; trying again')
      }
    }
    const lane = async () => {
      for (let campaign = rest.shift(); campaign !== undefined; campaign = rest.shift()) {
        goOn()
        const fault = await this.verify.fault(campaign)
        if (fault !== null) await rebuild(campaign, fault)
        this.#gateless.delete(campaign.place.id)
      }
    }
    await Promise.all(Array.from({ length: CAMPAIGNS_AT_ONCE }, lane))
    if (rebuilt.size > 0) {
      const deleted = await this.oldKeys.sweep(rebuilt, goOn)
      this.logger.info({ campaigns: rebuilt.size, deleted }, 'Keys of older epochs are deleted')
    }
  }

  async #gatesLost(campaigns: readonly PublishedCampaign[]): Promise<PublishedCampaign[]> {
    const missing = await Promise.all(campaigns.map((campaign) => this.verify.missingGates(campaign)))
    const gateless = campaigns.filter((_, n) => missing[n]!.length > 0)
    for (const id of this.#gateless.keys()) if (!gateless.some((campaign) => campaign.place.id === id)) this.#gateless.delete(id)
    return gateless.filter((campaign) => {
      const rounds = (this.#gateless.get(campaign.place.id) ?? 0) + 1
      this.#gateless.set(campaign.place.id, rounds)
      return rounds >= GATE_MISSING_ROUNDS || campaign.status === 'RECOVERING'
    })
  }

  #schedule(delayMs: number): void {
    if (this.#closed || this.#round !== undefined) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#round = this.#watch().finally(() => {
        this.#round = undefined
        this.#schedule(Math.min(WATCH_MS * 2 ** this.#failures, RETRY_MS_MAX))
      })
    }, delayMs)
    this.#timer.unref()
  }

  async #watch(): Promise<void> {
    if (!this.redis.ready) return
    try {
      await this.check()
      this.#failures = 0
    } catch (error) {
      if (error instanceof StoppedError) return
      this.#failures++
      if (!this.#closed && this.#failures <= 3) this.logger.warn({ err: error }, 'Recovery did not come to its end; trying again')
    }
  }
}
