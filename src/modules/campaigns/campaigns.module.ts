import { Module, type OnModuleInit } from '@nestjs/common'
import { TenancyModule } from '../tenancy/tenancy.module.js'
import { CampaignChangesService } from './campaign-changes.service.js'
import { CampaignService } from './campaign.service.js'
import { CampaignsSweeper } from './campaigns.sweeper.js'
import { checkTransitions } from './domain/status.js'
import { GateService } from './gate.service.js'
import { PublicationService } from './publication.service.js'
import { PublishedService } from './published.service.js'
import { SnapshotService } from './snapshot.service.js'
import { SweepService } from './sweep.service.js'

@Module({
  imports: [TenancyModule],
  providers: [
    CampaignChangesService, CampaignService, CampaignsSweeper, GateService, PublicationService, PublishedService, SnapshotService,
    SweepService,
  ],
  exports: [CampaignChangesService, CampaignService, GateService, PublicationService, PublishedService, SnapshotService, SweepService],
})
export class CampaignsModule implements OnModuleInit {
  onModuleInit(): void {
    checkTransitions()
  }
}
