import { Inject, Injectable } from '@nestjs/common'
import { type Context, isTest } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { Features } from '../../platform/features/features.js'
import { isRedisAway } from '../../platform/redis/redis-errors.js'
import { ScriptMissingError } from '../../platform/redis/script.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { SnapshotService } from '../campaigns/snapshot.service.js'
import { RiskService } from '../risk/risk.service.js'
import { VelocityService } from '../risk/velocity.service.js'
import { DecisionService, type Decided } from './decision.service.js'
import { viewDecided } from './domain/draw-view.js'
import { validateDrawRequest } from './domain/draw-request.js'
import { rejected } from './domain/rejection.js'
import { DrawMemory } from './draw-memory.js'
import { LiveCountService } from './live/live-count.service.js'
import { AnsweredKeys } from './memory/answered-keys.js'
import { type Closure, ClosureService } from './memory/closure.service.js'
import { DURABLE_WINS, INCARNATION, SETTLEMENT_WAKE } from './draws.types.js'
import type { DecidedDraws, DrawRequest, DrawResult, DurableWins, Incarnation, SettlementWake } from './draws.types.js'
import { TestDrawService } from './test-world/test-draw.service.js'
import { VelocityHold } from './velocity-hold.js'

const PENDING_RETRY_AFTER_MS = 1_000
const SHED_RETRY_AFTER_MS = 500

/** The way of a draw, from the request to the answer. */
@Injectable()
export class DrawService {
  constructor(
    private readonly snapshots: SnapshotService,
    private readonly risk: RiskService,
    private readonly velocity: VelocityService,
    private readonly decisions: DecisionService,
    private readonly memory: DrawMemory,
    private readonly answered: AnsweredKeys,
    private readonly closures: ClosureService,
    private readonly metrics: Metrics,
    @Inject(DURABLE_WINS) private readonly durableWins: DurableWins,
    @Inject(SETTLEMENT_WAKE) private readonly settlement: SettlementWake,
    @Inject(INCARNATION) private readonly incarnation: Incarnation,
    private readonly tests: TestDrawService,
    private readonly live: LiveCountService,
    private readonly features: Features,
  ) {}

  /** Throws BAD_USER_INPUT, and OVERLOADED where Redis does not answer (the draw may have happened: same key again). */
  async draw(ctx: Context, input: DrawRequest): Promise<DrawResult> {
    const request = validateDrawRequest(input)
    if (isTest(ctx)) return this.tests.draw(ctx, request)
    const result = await this.#draw(ctx, request).catch((error: unknown) => this.#refuse(error))
    this.#count(result)
    this.live.count(ctx.tenantId, request.campaignId, result)
    return result
  }

  async #draw(ctx: Context, request: DrawRequest): Promise<DrawResult> {
    const campaign = this.snapshots.known(ctx.tenantId, request.campaignId) ?? (await this.snapshots.get(ctx.tenantId, request.campaignId))
    if (campaign === null) return rejected('CAMPAIGN_NOT_FOUND')
    if (!this.incarnation.isCurrent()) return rejected('RECOVERING')

    const known = this.answered.find(campaign, request)
    if (known === 'CONFLICT') return rejected('IDEMPOTENCY_CONFLICT')
    if (known !== null) return this.#answer(known, null)
    // Known at once, but for the first draws: nothing is waited for that is there.
    const judged = this.risk.verdict(campaign, request)
    const verdict = judged instanceof Promise ? await judged : judged
    const closed = this.closures.answer(campaign, request, verdict)
    const told = closed instanceof Promise ? await closed : closed
    if (told !== null) return rejected(told)

    // After what is told without a decision. A draw that is decided may be won, and then has to wait behind all the others.
    if (campaign.durability !== 'FAST' && !this.durableWins.hasRoom()) {
      this.metrics.draws.inc({ result: 'shed' })
      throw new AppError('OVERLOADED', 'Too many wins wait to be written. Nothing was decided: send it again with the same idempotency key.', { retryAfterMs: SHED_RETRY_AFTER_MS })
    }
    const closure = this.closures.current(campaign)
    const hold = new VelocityHold(this.velocity, request)
    try {
      const taking = hold.take(campaign, verdict)
      if (taking !== undefined) await taking
      const decided = await this.decisions.decide(campaign, request, verdict, hold)
      if (decided.kind === 'rejected') {
        if (decided.code === 'RECOVERING') this.incarnation.doubt('the gate is missing or of another epoch')
        if (decided.code === 'SOLD_OUT' || decided.code === 'CAMPAIGN_ENDED') this.closures.met(campaign, decided.code)
        return rejected(decided.code, decided.retryAfterMs)
      }
      return await this.#answer(decided, closure)
    } finally {
      void hold.release()
    }
  }

  /** `closure`: what held before the draws were decided. */
  async #answer(answer: Decided, closure: Closure | null): Promise<DrawResult> {
    const { decided, durable, replayed, drawsLeft } = answer
    // The snapshot that decided, which may be newer than the one the request began with.
    const { campaign } = decided
    const won = decided.draws.some(({ position }) => position !== 0)
    const told = !won || durable || campaign.durability === 'FAST' || (await this.#commit(decided))
    // After the commit: settlement would wait for its rows.
    if (!replayed && campaign.test !== true) this.settlement.wake(campaign, decided.bucket)
    const draws = viewDecided(decided, told)
    if (told) {
      this.memory.remember(campaign.tenantId, draws)
      this.answered.remember(answer, closure)
    }
    return { kind: 'accepted', draws, replayed, drawsLeft, retryAfterMs: told ? null : PENDING_RETRY_AFTER_MS }
  }

  async #commit(decided: DecidedDraws): Promise<boolean> {
    const wins = decided.draws.filter(({ position }) => position !== 0)
    if (wins.every(({ snowflake }) => this.durableWins.isDurable(snowflake))) return true
    // FENCED: the state that decided was rebuilt meanwhile. Whether the draw survived, the same key will tell.
    return (await this.metrics.stage('win_commit', {}, () => this.durableWins.commit(decided))) === 'COMMITTED'
  }

  #refuse(error: unknown): DrawResult {
    if (error instanceof ScriptMissingError) {
      this.incarnation.doubt('scripts are missing')
      return rejected('RECOVERING')
    }
    const refusal = isRedisAway(error)
      ? new AppError('OVERLOADED', 'The draw could not be decided now. Send it again with the same idempotency key.', { retryAfterMs: 1_000 })
      : error
    if (!(refusal instanceof AppError) || refusal.code === 'OVERLOADED') this.features.health.count(false)
    throw refusal
  }

  #count(result: DrawResult): void {
    this.features.health.count(this.#isGood(result))
    if (result.kind === 'rejected') this.metrics.draws.inc({ result: result.code })
    else if (result.replayed) this.metrics.draws.inc({ result: 'replayed' })
    else for (const { outcome } of result.draws) this.metrics.draws.inc({ result: outcome === null ? 'pending' : outcome.toLowerCase() })
  }

  /** A rule's refusal is an answer. RECOVERING is one while Redis is vouched for: a campaign's own, which is being given more buckets, say. */
  #isGood(result: DrawResult): boolean {
    if (result.kind === 'accepted') return result.retryAfterMs === null
    return result.code !== 'RECOVERING' || this.incarnation.isCurrent()
  }
}

