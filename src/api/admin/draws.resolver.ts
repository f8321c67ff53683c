import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { decodeDrawId } from '../../common/draw-id.js'
import type { Draw, DrawConnection, Prize, QueryDrawsArgs } from '../../generated/admin.graphql.js'
import { CampaignService } from '../../modules/campaigns/campaign.service.js'
import type { Campaign } from '../../modules/campaigns/campaigns.types.js'
import { DrawReadService } from '../../modules/draws/draw-read.service.js'
import type { DrawView } from '../../modules/draws/draws.types.js'
import { TestWorldService } from '../../modules/draws/test-world/test-world.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { toPrize } from './campaign-mapping.js'

const PAGE = 20
const NOTHING: DrawConnection = { edges: [], pageInfo: { hasNextPage: false, endCursor: null } }

@Resolver()
export class DrawsResolver {
  constructor(
    private readonly campaigns: CampaignService,
    private readonly reads: DrawReadService,
    private readonly worlds: TestWorldService,
  ) {}

  @Query('draw')
  @Roles(...may.read)
  async one(@Ctx() ctx: Context, @Args('id') id: string): Promise<Draw | null> {
    const draw = await this.reads.draw(ctx, id)
    return draw === null ? null : toDraw(draw, prizesOf(await this.campaigns.get(ctx, draw.campaignId)))
  }

  @Query('draws')
  @Roles(...may.read)
  async list(@Ctx() ctx: Context, @Args() args: QueryDrawsArgs): Promise<DrawConnection> {
    const { campaignId, userId = null, idempotencyKey = null, outcome = null, first, after = null } = args
    const campaign = await this.campaigns.get(ctx, campaignId)
    // To whom draws are read, a campaign that was never published does not exist; its operators know that it does.
    if (campaign !== null && campaign.seedHash === null) return NOTHING
    const query = { campaignId, userId, idempotencyKey, outcome, first: first ?? PAGE, after }
    const page = await this.reads.draws(ctx, query)
    const prizes = prizesOf(campaign)
    return {
      edges: page.edges.map(({ cursor, draw }) => ({ cursor, node: toDraw(draw, prizes) })),
      pageInfo: { hasNextPage: page.hasNextPage, endCursor: page.endCursor },
    }
  }

  @Mutation('resetTestDraws')
  @Roles(...may.configure)
  async resetTests(@Ctx() ctx: Context, @Args('campaignId') campaignId: string): Promise<boolean> {
    await this.worlds.reset(ctx, campaignId)
    return true
  }
}

const UNTOLD = { roll: null, campaignVersion: null, oddsTable: null, epoch: null }

const prizesOf = (campaign: Campaign | null) => new Map((campaign?.prizes ?? []).map((prize) => [prize.id, toPrize(prize)]))

/** A published campaign keeps its prizes. */
function toDraw({ prizeId, award, decidedBy, ...view }: DrawView, prizes: ReadonlyMap<string, Prize>): Draw {
  // Its id names the bucket: none that is read back is without.
  const draw = { ...view, ...(decidedBy ?? UNTOLD), bucket: decodeDrawId(view.id)?.bucket ?? 0 }
  const prize = prizeId === null ? null : (prizes.get(prizeId) ?? null)
  if (prizeId !== null && prize === null) throw new Error(`The prize ${prizeId} of draw ${draw.id} is nowhere`)
  if (award === null || prize === null) return { ...draw, prize, award: null }
  const { id, drawId, status, createdAt } = award
  return { ...draw, prize, award: { id, drawId, prize, status, createdAt } }
}
