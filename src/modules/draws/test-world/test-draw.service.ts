import { Inject, Injectable } from '@nestjs/common'
import type { Context } from '../../../common/context.js'
import { AppError } from '../../../common/errors.js'
import { FEATURE_RETRY_MS, Features } from '../../../platform/features/features.js'
import { isRedisAway } from '../../../platform/redis/redis-errors.js'
import { ScriptMissingError } from '../../../platform/redis/script.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { RiskService } from '../../risk/risk.service.js'
import { VelocityService } from '../../risk/velocity.service.js'
import { DecisionService, type Reload } from '../decision.service.js'
import { viewDecided } from '../domain/draw-view.js'
import { rejected } from '../domain/rejection.js'
import { type DrawRequest, type DrawResult, INCARNATION, type Incarnation } from '../draws.types.js'
import { VelocityHold } from '../velocity-hold.js'
import { TestWorldService } from './test-world.service.js'

const WORLDS_MAX = 5

/** The world that a request drew in is no more: it was emptied, or the configuration has changed. */
class BegunAnewError extends Error {}

/** A draw under a test key: the same decision, in the campaign's test world. Nothing of it is settled, counted or told to anybody. */
@Injectable()
export class TestDrawService {
  constructor(
    private readonly worlds: TestWorldService,
    private readonly risk: RiskService,
    private readonly velocity: VelocityService,
    private readonly decisions: DecisionService,
    private readonly metrics: Metrics,
    @Inject(INCARNATION) private readonly incarnation: Incarnation,
    private readonly features: Features,
  ) {}

  /** As DrawService.draw, after its validation; OVERLOADED also where test draws are off. */
  async draw(ctx: Context, request: DrawRequest): Promise<DrawResult> {
    if (this.features.off(ctx.tenantId, 'TEST_DRAWS') !== null) {
      this.metrics.testDraws.inc({ result: 'off' })
      throw new AppError('OVERLOADED', 'Test draws are switched off for now; nothing was decided.', { retryAfterMs: FEATURE_RETRY_MS })
    }
    const result = await this.#draw(ctx, request).catch((error: unknown) => refuse(error))
    this.#count(result)
    return result
  }

  async #draw(ctx: Context, request: DrawRequest): Promise<DrawResult> {
    if (!this.incarnation.isCurrent()) return rejected('RECOVERING')
    for (let attempt = 0; attempt < WORLDS_MAX; attempt++) {
      const world = await this.worlds.open(ctx.tenantId, request.campaignId)
      if (world === null) return rejected('CAMPAIGN_NOT_FOUND')
      await this.worlds.enter(world, request.userId)
      try {
        return await this.#decide(world, request)
      } catch (error) {
        if (!(error instanceof BegunAnewError)) throw error
      }
    }
    return rejected('RECOVERING')
  }

  async #decide(world: CampaignSnapshot, request: DrawRequest): Promise<DrawResult> {
    const hold = new VelocityHold(this.velocity, request)
    try {
      const verdict = await this.risk.verdict(world, request)
      await hold.take(world, verdict)
      const decision = await this.decisions.decide(world, request, verdict, hold, this.#reload)
      await this.worlds.leave(world, request.userId)
      if (decision.kind === 'rejected') return rejected(decision.code, decision.retryAfterMs)
      const { decided, replayed, drawsLeft } = decision
      return { kind: 'accepted', draws: viewDecided(decided, true), replayed, drawsLeft, retryAfterMs: null }
    } finally {
      void hold.release()
    }
  }

  // In another world the participant has not been entered, and may have another bucket.
  readonly #reload: Reload = async (known) => {
    const world = await this.worlds.open(known.tenantId, known.id)
    if (world?.epoch !== known.epoch) throw new BegunAnewError()
    return world
  }

  #count(result: DrawResult): void {
    if (result.kind === 'rejected') this.metrics.testDraws.inc({ result: result.code })
    else if (result.replayed) this.metrics.testDraws.inc({ result: 'replayed' })
    else for (const { outcome } of result.draws) this.metrics.testDraws.inc({ result: outcome === 'WON' ? 'won' : 'lost' })
  }
}

/** What a test world lacks says nothing of production's state: nobody is asked to look at that. */
function refuse(error: unknown): DrawResult {
  if (error instanceof ScriptMissingError) return rejected('RECOVERING')
  if (isRedisAway(error)) {
    throw new AppError('OVERLOADED', 'The draw could not be decided now. Send it again with the same idempotency key.', { retryAfterMs: 1_000 })
  }
  throw error
}
