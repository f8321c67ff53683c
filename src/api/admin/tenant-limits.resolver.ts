import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { MutationSetTenantLimitsArgs, TenantLimits } from '../../generated/admin.graphql.js'
import { GovernedChangesService } from '../../modules/governance/governed-changes.service.js'
import { TenantLimitService } from '../../modules/tenancy/tenant-limit.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class TenantLimitsResolver {
  constructor(private readonly limits: TenantLimitService, private readonly changes: GovernedChangesService) {}

  @Query('tenantLimits')
  @Roles(...may.read)
  get(@Ctx() ctx: Context): Promise<TenantLimits> {
    return this.limits.get(ctx)
  }

  @Mutation('setTenantLimits')
  @Roles(...may.manageLimits)
  set(@Ctx() ctx: Context, @Args() { input, expected }: MutationSetTenantLimitsArgs): Promise<TenantLimits> {
    return this.changes.setTenantLimits(ctx, input, expected ?? {})
  }
}
