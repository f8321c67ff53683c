import { Args, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { BudgetStatus, QueryBudgetArgs } from '../../generated/admin.graphql.js'
import { BudgetService } from '../../modules/settlement/budgets/budget.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class BudgetResolver {
  constructor(private readonly budgets: BudgetService) {}

  @Query('budget')
  @Roles(...may.read)
  async status(@Ctx() ctx: Context, @Args() { campaignId }: QueryBudgetArgs): Promise<BudgetStatus | null> {
    const status = await this.budgets.status(ctx, campaignId)
    return status === null ? null : { ...status, alerts: [...status.alerts] }
  }
}
