import { Module } from '@nestjs/common'
import { CampaignsModule } from '../campaigns/campaigns.module.js'
import { InventoryModule } from '../inventory/inventory.module.js'
import { RiskModule } from '../risk/risk.module.js'
import { TenancyModule } from '../tenancy/tenancy.module.js'
import { ApprovalService } from './approval.service.js'
import { ChangeRequestService } from './change-request.service.js'
import { GovernedChangesService } from './governed-changes.service.js'

@Module({
  imports: [TenancyModule, CampaignsModule, InventoryModule, RiskModule],
  providers: [ChangeRequestService, GovernedChangesService, ApprovalService],
  exports: [ChangeRequestService, GovernedChangesService, ApprovalService],
})
export class GovernanceModule {}
