import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql'
import type { Context, Role } from '../../common/context.js'
import type { QueryChangeRequestsArgs } from '../../generated/admin.graphql.js'
import { ApprovalService } from '../../modules/governance/approval.service.js'
import { type CampaignNames, ChangeRequestService } from '../../modules/governance/change-request.service.js'
import { rolesFor, type ChangeRequest } from '../../modules/governance/governance.types.js'
import { OperatorService } from '../../modules/tenancy/operator.service.js'
import { PolicyService } from '../../modules/tenancy/policy.service.js'
import type { OperatorView } from '../../modules/tenancy/tenancy.types.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

const FIRST = 20

@Resolver('ChangeRequest')
export class ChangeRequestsResolver {
  constructor(
    private readonly requests: ChangeRequestService,
    private readonly approvals: ApprovalService,
    private readonly operators: OperatorService,
    private readonly policy: PolicyService,
  ) {}

  @Query('changeRequest')
  @Roles(...may.read)
  async get(@Ctx() ctx: Context, @Args('id') id: string) {
    const request = await this.requests.get(ctx, id)
    return request === null ? null : this.shown(ctx, request)
  }

  @Query('changeRequests')
  @Roles(...may.read)
  async list(@Ctx() ctx: Context, @Args() { state, kind, first, after }: QueryChangeRequestsArgs) {
    const page = await this.requests.list(ctx, { state: state ?? null, kind: kind ?? null, first: first ?? FIRST, after: after ?? null })
    const told = await this.teller(ctx, page.requests)
    const edges = page.requests.map((request) => ({ cursor: request.id, node: told(request) }))
    return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
  }

  @Mutation('approveChange')
  @Roles(...may.decideChanges)
  async approve(@Ctx() ctx: Context, @Args('id') id: string, @Args('expectedVersion') expectedVersion: number) {
    return this.shown(ctx, await this.approvals.approve(ctx, id, expectedVersion))
  }

  @Mutation('rejectChange')
  @Roles(...may.decideChanges)
  async reject(@Ctx() ctx: Context, @Args('id') id: string, @Args('reason') reason: string) {
    return this.shown(ctx, await this.requests.reject(ctx, id, reason))
  }

  @Mutation('withdrawChange')
  @Roles(...may.decideChanges)
  async withdraw(@Ctx() ctx: Context, @Args('id') id: string) {
    return this.shown(ctx, await this.requests.withdraw(ctx, id))
  }

  /** Asked for where it is shown alone: a list reads it of none. */
  @ResolveField('stockNow')
  @Roles(...may.read)
  stockNow(@Ctx() ctx: Context, @Parent() { state, prizeId }: ChangeRequest): Promise<number | null> | null {
    return prizeId === null || state !== 'PENDING' ? null : this.requests.stockNow(ctx, prizeId)
  }

  private async shown(ctx: Context, request: ChangeRequest) {
    return (await this.teller(ctx, [request]))(request)
  }

  /** Says of each of the requests what its row alone does not. */
  private async teller(ctx: Context, requests: readonly ChangeRequest[]) {
    const [people, names, { publishers }] = await Promise.all([
      this.people(ctx), this.requests.campaignNames(ctx, requests), this.policy.get(ctx),
    ])
    return (request: ChangeRequest) => told(request, ctx, people, names, publishers)
  }

  /** Nobody is ever deleted, and a tenant's operators are few: one question for a page. */
  private async people(ctx: Context): Promise<ReadonlyMap<string, OperatorView>> {
    return new Map((await this.operators.list(ctx)).map((operator) => [operator.id, operator]))
  }
}

function told(
  { authorId, decidedBy, params, ...request }: ChangeRequest, { caller }: Context,
  people: ReadonlyMap<string, OperatorView>, names: CampaignNames, publishers: readonly Role[],
) {
  const { campaignId, operation } = request
  const { name = null, currency = null } = campaignId === null ? {} : names.get(campaignId) ?? {}
  const roles = rolesFor(operation, publishers)
  return {
    ...request, campaignName: name, currency,
    params: Object.entries(params).map(([key, value]) => ({ name: key, value: String(value) })),
    deciders: [...people.values()].filter(({ id, role, disabledAt }) =>
      id !== authorId && disabledAt === null && roles.includes(role)).length,
    mayDecide: caller.kind === 'operator' && caller.operatorId !== authorId && roles.includes(caller.role),
    author: people.get(authorId), decidedBy: decidedBy === null ? null : people.get(decidedBy),
  }
}
