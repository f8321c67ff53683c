import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { TenantPolicyInput } from '../../generated/admin.graphql.js'
import { PolicyService, type TenantPolicyView } from '../../modules/tenancy/policy.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class PolicyResolver {
  constructor(private readonly policy: PolicyService) {}

  @Query('tenantPolicy')
  @Roles(...may.read)
  get(@Ctx() ctx: Context): Promise<TenantPolicyView> {
    return this.policy.get(ctx)
  }

  @Mutation('setTenantPolicy')
  @Roles(...may.managePolicy)
  set(@Ctx() ctx: Context, @Args('expectedVersion') expectedVersion: number, @Args('patch') patch: TenantPolicyInput): Promise<TenantPolicyView> {
    return this.policy.set(ctx, expectedVersion, { totpRequired: patch.totpRequired ?? undefined })
  }
}
