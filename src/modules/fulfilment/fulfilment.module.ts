import { Module } from '@nestjs/common'
import { CampaignsModule } from '../campaigns/campaigns.module.js'
import { TenancyModule } from '../tenancy/tenancy.module.js'
import { UserCenterModule } from '../user-center/user-center.module.js'
import { AwardReadService } from './award-read.service.js'
import { ClaimService } from './claim.service.js'
import { DeliveryService } from './delivery.service.js'
import { DeliveryStore } from './delivery.store.js'
import { DeskService } from './desk.service.js'
import { checkAwardRules } from './domain/award-state.js'
import { FulfilmentMetrics } from './fulfilment-metrics.js'
import { FulfilmentService } from './fulfilment.service.js'
import { FulfilmentWorker } from './fulfilment.worker.js'
import { PrizeFulfilmentService } from './prize-fulfilment.service.js'
import { WebhookSecretService } from './webhook-secret.service.js'
import { WebhookSender } from './webhook.sender.js'

@Module({
  imports: [CampaignsModule, TenancyModule, UserCenterModule],
  providers: [
    AwardReadService, ClaimService, DeliveryService, DeliveryStore, DeskService, FulfilmentMetrics, FulfilmentService, FulfilmentWorker,
    PrizeFulfilmentService, WebhookSecretService, WebhookSender,
  ],
  exports: [AwardReadService, ClaimService, DeskService, PrizeFulfilmentService, WebhookSecretService],
})
export class FulfilmentModule {
  constructor() {
    checkAwardRules()
  }
}
