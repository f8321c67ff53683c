import { Args, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import type { Campaign, QueryCampaignArgs } from '../../generated/app.graphql.js'
import { SnapshotService } from '../../modules/campaigns/snapshot.service.js'
import { AnyCaller } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { toCampaign } from './mapping.js'

@Resolver()
export class CampaignResolver {
  constructor(private readonly snapshots: SnapshotService) {}

  @Query('campaign')
  @AnyCaller()
  async campaign(@Ctx() ctx: Context, @Args() { id, slug }: QueryCampaignArgs): Promise<Campaign | null> {
    if ((id == null) === (slug == null)) throw badInput('id', 'give either id or slug')
    const snapshot = id != null ? await this.snapshots.get(ctx.tenantId, id) : await this.snapshots.bySlug(ctx.tenantId, slug!)
    return snapshot === null ? null : toCampaign(snapshot, Date.now())
  }

  @Query('campaigns')
  @AnyCaller()
  async campaigns(@Ctx() ctx: Context): Promise<Campaign[]> {
    const snapshots = await this.snapshots.visible(ctx.tenantId)
    return snapshots.map((snapshot) => toCampaign(snapshot, Date.now()))
  }
}
