import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { TenantPolicyInput } from '../../generated/admin.graphql.js'
import { GovernedChangesService } from '../../modules/governance/governed-changes.service.js'
import { PolicyService } from '../../modules/tenancy/policy.service.js'
import type { TenantPolicyView } from '../../modules/tenancy/tenancy.types.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class PolicyResolver {
  constructor(private readonly policy: PolicyService, private readonly changes: GovernedChangesService) {}

  @Query('tenantPolicy')
  @Roles(...may.read)
  get(@Ctx() ctx: Context): Promise<TenantPolicyView> {
    return this.policy.get(ctx)
  }

  @Mutation('setTenantPolicy')
  @Roles(...may.managePolicy)
  set(@Ctx() ctx: Context, @Args('expectedVersion') expectedVersion: number, @Args('patch') patch: TenantPolicyInput): Promise<TenantPolicyView> {
    const { totpRequired, publishers, approvals, approvalHours } = patch
    return this.changes.setPolicy(ctx, expectedVersion, {
      totpRequired: totpRequired ?? undefined, publishers: publishers ?? undefined, approvalHours: approvalHours ?? undefined,
      approvals: approvals?.map(({ kind, above }) => ({ kind, above: above ?? 0 })),
    })
  }
}
