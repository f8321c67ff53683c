import { Args, Mutation, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { TestWorldService } from '../../modules/draws/test-world/test-world.service.js'
import { ServerOnly, TestKeysToo } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class TestWorldResolver {
  constructor(private readonly worlds: TestWorldService) {}

  @Mutation('resetTestDraws')
  @ServerOnly()
  @TestKeysToo()
  async reset(@Ctx() ctx: Context, @Args('campaignId') campaignId: string): Promise<boolean> {
    await this.worlds.reset(ctx, campaignId)
    return true
  }
}
