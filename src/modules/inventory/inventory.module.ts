import { Module } from '@nestjs/common'
import { CampaignsModule } from '../campaigns/campaigns.module.js'
import { AdjustService } from './adjust.service.js'
import { InventoryService } from './inventory.service.js'
import { InventorySweeper } from './inventory.sweeper.js'
import { ReleaseService } from './release.service.js'
import { StockFetcher } from './stock-fetcher.js'
import { StockStore } from './stock.store.js'

@Module({
  imports: [CampaignsModule],
  providers: [AdjustService, InventoryService, InventorySweeper, ReleaseService, StockFetcher, StockStore],
  exports: [InventoryService],
})
export class InventoryModule {}
