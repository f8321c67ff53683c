import { Parent, Query, ResolveField, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import type { Tenant } from '../../generated/admin.graphql.js'
import { OperatorService } from '../../modules/tenancy/operator.service.js'
import { TenantService } from '../../modules/tenancy/tenant.service.js'
import type { OperatorView } from '../../modules/tenancy/tenancy.types.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver('Operator')
export class OperatorsResolver {
  constructor(private readonly operators: OperatorService, private readonly tenants: TenantService) {}

  @Query('me')
  @Roles(...may.read)
  async me(@Ctx() ctx: Context): Promise<OperatorView> {
    const operator = ctx.caller.kind === 'operator' ? await this.operators.get(ctx, ctx.caller.operatorId) : null
    if (operator === null) throw new AppError('UNAUTHENTICATED', 'The session has ended: sign in again')
    return operator
  }

  @ResolveField('tenant')
  async tenant(@Parent() { tenantId }: OperatorView): Promise<Tenant> {
    const tenant = await this.tenants.get(tenantId)
    if (tenant === null) throw new AppError('NOT_FOUND', 'There is no such tenant')
    return { id: tenant.tenantId, slug: tenant.tenantSlug, name: tenant.name, drawsPerSecondMax: tenant.drawsPerSecondMax }
  }
}
