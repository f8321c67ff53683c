import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { TenantLimits, TenantLimitsInput } from '../../generated/admin.graphql.js'
import { TenantLimitService } from '../../modules/tenancy/tenant-limit.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class TenantLimitsResolver {
  constructor(private readonly limits: TenantLimitService) {}

  @Query('tenantLimits')
  @Roles(...may.read)
  get(@Ctx() ctx: Context): Promise<TenantLimits> {
    return this.limits.get(ctx)
  }

  @Mutation('setTenantLimits')
  @Roles(...may.manageLimits)
  set(@Ctx() ctx: Context, @Args('input') input: TenantLimitsInput): Promise<TenantLimits> {
    return this.limits.set(ctx, input)
  }
}
