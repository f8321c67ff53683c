import { Injectable } from '@nestjs/common'
import type { Context } from '../../../common/context.js'
import { decodeTestDrawId } from '../../../common/draw-id.js'
import { AppError, badInput } from '../../../common/errors.js'
import { isSafeId } from '../../../common/ids.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { TestCampaignService } from '../../campaigns/test-campaign.service.js'
import { viewDecided } from '../domain/draw-view.js'
import { maskUserId } from '../domain/mask.js'
import { type ParticipantView, viewParticipant } from '../domain/participant-view.js'
import type { DrawPage, DrawQuery, Winner } from '../draw-read.types.js'
import type { DecidedDraw, DecidedDraws, DrawView } from '../draws.types.js'
import { type ParticipantCounts, UnsettledStore } from '../unsettled.store.js'
import { TestWorldService } from './test-world.service.js'

const NOTHING: DrawPage = { edges: [], hasNextPage: false, endCursor: null }
const NEVER_DREW: ParticipantCounts = {
  draws: 0, day: null, drawsThatDay: 0, tickets: { never: 0, lots: '', freeDay: null }, wins: 0, streak: 0,
}

/**
 * What DrawReadService tells, told of test worlds: from Redis, where nothing is settled and all of it lies. To whoever
 * reads a test draw it is settled as soon as it is answered.
 */
@Injectable()
export class TestReadService {
  constructor(
    private readonly campaigns: TestCampaignService,
    private readonly worlds: TestWorldService,
    private readonly unsettled: UnsettledStore,
  ) {}

  async draw(ctx: Context, publicId: string): Promise<DrawView | null> {
    const parts = decodeTestDrawId(publicId)
    const configuration = parts === null ? null : await this.campaigns.byNo(ctx.tenantId, parts.campaignNo)
    const world = configuration === null ? null : await this.worlds.find(configuration)
    if (parts === null || world === null || parts.bucket >= world.bucketCount) return null
    const decided = await this.unsettled.find(world, parts.bucket, parts.snowflake)
    return (decided === null ? [] : viewsOf(decided)).find(({ draw }) => draw.snowflake === parts.snowflake)?.view ?? null
  }

  /** Within its range already. */
  async draws(ctx: Context, query: DrawQuery): Promise<DrawPage> {
    const cursor = query.after === null ? null : decodeTestDrawId(query.after)
    if (query.after !== null && cursor === null) throw badInput('after', 'is not a cursor of this list')
    if (query.userId !== null && !isSafeId(query.userId)) return NOTHING
    const world = await this.#world(ctx, query.campaignId)
    if (world === null) return NOTHING
    const fits = ({ snowflake, position }: DecidedDraw) =>
      (cursor === null || snowflake < cursor.snowflake) && (query.outcome === null || (query.outcome === 'WON') === (position !== 0))
    const found = query.userId === null
      ? await this.unsettled.ofCampaign(world, query.first + 1, fits)
      : await this.unsettled.ofParticipant(world, query.userId)
    const ofKey = ({ view }: Viewed) => query.idempotencyKey === null || view.idempotencyKey === query.idempotencyKey
    const sorted = newestFirst(found).filter((viewed) => fits(viewed.draw) && ofKey(viewed))
    const edges = sorted.slice(0, query.first).map(({ view }) => ({ cursor: view.id, draw: view }))
    return { edges, hasNextPage: sorted.length > query.first, endCursor: edges.at(-1)?.cursor ?? null }
  }

  /** As DrawReadService.participant, after its validation. */
  async participant(ctx: Context, campaignId: string, userId: string): Promise<ParticipantView> {
    const configuration = await this.#configuration(ctx, campaignId)
    const world = await this.worlds.find(configuration)
    const counts = world === null ? null : await this.unsettled.counts(world, userId)
    return viewParticipant(configuration, userId, counts ?? NEVER_DREW, Date.now())
  }

  /** Within its range already. */
  async recentWinners(ctx: Context, campaignId: string, first: number): Promise<Winner[]> {
    const world = await this.#world(ctx, campaignId)
    if (world === null) return []
    const won = newestFirst(await this.unsettled.ofCampaign(world, first, ({ position }) => position !== 0))
    return won.filter(({ draw }) => draw.position !== 0).slice(0, first).map(({ draw, view }) => ({
      maskedUserId: maskUserId(view.userId),
      prizeName: world.prizes.find(({ position }) => position === draw.position)?.name ?? '',
      at: view.createdAt,
    }))
  }

  async #world(ctx: Context, campaignId: string): Promise<CampaignSnapshot | null> {
    return this.worlds.find(await this.#configuration(ctx, campaignId))
  }

  async #configuration(ctx: Context, campaignId: string): Promise<CampaignSnapshot> {
    const configuration = await this.campaigns.get(ctx.tenantId, campaignId)
    if (configuration === null) throw new AppError('NOT_FOUND', 'There is no such campaign.', { field: 'campaignId' })
    return configuration
  }
}

interface Viewed { readonly draw: DecidedDraw; readonly view: DrawView }

const viewsOf = (decided: DecidedDraws): Viewed[] => viewDecided(decided, true)
  .map((view, n) => ({ draw: decided.draws[n]!, view: { ...view, state: 'SETTLED', settledAt: view.createdAt } }))

const newestFirst = (all: readonly DecidedDraws[]): Viewed[] =>
  all.flatMap(viewsOf).sort((a, b) => (a.draw.snowflake < b.draw.snowflake ? 1 : -1))
