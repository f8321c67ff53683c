import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { QueryChangeRequestsArgs } from '../../generated/admin.graphql.js'
import { ApprovalService } from '../../modules/governance/approval.service.js'
import { ChangeRequestService } from '../../modules/governance/change-request.service.js'
import type { ChangeRequest } from '../../modules/governance/governance.types.js'
import { OperatorService } from '../../modules/tenancy/operator.service.js'
import type { OperatorView } from '../../modules/tenancy/tenancy.types.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

const FIRST = 20

@Resolver()
export class ChangeRequestsResolver {
  constructor(
    private readonly requests: ChangeRequestService,
    private readonly approvals: ApprovalService,
    private readonly operators: OperatorService,
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
    const people = await this.people(ctx)
    const edges = page.requests.map((request) => ({ cursor: request.id, node: withPeople(request, people) }))
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

  private async shown(ctx: Context, request: ChangeRequest) {
    return withPeople(request, await this.people(ctx))
  }

  /** Nobody is ever deleted, and a tenant's operators are few: one question for a page. */
  private async people(ctx: Context): Promise<ReadonlyMap<string, OperatorView>> {
    return new Map((await this.operators.list(ctx)).map((operator) => [operator.id, operator]))
  }
}

const withPeople = ({ authorId, decidedBy, ...request }: ChangeRequest, people: ReadonlyMap<string, OperatorView>) =>
  ({ ...request, author: people.get(authorId), decidedBy: decidedBy === null ? null : people.get(decidedBy) })
