import { Module } from '@nestjs/common'
import { CampaignsModule } from '../campaigns/campaigns.module.js'
import { TenancyModule } from '../tenancy/tenancy.module.js'
import { CodeImportService } from './code-import.service.js'
import { CodeMetrics } from './code-metrics.js'
import { CodePoolService } from './code-pool.service.js'
import { CodeReadService } from './code-read.service.js'
import { CodeSweepService } from './code-sweep.service.js'

/** Coupon codes. Settlement gives them to awards itself, by code-assignment.service.ts, in its own transactions. */
@Module({
  imports: [TenancyModule, CampaignsModule],
  providers: [CodeMetrics, CodeImportService, CodePoolService, CodeReadService, CodeSweepService],
  exports: [CodeImportService, CodePoolService, CodeReadService],
})
export class CodesModule {}
