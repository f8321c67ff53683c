import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { FulfilmentInput, MutationSetPrizeFulfilmentArgs, Prize } from '../../generated/admin.graphql.js'
import { CampaignService } from '../../modules/campaigns/campaign.service.js'
import { PrizeFulfilmentService } from '../../modules/fulfilment/prize-fulfilment.service.js'
import { WebhookSecretService } from '../../modules/fulfilment/webhook-secret.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { toFulfilment, toPrize } from './campaign-mapping.js'

const fulfilmentOf = (input: FulfilmentInput | null | undefined) => (input == null ? null : toFulfilment(input))

@Resolver()
export class FulfilmentResolver {
  constructor(
    private readonly fulfilments: PrizeFulfilmentService,
    private readonly campaigns: CampaignService,
    private readonly secrets: WebhookSecretService,
  ) {}

  @Mutation('setPrizeFulfilment')
  @Roles(...may.configure)
  async set(@Ctx() ctx: Context, @Args() { prizeId, fulfilment, expected }: MutationSetPrizeFulfilmentArgs): Promise<Prize> {
    const seen = expected == null ? undefined : fulfilmentOf(expected.fulfilment)
    const campaignId = await this.fulfilments.set(ctx, prizeId, fulfilmentOf(fulfilment), seen)
    const prize = (await this.campaigns.get(ctx, campaignId))?.prizes.find(({ id }) => id === prizeId)
    if (prize === undefined) throw new Error(`The prize ${prizeId} was there a moment ago`)
    return toPrize(prize)
  }

  @Query('webhookSecret')
  @Roles(...may.manageWebhookSecret)
  secret(@Ctx() ctx: Context): Promise<string> {
    return this.secrets.get(ctx)
  }

  @Mutation('rotateWebhookSecret')
  @Roles(...may.manageWebhookSecret)
  rotate(@Ctx() ctx: Context): Promise<string> {
    return this.secrets.rotate(ctx)
  }
}
