import { Args, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { LiveDraws, QueryLiveDrawsArgs } from '../../generated/admin.graphql.js'
import { LiveDrawService } from '../../modules/draws/live/live-draw.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

const SECONDS = 300

@Resolver()
export class LiveResolver {
  constructor(private readonly live: LiveDrawService) {}

  @Query('liveDraws')
  @Roles(...may.read)
  async ofCampaign(@Ctx() ctx: Context, @Args() { campaignId, seconds }: QueryLiveDrawsArgs): Promise<LiveDraws | null> {
    const live = await this.live.ofCampaign(ctx, campaignId, seconds ?? SECONDS)
    if (live === null) return null
    const points = live.points.map(({ second, ...counts }) => ({ at: new Date(second * 1_000), ...counts }))
    return { ...live, points, refusals: [...live.refusals] }
  }
}
