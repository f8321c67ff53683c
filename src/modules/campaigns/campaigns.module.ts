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
import { TestCampaignService } from './test-campaign.service.js'

@Module({
  imports: [TenancyModule],
  providers: [
    CampaignChangesService, CampaignService, CampaignsSweeper, GateService, PublicationService, PublishedService, SnapshotService,
    SweepService, TestCampaignService,
  ],
  exports: [
    CampaignChangesService, CampaignService, GateService, PublicationService, PublishedService, SnapshotService, SweepService,
    TestCampaignService,
  ],
})
export class CampaignsModule implements OnModuleInit {
  onModuleInit(): void {
    checkTransitions()
  }
}
