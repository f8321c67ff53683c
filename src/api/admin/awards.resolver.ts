import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type {
  Address, AwardActionResult, AwardConnection, AwardEvent, AwardRecord, FailedAwards, MutationExpireAwardsArgs, MutationFailAwardArgs,
  MutationMarkAwardFulfilledArgs, MutationReissueAwardsArgs, MutationRevokeAwardsArgs, QueryAwardsArgs,
} from '../../generated/admin.graphql.js'
import { AwardReadService } from '../../modules/fulfilment/award-read.service.js'
import { ClaimService } from '../../modules/fulfilment/claim.service.js'
import { DeskService } from '../../modules/fulfilment/desk.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { AwardPresenter } from './award-presenter.js'

const PAGE = 20

@Resolver('AwardRecord')
export class AwardsResolver {
  constructor(
    private readonly reads: AwardReadService,
    private readonly desk: DeskService,
    private readonly claims: ClaimService,
    private readonly presenter: AwardPresenter,
  ) {}

  @Query('award')
  @Roles(...may.read)
  async one(@Ctx() ctx: Context, @Args('id') id: string): Promise<AwardRecord | null> {
    const award = await this.reads.get(ctx, id)
    return award === null ? null : this.presenter.presentOne(ctx, award)
  }

  @Query('awards')
  @Roles(...may.read)
  async list(@Ctx() ctx: Context, @Args() args: QueryAwardsArgs): Promise<AwardConnection> {
    const { campaignId, status = null, prizeId = null, userId = null, first, after = null } = args
    const page = await this.reads.list(ctx, { campaignId, status, prizeId, userId, first: first ?? PAGE, after })
    const edges = (await this.presenter.present(ctx, page.awards)).map((node) => ({ cursor: node.id, node: node as AwardRecord }))
    return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
  }

  @Query('failedAwards')
  @Roles(...may.read)
  failed(@Ctx() ctx: Context): Promise<FailedAwards[]> {
    return this.reads.failed(ctx)
  }

  @ResolveField('history')
  history(@Ctx() ctx: Context, @Parent() { id }: AwardRecord): Promise<AwardEvent[]> {
    return this.reads.history(ctx, id)
  }

  @Query('awardAddress')
  @Roles(...may.fulfil)
  async address(@Ctx() ctx: Context, @Args('id') id: string): Promise<Address | null> {
    return (await this.claims.get(ctx, id))?.address ?? null
  }

  @Mutation('reissueAwards')
  @Roles(...may.fulfil)
  async reissue(@Ctx() ctx: Context, @Args() { ids, reason, idempotencyKey }: MutationReissueAwardsArgs): Promise<AwardActionResult[]> {
    return this.presenter.presentResults(ctx, await this.desk.issueAgain(ctx, ids, reason, idempotencyKey))
  }

  @Mutation('revokeAwards')
  @Roles(...may.fulfil)
  async revoke(@Ctx() ctx: Context, @Args() wanted: MutationRevokeAwardsArgs): Promise<AwardActionResult[]> {
    return this.presenter.presentResults(ctx, await this.desk.revoke(ctx, wanted))
  }

  @Mutation('expireAwards')
  @Roles(...may.fulfil)
  async expire(@Ctx() ctx: Context, @Args() wanted: MutationExpireAwardsArgs): Promise<AwardActionResult[]> {
    return this.presenter.presentResults(ctx, await this.desk.expire(ctx, wanted))
  }

  @Mutation('markAwardFulfilled')
  @Roles(...may.fulfil)
  async confirm(@Ctx() ctx: Context, @Args() { id, reference }: MutationMarkAwardFulfilledArgs): Promise<AwardRecord> {
    return this.presenter.presentOne(ctx, await this.desk.confirm(ctx, id, reference))
  }

  @Mutation('failAward')
  @Roles(...may.fulfil)
  async fail(@Ctx() ctx: Context, @Args() { id, reason }: MutationFailAwardArgs): Promise<AwardRecord> {
    return this.presenter.presentOne(ctx, await this.desk.fail(ctx, id, reason))
  }
}
