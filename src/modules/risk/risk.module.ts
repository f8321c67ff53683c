import { Module } from '@nestjs/common'
import { EventConsumersModule } from '../../platform/events/event-consumers.js'
import { CampaignsModule } from '../campaigns/campaigns.module.js'
import { TenancyModule } from '../tenancy/tenancy.module.js'
import { RiskAdminService } from './risk-admin.service.js'
import { RiskCountService } from './risk-count.service.js'
import { RiskListStore } from './risk-list.store.js'
import { RiskService } from './risk.service.js'
import { VelocityService } from './velocity.service.js'

@Module({
  imports: [EventConsumersModule, CampaignsModule, TenancyModule],
  providers: [RiskListStore, RiskService, VelocityService, RiskAdminService, RiskCountService],
  exports: [RiskService, VelocityService, RiskAdminService],
})
export class RiskModule {}
