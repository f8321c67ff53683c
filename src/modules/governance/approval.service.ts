import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { PrismaService } from '../../platform/prisma/prisma.service.js'
import type { CampaignChange, CampaignResult } from '../campaigns/campaigns.types.js'
import { CampaignService } from '../campaigns/campaign.service.js'
import { InventoryService } from '../inventory/inventory.service.js'
import { RiskAdminService } from '../risk/risk-admin.service.js'
import { ApiKeyService } from '../tenancy/api-key.service.js'
import { PolicyService } from '../tenancy/policy.service.js'
import { TenantLimitService } from '../tenancy/tenant-limit.service.js'
import { ChangeRequestService, type Claim } from './change-request.service.js'
import { fieldDiff } from './domain/field-diff.js'
import type { CampaignProposal, ChangeRequest } from './governance.types.js'

const MOVED_MAX = 20
/** What a repetition may mend: the request goes on waiting. */
const PASSING: ReadonlySet<string> = new Set(['OVERLOADED', 'RATE_LIMITED', 'INTERNAL'])

/** Makes a change that a second operator has approved: in the approver's name, its author in the audit log beside. */
@Injectable()
export class ApprovalService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly requests: ChangeRequestService,
    private readonly campaigns: CampaignService,
    private readonly stock: InventoryService,
    private readonly risk: RiskAdminService,
    private readonly limits: TenantLimitService,
    private readonly apiKeys: ApiKeyService,
    private readonly policy: PolicyService,
  ) {}

  /**
   * @throws AppError as ChangeRequestService.claim; CONFLICT with `moved` where what the change was made for has changed
   * meanwhile, and what the change itself throws. After these two the request is STALE.
   */
  async approve(ctx: Context, id: string, expectedVersion: number): Promise<ChangeRequest> {
    const claim = await this.requests.claim(ctx, id, expectedVersion)
    try {
      await this.make(claim)
    } catch (error) {
      const lasting = error instanceof AppError && !PASSING.has(error.code)
      // Neither touches a request whose change is in the database already.
      if (lasting) await this.requests.stale(claim, error.message)
      else await this.requests.released(claim)
      throw error
    }
    return this.requests.applied(claim)
  }

  private async make({ ctx, change }: Claim): Promise<void> {
    switch (change.operation) {
      case 'publishCampaign': return this.ofCampaign(ctx, change, { kind: 'publish' })
      case 'updateCampaign': return this.ofCampaign(ctx, change, { kind: 'update', patch: change.patch })
      case 'reviseOdds': return this.ofCampaign(ctx, change, { kind: 'odds', revision: change.revision })
      case 'adjustStock': return void (await this.stock.adjustStock(ctx, change.wanted))
      case 'releaseStock': return void (await this.stock.releaseStock(ctx, change.wanted))
      case 'addRiskEntries': return void (await this.risk.addMany(ctx, change.entries))
      case 'removeRiskEntry': return void (await this.risk.remove(ctx, change.id))
      case 'setTenantLimits': return void (await this.limits.set(ctx, change.change, change.expected))
      case 'setApiKeyLimit': return void (await this.apiKeys.setLimit(ctx, change.id, change.drawsPerSecondMax, change.expected))
      case 'setTenantPolicy': return void (await this.policy.set(ctx, change.policyVersion, change.patch))
      case 'setVelocityRules': return void (await this.risk.setRules(ctx, change.campaignId, change.rules, change.base))
    }
  }

  private async ofCampaign(ctx: Context, { campaignId, expectedVersion }: CampaignProposal, change: CampaignChange): Promise<void> {
    const result: CampaignResult = await this.campaigns.apply(ctx, campaignId, expectedVersion, change)
    if (result.kind === 'campaign') return
    if (result.kind === 'invalid') throw new AppError('CONFLICT', `The change cannot be made any more: ${result.message}`, { reason: 'NOT_ANY_MORE' })
    const moved = await this.movedSince(ctx, campaignId, expectedVersion, result.current.version)
    throw new AppError('CONFLICT', `The campaign has changed since this was asked for: ${moved.join(', ')}`, { moved, reason: 'MOVED' })
  }

  /** The paths that differ between two versions of a campaign. */
  private async movedSince({ tenantId }: Context, campaignId: string, from: number, to: number): Promise<string[]> {
    const [before, after] = await this.prisma.tenant(tenantId, async (tx) => {
      const at = (version: number) => tx.campaignVersion.findFirst({ where: { tenantId, campaignId, version }, select: { snapshot: true } })
      return [await at(from), await at(to)]
    })
    return fieldDiff(before?.snapshot, after?.snapshot).slice(0, MOVED_MAX).map(({ path }) => path)
  }
}
