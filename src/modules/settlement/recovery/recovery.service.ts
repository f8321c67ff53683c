import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { AppError } from '../../../common/errors.js'
import { failpoint } from '../../../common/failpoint.js'
import { CONFIG, type RuntimeConfig } from '../../../config/config.module.js'
import { Readiness } from '../../../platform/http/readiness.js'
import { isDatabaseUnavailable } from '../../../platform/prisma/database-errors.js'
import { Leadership, LeadershipLostError } from '../../../platform/prisma/leadership.js'
import { isRedisUnavailable } from '../../../platform/redis/redis-errors.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { loadScripts } from '../../../platform/redis/script.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import { GateService } from '../../campaigns/gate.service.js'
import { PublishedStore } from '../published.store.js'
import type { KnownCampaign, PublishedCampaign } from '../settlement.types.js'
import { Suspicions } from '../suspicions.js'
import { OldKeysStore } from './old-keys.store.js'
import { RebuildService } from './rebuild.service.js'
import { RedisIncarnation } from './redis-incarnation.js'
import { type FencedCampaign, VerifyService } from './verify.service.js'

const LOCK = 'drawbridge recovery'
const WATCH_MS = 1_000
const RETRY_MS_MAX = 5_000
const CAMPAIGNS_AT_ONCE = 4
/** A gate is written just after the commit that it tells of: one that is missing, or odd, this long is lost. */
const ODD_ROUNDS = 3
/** What settlement suspects is looked into at once, and then no more often than this: a rebuild that does not help must not go on for ever. */
const SUSPECT_PAUSE_MS = 10_000
const SUSPECTS_REMEMBERED_MAX = 10_000
/** How often it is asked whether Postgres was taken back, where nothing else says so. */
const LOOK_BACK_MS = 10_000

/** Its buckets exchange stock faster than they can be counted: no verdict. */
const UNREADABLE = Symbol('unreadable')

/** Stopping: not a failure. */
class StoppedError extends Error {}

/**
 * On workers: watches that Redis is the run that was vouched for, that every published campaign has its gates and its
 * buckets, and as many of them as it should, and that settlement suspects none; where it is not so, verifies each campaign's state and rebuilds what cannot be kept.
 */
@Injectable()
export class RecoveryService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #odd = new Map<string, number>()
  readonly #lookedAt = new LRUCache<string, number>({ max: SUSPECTS_REMEMBERED_MAX, ttl: SUSPECT_PAUSE_MS })
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> | undefined
  #failures = 0
  #countedAt = -Infinity
  #lookedBackAt = -Infinity
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
    private readonly gates: GateService,
    private readonly suspicions: Suspicions,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    readiness: Readiness,
  ) {
    readiness.register('recovery', () => this.ready || (this.incarnation.isSuperseded()
      ? 'the Redis that answers was superseded by another' : "Redis' state is being verified or rebuilt"))
    const look = () => {
      if (this.config.role !== 'api') this.#schedule(0)
    }
    incarnation.onDoubt(look)
    suspicions.onReport(look)
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
  async check(countsAsRound = true): Promise<void> {
    const isCurrent = await this.incarnation.check()
    // Whoever mended this one would take the campaigns away from the one that decides.
    if (this.incarnation.isSuperseded()) return
    if (!isCurrent) return this.#lead((goOn) => this.#everything(goOn))
    const campaigns = await this.published.all()
    const growing = await this.published.growing()
    if (performance.now() - this.#lookedBackAt >= LOOK_BACK_MS) {
      for (const [id, reason] of await this.verify.behindRedis(campaigns)) this.suspicions.report(id, reason)
      this.#lookedBackAt = performance.now()
    }
    const faulty = [...this.#suspected(campaigns), ...(await this.#lost(campaigns, countsAsRound))]
    const wrong = new Set([...faulty.map(({ place }) => place.id), ...growing.keys()])
    if (wrong.size > 0) await this.#lead((goOn) => this.#some(wrong, goOn))
  }

  /** Campaigns that are wrong, in a Redis that is not: each is fenced just before it is looked at, and the others go on. */
  async #some(wrong: ReadonlySet<string>, goOn: () => void): Promise<void> {
    // While the lock was waited for, another may have mended some.
    const campaigns = (await this.published.all()).filter(({ place }) => wrong.has(place.id))
    const growing = await this.published.growing()
    const still = await Promise.all(campaigns.map(async (campaign) => {
      return growing.has(campaign.place.id) || this.suspicions.reason(campaign.place.id) !== undefined || (await this.#isOdd(campaign))
    }))
    await this.#mend(campaigns.filter((_, n) => still[n]), (campaign) => this.verify.fence(campaign), goOn)
  }

  async #lead(work: (goOn: () => void) => Promise<void>): Promise<void> {
    await this.leadership.lead(LOCK, (stillLeading) => this.metrics.stage('recover', {}, () => work(() => {
      stillLeading()
      if (this.#closed) throw new StoppedError('stopping')
    })))
  }

  async #everything(goOn: () => void): Promise<void> {
    // While the lock was waited for, another may have done it all.
    if ((await this.incarnation.check()) || this.incarnation.isSuperseded()) return
    const identity = await this.redis.identity()
    // Read under the lock: a leader before this one may have rebuilt some.
    const fenced = await this.#fence(await this.published.all(), goOn)
    failpoint('recovery.fenced')
    // Not before: a request that outlived the other run could decide in this one, and its win be written.
    await loadScripts(this.redis.client)
    await this.#mend(fenced, (campaign) => Promise.resolve(campaign), goOn)
    if ((await this.redis.identity()).history !== identity.history) throw new Error('Redis was started again during recovery')
    goOn()
    failpoint('recovery.before_vouch')
    await this.incarnation.vouch(identity)
    this.logger.info({ runId: identity.runId }, "Redis' state is verified: draws are open")
  }

  /** A campaign whose rebuild fails keeps only itself closed: its gates are gone, and the next rounds try again. */
  async #mend<C extends PublishedCampaign>(
    campaigns: readonly C[], fence: (campaign: C) => Promise<FencedCampaign>, goOn: () => void,
  ): Promise<void> {
    const rest = [...campaigns]
    const rebuilt = new Map<number, number>()
    const rebuild = async (campaign: FencedCampaign, fault: string) => {
      try {
        rebuilt.set(campaign.place.no, await this.rebuilds.rebuild(campaign, fault, goOn))
      } catch (error) {
        // Where nothing can be asked, nothing is known of this campaign, or of any other.
        if (this.#closed || error instanceof LeadershipLostError || isDatabaseUnavailable(error) || isRedisUnavailable(error)) throw error
        this.logger.error({ err: error, campaignId: campaign.place.id }, 'A campaign could not be rebuilt and stays closed; trying again')
      }
    }
    const lane = async () => {
      for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
        goOn()
        const campaign = await fence(next)
        const fault = await this.#fault(campaign)
        if (fault === null || fault === UNREADABLE) await this.gates.setRun({ ...campaign.place, epoch: campaign.epoch }, campaign.redisRun)
        else await rebuild(campaign, fault)
        this.#odd.delete(campaign.place.id)
        if (fault !== UNREADABLE) this.suspicions.clear(campaign.place.id)
      }
    }
    await inLanes(lane)
    if (rebuilt.size > 0) {
      const deleted = await this.oldKeys.sweep(rebuilt, goOn)
      this.logger.info({ campaigns: rebuilt.size, deleted }, 'Keys of older epochs are deleted')
    }
  }

  async #fault(campaign: FencedCampaign): Promise<string | null | typeof UNREADABLE> {
    // Its status is given back at the end of a rebuild: one that was cut off is not finished by gates that are there.
    if (campaign.status === 'RECOVERING') return 'a rebuild was interrupted'
    const wanted = (await this.published.growing()).get(campaign.place.id)
    if (wanted !== undefined) return `it is to have ${wanted} buckets`
    try {
      return await this.verify.fault(campaign)
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'OVERLOADED') || !this.incarnation.isCurrent()) throw error
      this.logger.warn({ campaignId: campaign.place.id }, 'Stock moves too fast to verify a campaign that goes on; looking again later')
      return UNREADABLE
    }
  }

  /** All of them before any is looked at: see there. */
  async #fence(campaigns: readonly PublishedCampaign[], goOn: () => void): Promise<FencedCampaign[]> {
    const rest = [...campaigns]
    const fenced: FencedCampaign[] = []
    await inLanes(async () => {
      for (let campaign = rest.shift(); campaign !== undefined; campaign = rest.shift()) {
        goOn()
        fenced.push(await this.verify.fence(campaign))
      }
    })
    return fenced
  }

  #suspected(campaigns: readonly KnownCampaign[]): KnownCampaign[] {
    return campaigns.filter(({ place, epoch }) => {
      const reason = this.suspicions.reason(place.id)
      if (reason === undefined || this.#lookedAt.has(place.id)) return false
      this.#lookedAt.set(place.id, performance.now())
      this.logger.error({ campaignId: place.id, epoch, reason }, "A campaign's Redis state is not what Postgres knows; it is verified, and rebuilt where it is wrong")
      return true
    })
  }

  async #isOdd(campaign: KnownCampaign): Promise<boolean> {
    return campaign.status === 'RECOVERING' || this.verify.looksOdd(campaign)
  }

  async #lost(campaigns: readonly KnownCampaign[], countsAsRound: boolean): Promise<KnownCampaign[]> {
    const looks = await Promise.all(campaigns.map((campaign) => this.#isOdd(campaign)))
    const odd = campaigns.filter((_, n) => looks[n])
    for (const id of this.#odd.keys()) if (!odd.some((campaign) => campaign.place.id === id)) this.#odd.delete(id)
    return odd.filter((campaign) => {
      const rounds = (this.#odd.get(campaign.place.id) ?? 0) + (countsAsRound ? 1 : 0)
      this.#odd.set(campaign.place.id, rounds)
      return rounds >= ODD_ROUNDS || campaign.status === 'RECOVERING'
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
    // Doubts bring rounds in between: what is odd must stay so for seconds, not for so many looks.
    const countsAsRound = performance.now() - this.#countedAt >= WATCH_MS
    if (countsAsRound) this.#countedAt = performance.now()
    try {
      await this.check(countsAsRound)
      this.#failures = 0
    } catch (error) {
      if (error instanceof StoppedError) return
      this.#failures++
      // A Postgres that was away may have been restored meanwhile.
      this.#lookedBackAt = -Infinity
      if (!this.#closed && this.#failures <= 3) this.logger.warn({ err: error }, 'Recovery did not come to its end; trying again')
    }
  }
}

const inLanes = async (lane: () => Promise<void>): Promise<void> => {
  await Promise.all(Array.from({ length: CAMPAIGNS_AT_ONCE }, lane))
}
