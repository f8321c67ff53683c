import { Module } from '@nestjs/common'
import { CampaignsModule } from '../../modules/campaigns/campaigns.module.js'
import { CodesModule } from '../../modules/codes/codes.module.js'
import { DrawsModule } from '../../modules/draws/draws.module.js'
import { EventsModule } from '../../modules/events/events.module.js'
import { FulfilmentModule } from '../../modules/fulfilment/fulfilment.module.js'
import { GovernanceModule } from '../../modules/governance/governance.module.js'
import { InventoryModule } from '../../modules/inventory/inventory.module.js'
import { RiskModule } from '../../modules/risk/risk.module.js'
import { BooksModule } from '../../modules/settlement/books/books.module.js'
import { UserCenterModule } from '../../modules/user-center/user-center.module.js'
import { AuthModule } from '../auth/auth.module.js'
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js'
import { QueueDeskAccess } from '../queue-desk/queue-desk-access.js'
import { AccountResolver } from './account.resolver.js'
import { ApiKeysResolver } from './api-keys.resolver.js'
import { AuditExportController } from './audit-export.controller.js'
import { AuditLogResolver } from './audit-log.resolver.js'
import { AwardPresenter } from './award-presenter.js'
import { AwardsResolver } from './awards.resolver.js'
import { BooksResolver } from './books.resolver.js'
import { BudgetResolver } from './budget.resolver.js'
import { CampaignsResolver } from './campaigns.resolver.js'
import { ChangeRequestsResolver } from './change-requests.resolver.js'
import { CodesUploadController } from './codes-upload.controller.js'
import { CodesResolver } from './codes.resolver.js'
import { DrawsResolver } from './draws.resolver.js'
import { EventsResolver } from './events.resolver.js'
import { ExpressionsResolver } from './expressions.resolver.js'
import { FeaturesResolver } from './features.resolver.js'
import { FulfilmentResolver } from './fulfilment.resolver.js'
import { InventoryResolver } from './inventory.resolver.js'
import { InvitationsResolver } from './invitations.resolver.js'
import { AdminSockets } from './live/admin-sockets.js'
import { LiveFeedService } from './live/live-feed.service.js'
import { LiveResolver } from './live/live.resolver.js'
import { OperatorsResolver } from './operators.resolver.js'
import { ParticipantKeysResolver } from './participant-keys.resolver.js'
import { ParticipantsResolver, ParticipantStatesResolver } from './participants.resolver.js'
import { PolicyResolver } from './policy.resolver.js'
import { QueueDeskResolver } from './queue-desk.resolver.js'
import { RiskResolver } from './risk.resolver.js'
import { TenantLimitsResolver } from './tenant-limits.resolver.js'
import { TicketsResolver } from './tickets.resolver.js'
import { SessionResolver } from './session.resolver.js'

/** What operators' tools see: schema/admin.graphql. */
@Module({
  imports: [
    AuthModule, CampaignsModule, InventoryModule, DrawsModule, EventsModule, RiskModule,
    BooksModule, FulfilmentModule, CodesModule, GovernanceModule, SubscriptionsModule, UserCenterModule,
  ],
  controllers: [AuditExportController, CodesUploadController],
  providers: [
    SessionResolver, OperatorsResolver, ApiKeysResolver, ParticipantKeysResolver, CampaignsResolver, InventoryResolver, BooksResolver,
    DrawsResolver, EventsResolver, RiskResolver, TicketsResolver, BudgetResolver, AwardPresenter, AwardsResolver, FulfilmentResolver,
    CodesResolver, ExpressionsResolver, TenantLimitsResolver, LiveResolver, AccountResolver, InvitationsResolver, PolicyResolver,
    FeaturesResolver, AuditLogResolver, ChangeRequestsResolver, AdminSockets, LiveFeedService, ParticipantsResolver,
    ParticipantStatesResolver, QueueDeskResolver, QueueDeskAccess,
  ],
})
export class AdminApiModule {}
