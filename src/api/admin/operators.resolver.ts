import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import type { MutationSetOperatorRoleArgs, Permission, Tenant } from '../../generated/admin.graphql.js'
import { OperatorRosterService } from '../../modules/tenancy/operator-roster.service.js'
import { OperatorService } from '../../modules/tenancy/operator.service.js'
import { TenantService } from '../../modules/tenancy/tenant.service.js'
import type { OperatorView } from '../../modules/tenancy/tenancy.types.js'
import { may, permissionsOf, Roles, WhileEnrolling } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver('Operator')
export class OperatorsResolver {
  constructor(
    private readonly operators: OperatorService,
    private readonly roster: OperatorRosterService,
    private readonly tenants: TenantService,
  ) {}

  @Query('me')
  @Roles(...may.read)
  @WhileEnrolling()
  async me(@Ctx() ctx: Context): Promise<OperatorView> {
    const operator = ctx.caller.kind === 'operator' ? await this.operators.get(ctx, ctx.caller.operatorId) : null
    if (operator === null) throw new AppError('UNAUTHENTICATED', 'The session has ended: sign in again')
    return operator
  }

  @Query('operators')
  @Roles(...may.read)
  list(@Ctx() ctx: Context): Promise<OperatorView[]> {
    return this.operators.list(ctx)
  }

  @Mutation('setOperatorRole')
  @Roles(...may.manageOperators)
  setRole(@Ctx() ctx: Context, @Args() { id, role, expected }: MutationSetOperatorRoleArgs): Promise<OperatorView> {
    return this.roster.setRole(ctx, id, role, expected ?? undefined)
  }

  @Mutation('disableOperator')
  @Roles(...may.manageOperators)
  disable(@Ctx() ctx: Context, @Args('id') id: string): Promise<OperatorView> {
    return this.roster.disable(ctx, id)
  }

  @Mutation('enableOperator')
  @Roles(...may.manageOperators)
  enable(@Ctx() ctx: Context, @Args('id') id: string): Promise<OperatorView> {
    return this.roster.enable(ctx, id)
  }

  @Mutation('resetOperatorTotp')
  @Roles(...may.manageOperators)
  resetTotp(@Ctx() ctx: Context, @Args('id') id: string): Promise<OperatorView> {
    return this.roster.resetTotp(ctx, id)
  }

  @ResolveField('permissions')
  permissions(@Parent() { role }: OperatorView): Permission[] {
    return permissionsOf(role)
  }

  @ResolveField('tenant')
  async tenant(@Parent() { tenantId }: OperatorView): Promise<Tenant> {
    const tenant = await this.tenants.get(tenantId)
    if (tenant === null) throw new AppError('NOT_FOUND', 'There is no such tenant')
    return { id: tenant.tenantId, slug: tenant.tenantSlug, name: tenant.name, drawsPerSecondMax: tenant.drawsPerSecondMax }
  }
}
