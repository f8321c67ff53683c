import { Module } from '@nestjs/common'
import { CampaignsModule } from '../campaigns/campaigns.module.js'
import { AdjustService } from './adjust.service.js'
import { DueFetcher } from './due-fetcher.js'
import { HandReleaseService } from './hand-release.service.js'
import { InventoryMetrics } from './inventory.metrics.js'
import { InventoryProcessor } from './inventory.processor.js'
import { InventoryService } from './inventory.service.js'
import { InventorySweeper } from './inventory.sweeper.js'
import { LotFiller } from './lot-filler.js'
import { RebalanceService } from './rebalance.service.js'
import { ReleaseScheduleService } from './release-schedule.service.js'
import { ReleaseService } from './release.service.js'
import { StockFetcher } from './stock-fetcher.js'
import { StockLedgerService } from './stock-ledger.service.js'
import { StockRecall } from './stock-recall.js'
import { StockReturnService } from './stock-return.service.js'
import { StockStore } from './stock.store.js'

@Module({
  imports: [CampaignsModule],
  providers: [
    AdjustService, DueFetcher, HandReleaseService, InventoryMetrics, InventoryProcessor, InventoryService, InventorySweeper, LotFiller,
    RebalanceService, ReleaseScheduleService, ReleaseService, StockFetcher, StockLedgerService, StockRecall, StockReturnService, StockStore,
  ],
  exports: [InventoryService, ReleaseScheduleService, StockLedgerService],
})
export class InventoryModule {}
