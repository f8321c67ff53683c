import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import type { CampaignChange, CampaignPatch, CampaignResult, OddsRevision } from '../campaigns/campaigns.types.js'
import { CampaignService } from '../campaigns/campaign.service.js'
import { InventoryService } from '../inventory/inventory.service.js'
import type { PrizeInventory, StockAdjustment, StockRelease } from '../inventory/inventory.types.js'
import { validEntry, validRules } from '../risk/domain/validate.js'
import { RiskAdminService } from '../risk/risk-admin.service.js'
import type { RiskEntry, RiskEntryInput, VelocityRule, VelocityRuleInput } from '../risk/risk.types.js'
import { PolicyService } from '../tenancy/policy.service.js'
import type { ApprovalRule, TenantPolicyView } from '../tenancy/tenancy.types.js'
import { ChangeRequestService } from './change-request.service.js'
import { campaignChangeSizes, kindsToApprove, type ChangeSizes } from './domain/change-size.js'
import { fieldDiff, type FieldChange } from './domain/field-diff.js'
import type { CampaignProposal, ProposedChange } from './governance.types.js'

/** Fields of a campaign that say nothing about a change. */
const withoutMarks = ({ version: _v, seedHash: _h, revealedSeed: _s, ...campaign }: Record<string, unknown>) => campaign

interface Subject {
  readonly campaignId: string | null
  readonly baseVersion: number | null
  readonly reason: string | null
  readonly summary: string
  readonly diff: readonly FieldChange[]
}

/**
 * Changes that a tenant's policy may want a second operator for. Where it does, nothing changes: a request is kept, and
 * APPROVAL_REQUIRED is thrown with its id. Where it does not, the change is made as ever.
 */
@Injectable()
export class GovernedChangesService {
  constructor(
    private readonly policy: PolicyService,
    private readonly requests: ChangeRequestService,
    private readonly campaigns: CampaignService,
    private readonly stock: InventoryService,
    private readonly risk: RiskAdminService,
  ) {}

  /** Throws FORBIDDEN for a role that the tenant lets publish nothing, APPROVAL_REQUIRED. */
  async publish(ctx: Context, campaignId: string, expectedVersion: number): Promise<CampaignResult> {
    const policy = await this.policy.get(ctx)
    if (ctx.caller.kind === 'operator' && !policy.publishers.includes(ctx.caller.role)) {
      throw new AppError('FORBIDDEN', `Your tenant lets ${policy.publishers.join(', ')} publish`)
    }
    return this.campaign(ctx, policy, { operation: 'publishCampaign', campaignId, expectedVersion }, { kind: 'publish' }, null)
  }

  async update(ctx: Context, campaignId: string, expectedVersion: number, patch: CampaignPatch): Promise<CampaignResult> {
    const change: ProposedChange = { operation: 'updateCampaign', campaignId, expectedVersion, patch }
    return this.campaign(ctx, await this.policy.get(ctx), change, { kind: 'update', patch }, null)
  }

  async reviseOdds(ctx: Context, campaignId: string, expectedVersion: number, revision: OddsRevision): Promise<CampaignResult> {
    const change: ProposedChange = { operation: 'reviseOdds', campaignId, expectedVersion, revision }
    return this.campaign(ctx, await this.policy.get(ctx), change, { kind: 'odds', revision }, revision.reason.trim())
  }

  async adjustStock(ctx: Context, wanted: StockAdjustment): Promise<PrizeInventory> {
    await this.stockChange(ctx, { operation: 'adjustStock', wanted }, wanted, wanted.delta)
    return this.stock.adjustStock(ctx, wanted)
  }

  async releaseStock(ctx: Context, wanted: StockRelease): Promise<PrizeInventory> {
    await this.stockChange(ctx, { operation: 'releaseStock', wanted }, wanted, Math.max(0, wanted.units))
    return this.stock.releaseStock(ctx, wanted)
  }

  async addRiskEntry(ctx: Context, input: RiskEntryInput): Promise<RiskEntry> {
    await this.lists(ctx, [validEntry(input, 'input')])
    return this.risk.add(ctx, input)
  }

  async addRiskEntries(ctx: Context, inputs: readonly RiskEntryInput[]): Promise<{ added: number; existing: number }> {
    await this.lists(ctx, inputs.map((input, index) => validEntry(input, `inputs[${index}]`)))
    return this.risk.addMany(ctx, inputs)
  }

  async removeRiskEntry(ctx: Context, id: string): Promise<RiskEntry> {
    await this.ask(ctx, { operation: 'removeRiskEntry', id }, { RISK_LISTS: 1 }, async () => {
      const entry = await this.risk.entry(ctx, id)
      const { campaignId, list, value, reason } = entry
      return { campaignId, baseVersion: null, reason: null, summary: `${value} is taken off the ${list} list`, diff: fieldDiff({ entry: { list, value, reason } }, {}) }
    })
    return this.risk.remove(ctx, id)
  }

  async setVelocityRules(ctx: Context, campaignId: string | null, rules: readonly VelocityRuleInput[]): Promise<readonly VelocityRule[]> {
    validRules(rules)
    const { approvals } = await this.policy.get(ctx)
    if (kindsToApprove(approvals, { LIMITS: 1 }).length > 0) {
      const base = await this.risk.rules(ctx, campaignId)
      const plain = (list: readonly VelocityRuleInput[]) => list.map(({ subject, windowSeconds, drawsMax }) => ({ id: `${subject} in ${windowSeconds} s`, drawsMax }))
      await this.ask(ctx, { operation: 'setVelocityRules', campaignId, rules, base }, { LIMITS: 1 }, () => Promise.resolve({
        campaignId, baseVersion: null, reason: null, summary: 'Velocity rules are replaced', diff: fieldDiff({ rules: plain(base) }, { rules: plain(rules) }),
      }))
    }
    return this.risk.setRules(ctx, campaignId, rules)
  }

  private async campaign(
    ctx: Context, policy: TenantPolicyView, proposed: CampaignProposal, change: CampaignChange, reason: string | null,
  ): Promise<CampaignResult> {
    const { campaignId, expectedVersion } = proposed
    if (concerns(ctx, policy.approvals)) {
      // Everything but the keeping: what would be refused is refused now, and the difference is that of the change itself.
      const rehearsed = await this.campaigns.rehearse(ctx, campaignId, expectedVersion, change)
      if ('kind' in rehearsed) return rehearsed
      const { before, after } = rehearsed
      const sizes: ChangeSizes = change.kind === 'publish' ? { PUBLISH: 1 } : before.seedHash === null ? {} : campaignChangeSizes(before, after)
      await this.ask(ctx, proposed, sizes, () => Promise.resolve({
        campaignId, baseVersion: expectedVersion, reason, summary: `${SUMMARY[change.kind]} of “${before.name}”`,
        diff: fieldDiff(withoutMarks({ ...before }), withoutMarks({ ...after })),
      }))
    }
    return this.campaigns.apply(ctx, campaignId, expectedVersion, change)
  }

  private async stockChange(ctx: Context, change: ProposedChange, wanted: StockAdjustment | StockRelease, units: number): Promise<void> {
    await this.ask(ctx, change, { STOCK: Math.abs(units) }, async () => {
      const { campaignId, version, published, name, stockTotal } = await this.stock.checkedSubject(ctx, wanted)
      if (!published) return null
      const released = change.operation === 'releaseStock'
      const path = `prizes[${name}].${released ? 'released' : 'stockTotal'}`
      const diff = fieldDiff(released ? {} : { [path]: stockTotal }, { [path]: released ? units : stockTotal + units })
      const what = released ? `${units} units are released` : `Stock changes by ${units > 0 ? '+' : ''}${units}`
      return { campaignId, baseVersion: version, reason: wanted.reason, summary: `${what}: “${name}”`, diff }
    })
  }

  private lists(ctx: Context, entries: readonly RiskEntryInput[]): Promise<void> {
    const campaigns = new Set(entries.map(({ campaignId }) => campaignId))
    const [campaignId = null] = campaigns.size === 1 ? campaigns : []
    const shown = entries.map(({ list, subject, value, reason }, i) => ({ id: `${i}`, list, subject, value, reason }))
    return this.ask(ctx, { operation: 'addRiskEntries', entries }, { RISK_LISTS: entries.length }, async () => {
      await this.risk.checkMany(ctx, entries)
      return {
        campaignId, baseVersion: null, reason: entries[0]?.reason ?? null, summary: `${entries.length} entries are added to risk lists`,
        diff: fieldDiff({ entries: [] }, { entries: shown }),
      }
    })
  }

  /** Throws APPROVAL_REQUIRED where the policy wants a second operator for a change of these sizes, and `subject` is something it concerns. */
  private async ask(ctx: Context, change: ProposedChange, sizes: ChangeSizes, describe: () => Promise<Subject | null>): Promise<void> {
    const { approvals } = await this.policy.get(ctx)
    const kinds = concerns(ctx, approvals) ? kindsToApprove(approvals, sizes) : []
    if (kinds.length === 0) return
    const subject = await describe()
    if (subject !== null) throw await this.requests.propose(ctx, { change, kinds, ...subject })
  }
}

const SUMMARY = { publish: 'Publication', update: 'Change', odds: 'New odds' } as const

/** What operators do, and nobody has approved yet. */
const concerns = ({ caller }: Context, approvals: readonly ApprovalRule[]): boolean => caller.kind === 'operator' && approvals.length > 0
