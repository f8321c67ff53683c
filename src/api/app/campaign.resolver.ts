import { Args, Query, Resolver } from '@nestjs/graphql'
import { type Context, isTest } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import type { Campaign, QueryCampaignArgs } from '../../generated/app.graphql.js'
import { SnapshotService } from '../../modules/campaigns/snapshot.service.js'
import { TestCampaignService } from '../../modules/campaigns/test-campaign.service.js'
import { AnyCaller, TestKeysToo } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { toCampaign } from './mapping.js'

@Resolver()
export class CampaignResolver {
  constructor(private readonly snapshots: SnapshotService, private readonly tests: TestCampaignService) {}

  @Query('campaign')
  @AnyCaller()
  @TestKeysToo()
  async campaign(@Ctx() ctx: Context, @Args() { id, slug }: QueryCampaignArgs): Promise<Campaign | null> {
    if ((id == null) === (slug == null)) throw badInput('id', 'give either id or slug')
    const from = isTest(ctx) ? this.tests : this.snapshots
    const snapshot = id != null ? await from.get(ctx.tenantId, id) : await from.bySlug(ctx.tenantId, slug!)
    return snapshot === null ? null : toCampaign(snapshot, Date.now())
  }

  @Query('campaigns')
  @AnyCaller()
  @TestKeysToo()
  async campaigns(@Ctx() ctx: Context): Promise<Campaign[]> {
    const snapshots = await (isTest(ctx) ? this.tests : this.snapshots).visible(ctx.tenantId)
    return snapshots.map((snapshot) => toCampaign(snapshot, Date.now()))
  }
}
