import { Module } from '@nestjs/common'
import { CampaignsModule } from '../../modules/campaigns/campaigns.module.js'
import { CodesModule } from '../../modules/codes/codes.module.js'
import { DrawsModule } from '../../modules/draws/draws.module.js'
import { FulfilmentModule } from '../../modules/fulfilment/fulfilment.module.js'
import { UserCenterModule } from '../../modules/user-center/user-center.module.js'
import { AuthModule } from '../auth/auth.module.js'
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js'
import { AdmissionService } from './admission/admission.service.js'
import { AwardResolver } from './award.resolver.js'
import { CampaignResolver } from './campaign.resolver.js'
import { BegunDraws } from './compiled-draw/begun-draws.js'
import { CompiledDraws } from './compiled-draw/compiled-draws.service.js'
import { DrawDoor } from './door/draw-door.js'
import { DrawPresenter } from './draw-presenter.js'
import { DrawResolver } from './draw.resolver.js'
import { ParticipantResolver } from './participant.resolver.js'
import { Rehearsal } from './rehearsal/rehearsal.js'
import { AppSockets } from './subscriptions/app-sockets.js'
import { FeedService } from './subscriptions/feed.service.js'
import { SubscriptionResolver } from './subscriptions/subscription.resolver.js'
import { TestWorldResolver } from './test-world.resolver.js'
import { ApiWarmUp } from './warm-up.service.js'

/** What the tenants' apps see: schema/app.graphql. */
@Module({
  imports: [AuthModule, SubscriptionsModule, CampaignsModule, CodesModule, DrawsModule, FulfilmentModule, UserCenterModule],
  providers: [
    AdmissionService, ApiWarmUp, AppSockets, BegunDraws, CampaignResolver, CompiledDraws, DrawDoor, DrawPresenter, DrawResolver,
    FeedService, ParticipantResolver, Rehearsal, SubscriptionResolver, TestWorldResolver, AwardResolver,
  ],
})
export class AppApiModule {}
