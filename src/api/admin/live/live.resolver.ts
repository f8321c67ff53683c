import { Args, Query, Resolver, Subscription } from '@nestjs/graphql'
import type { Context } from '../../../common/context.js'
import type { LiveDraws, QueryLiveDrawsArgs, SubscriptionLiveDrawsArgs } from '../../../generated/admin.graphql.js'
import { LiveDrawService, type LiveDraws as Live } from '../../../modules/draws/live/live-draw.service.js'
import { may, Roles } from '../../auth/access.js'
import { Ctx } from '../../auth/parameters.js'
import { LiveFeedService } from './live-feed.service.js'

const SECONDS = 300

@Resolver()
export class LiveResolver {
  constructor(private readonly live: LiveDrawService, private readonly feed: LiveFeedService) {}

  @Query('liveDraws')
  @Roles(...may.read)
  async ofCampaign(@Ctx() ctx: Context, @Args() { campaignId, seconds }: QueryLiveDrawsArgs): Promise<LiveDraws | null> {
    const live = await this.live.ofCampaign(ctx, campaignId, seconds ?? SECONDS)
    return live === null ? null : toLiveDraws(live)
  }

  @Subscription('liveDraws', { resolve: toLiveDraws })
  @Roles(...may.read)
  async watchCampaign(@Ctx() ctx: Context, @Args() { campaignId, seconds }: SubscriptionLiveDrawsArgs): Promise<AsyncIterator<Live>> {
    return this.feed.draws(ctx, campaignId, seconds ?? SECONDS)
  }
}

function toLiveDraws(live: Live): LiveDraws {
  const points = live.points.map(({ second, refusals, ...counts }) =>
    ({ at: new Date(second * 1_000), ...counts, refusals: [...refusals] }))
  return { ...live, points, refusals: [...live.refusals] }
}
