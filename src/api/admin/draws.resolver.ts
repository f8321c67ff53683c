import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { Draw, DrawConnection, Prize, QueryDrawsArgs } from '../../generated/admin.graphql.js'
import { CampaignService } from '../../modules/campaigns/campaign.service.js'
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

  @Query('draws')
  @Roles(...may.read)
  async list(@Ctx() ctx: Context, @Args() { campaignId, userId, outcome, first, after }: QueryDrawsArgs): Promise<DrawConnection> {
    const campaign = await this.campaigns.get(ctx, campaignId)
    // To whom draws are read, a campaign that was never published does not exist; its operators know that it does.
    if (campaign !== null && campaign.seedHash === null) return NOTHING
    const query = { campaignId, userId: userId ?? null, outcome: outcome ?? null, first: first ?? PAGE, after: after ?? null }
    const page = await this.reads.draws(ctx, query)
    const prizes = new Map((campaign?.prizes ?? []).map((prize) => [prize.id, toPrize(prize)]))
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

const UNTOLD = { roll: null, campaignVersion: null, oddsTable: null }

/** A published campaign keeps its prizes. */
function toDraw({ prizeId, award, decidedBy, ...view }: DrawView, prizes: ReadonlyMap<string, Prize>): Draw {
  const draw = { ...view, ...(decidedBy ?? UNTOLD) }
  const prize = prizeId === null ? null : (prizes.get(prizeId) ?? null)
  if (prizeId !== null && prize === null) throw new Error(`The prize ${prizeId} of draw ${draw.id} is nowhere`)
  if (award === null || prize === null) return { ...draw, prize, award: null }
  const { id, drawId, status, createdAt } = award
  return { ...draw, prize, award: { id, drawId, prize, status, createdAt } }
}
