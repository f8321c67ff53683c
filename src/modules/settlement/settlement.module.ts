import { Global, Module } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { CampaignsModule } from '../campaigns/campaigns.module.js'
import { DURABLE_WINS, INCARNATION, SETTLEMENT_WAKE } from '../draws/draws.types.js'
import { BacklogService } from './backlog.service.js'
import { BacklogStore } from './backlog.store.js'
import { BooksModule } from './books/books.module.js'
import { BudgetService } from './budgets/budget.service.js'
import { BudgetStore } from './budgets/budget.store.js'
import { DrainService } from './drain.service.js'
import { DrainPermits } from './domain/drain-permits.js'
import { checkTransitions } from './domain/draw-state.js'
import { EpochStore } from './recovery/epoch.store.js'
import { OldKeysStore } from './recovery/old-keys.store.js'
import { PoppedStock } from './recovery/popped-stock.js'
import { RebuildService } from './recovery/rebuild.service.js'
import { RebuildStore } from './recovery/rebuild.store.js'
import { RecoveryService } from './recovery/recovery.service.js'
import { QuarantineService } from './recovery/quarantine.service.js'
import { QuarantineStore } from './recovery/quarantine.store.js'
import { RedisHistoryStore } from './recovery/redis-history.store.js'
import { RedisIncarnation } from './recovery/redis-incarnation.js'
import { VerifyService } from './recovery/verify.service.js'
import { SettleBatchStore } from './settle-batch.store.js'
import { SettlementMetrics } from './settlement-metrics.js'
import { SettlementProcessor } from './settlement.processor.js'
import { SettlementService } from './settlement.service.js'
import { Suspicions } from './suspicions.js'
import { SweepService } from './sweep.service.js'
import { TicketExpiryService } from './ticket-expiry.service.js'
import { TicketExpiryStore } from './ticket-expiry.store.js'
import { WinBatchStore } from './win-batch.store.js'
import { WinCommitter } from './win-committer.js'

// Global: draws asks through its own ports, since it may not import this module.
@Global()
@Module({
  imports: [CampaignsModule, BooksModule],
  providers: [
    SettlementMetrics, SettleBatchStore, Suspicions, DrainService, SettlementService, SettlementProcessor, SweepService,
    BacklogStore, BacklogService,
    {
      provide: DrainPermits,
      useFactory: (config: RuntimeConfig) => new DrainPermits({
        min: config.settlementConcurrencyMin, max: config.settlementConcurrencyMax, targetMs: config.settlementLatencyTargetMs,
      }),
      inject: [CONFIG],
    },
    WinBatchStore, WinCommitter, TicketExpiryStore, TicketExpiryService,
    BudgetStore, BudgetService,
    RedisHistoryStore, RedisIncarnation, QuarantineStore, QuarantineService,
    EpochStore, RebuildStore, RebuildService, VerifyService, OldKeysStore, PoppedStock,
    RecoveryService,
    { provide: DURABLE_WINS, useExisting: WinCommitter },
    { provide: SETTLEMENT_WAKE, useExisting: SettlementService },
    { provide: INCARNATION, useExisting: RedisIncarnation },
  ],
  exports: [
    DURABLE_WINS, SETTLEMENT_WAKE, INCARNATION, SettlementService, BacklogService, RecoveryService, RedisIncarnation, BooksModule,
    BudgetService, QuarantineService,
  ],
})
export class SettlementModule {
  constructor() {
    checkTransitions()
  }
}
