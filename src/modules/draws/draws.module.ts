import { Module } from '@nestjs/common'
import { FeaturesModule } from '../../platform/features/features.module.js'
import { CampaignsModule } from '../campaigns/campaigns.module.js'
import { InventoryModule } from '../inventory/inventory.module.js'
import { RiskModule } from '../risk/risk.module.js'
import { AudienceService } from './audience.service.js'
import { DecideStore } from './decide.store.js'
import { DecisionService } from './decision.service.js'
import { DrawMemory } from './draw-memory.js'
import { DrawReadService } from './draw-read.service.js'
import { DrawService } from './draw.service.js'
import { LiveCountService } from './live/live-count.service.js'
import { LiveDrawService } from './live/live-draw.service.js'
import { AnsweredKeys } from './memory/answered-keys.js'
import { ClosureService } from './memory/closure.service.js'
import { ClosureStore } from './memory/closure.store.js'
import { ExhaustedPrizes } from './memory/exhausted-prizes.js'
import { RedisVisits } from './memory/redis-visits.js'
import { NodeLeaseService } from './node-lease.service.js'
import { TicketClaimService } from './ticket-claim.service.js'
import { TicketLedgerService } from './ticket-ledger.service.js'
import { TicketService } from './ticket.service.js'
import { TicketSweepService } from './ticket-sweep.service.js'
import { RehearsalCampaign } from './test-world/rehearsal-campaign.service.js'
import { TestDrawService } from './test-world/test-draw.service.js'
import { TestReadService } from './test-world/test-read.service.js'
import { TestWorldService } from './test-world/test-world.service.js'
import { TestWorldStore } from './test-world/test-world.store.js'
import { UnsettledStore } from './unsettled.store.js'
import { WarmUpService } from './warm-up.service.js'

/** Settlement, a global module, provides the ports of draws.types.ts. */
@Module({
  imports: [CampaignsModule, FeaturesModule, InventoryModule, RiskModule],
  providers: [
    AudienceService, DecideStore, DecisionService, DrawMemory, DrawReadService, DrawService, NodeLeaseService, TicketService,
    TestDrawService, TestReadService, TestWorldService, TestWorldStore, TicketClaimService, TicketLedgerService,
    TicketSweepService, UnsettledStore, WarmUpService,
    AnsweredKeys, ClosureService, ClosureStore, ExhaustedPrizes, RedisVisits, LiveCountService, LiveDrawService, RehearsalCampaign,
  ],
  exports: [
    DrawReadService, DrawService, LiveDrawService, RehearsalCampaign, TestWorldService,
    TicketClaimService, TicketLedgerService, TicketService,
  ],
})
export class DrawsModule {}
