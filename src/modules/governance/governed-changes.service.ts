import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import type { CampaignChange, CampaignPatch, CampaignResult, OddsRevision } from '../campaigns/campaigns.types.js'
import { CampaignService } from '../campaigns/campaign.service.js'
import { InventoryService } from '../inventory/inventory.service.js'
import type { PrizeInventory, StockAdjustment, StockRelease } from '../inventory/inventory.types.js'
import { checkSeenRules, validEntry, validRules } from '../risk/domain/validate.js'
import { RiskAdminService } from '../risk/risk-admin.service.js'
import type { RiskEntry, RiskEntryInput, VelocityRule, VelocityRuleInput } from '../risk/risk.types.js'
import { ApiKeyService } from '../tenancy/api-key.service.js'
import { type PolicyPatch, PolicyService } from '../tenancy/policy.service.js'
import { TenantLimitService } from '../tenancy/tenant-limit.service.js'
import type { ApiKeyView, ApprovalRule, TenantLimits, TenantLimitsChange, TenantPolicyView } from '../tenancy/tenancy.types.js'
import { ChangeRequestService } from './change-request.service.js'
import { campaignChangeSizes, kindsToApprove, type ChangeSizes } from './domain/change-size.js'
import { fieldDiff, type FieldChange } from './domain/field-diff.js'
import { isLooser, isLooserPolicy, loosenedLimits } from './domain/loosening.js'
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
    private readonly limits: TenantLimitService,
    private readonly apiKeys: ApiKeyService,
  ) {}

  /** Throws FORBIDDEN for a role that the tenant lets publish nothing, APPROVAL_REQUIRED. */
  async publish(ctx: Context, campaignId: string, expectedVersion: number): Promise<CampaignResult> {
    const policy = await this.policy.get(ctx)
    if (ctx.caller.kind === 'operator' && !policy.publishers.includes(ctx.caller.role)) {
      throw new AppError('FORBIDDEN', `Your tenant lets ${policy.publishers.join(', ')} publish`, { reason: 'NOT_PUBLISHER' })
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

  /** `expected`: those that they replace; undefined: whatever they are. Throws as RiskAdminService.setRules. */
  async setVelocityRules(
    ctx: Context, campaignId: string | null, rules: readonly VelocityRuleInput[], expected?: readonly VelocityRuleInput[],
  ): Promise<readonly VelocityRule[]> {
    validRules(rules)
    const { approvals } = await this.policy.get(ctx)
    if (kindsToApprove(approvals, { LIMITS: 1 }).length > 0 && !(await this.isDraft(ctx, campaignId))) {
      const base = await this.risk.rules(ctx, campaignId)
      if (expected !== undefined) checkSeenRules(base, expected)
      const plain = (list: readonly VelocityRuleInput[]) => list.map(({ subject, windowSeconds, drawsMax }) => ({ id: `${subject} in ${windowSeconds} s`, drawsMax }))
      await this.ask(ctx, { operation: 'setVelocityRules', campaignId, rules, base }, { LIMITS: 1 }, () => Promise.resolve({
        campaignId, baseVersion: null, reason: null, summary: 'Velocity rules are replaced', diff: fieldDiff({ rules: plain(base) }, { rules: plain(rules) }),
      }))
    }
    return this.risk.setRules(ctx, campaignId, rules, expected)
  }

  /** Limits that become narrower hold at once; those that let more draws in count toward LIMITS. Throws as TenantLimitService.set. */
  async setTenantLimits(ctx: Context, change: TenantLimitsChange, expected: TenantLimitsChange): Promise<TenantLimits> {
    const before = await this.limits.get(ctx)
    const wanted = this.limits.checked(change)
    const after = { ...before, ...wanted }
    this.limits.checkSeen(before, expected)
    // What was narrower than these is not narrower than what somebody else may set meanwhile.
    const now = Object.fromEntries(Object.keys(wanted).map((name) => [name, before[name as keyof TenantLimits]]))
    const seen: TenantLimitsChange = { ...expected, ...now }
    await this.ask(ctx, { operation: 'setTenantLimits', change, expected: seen }, { LIMITS: loosenedLimits(before, after) }, () => Promise.resolve({
      campaignId: null, baseVersion: null, reason: null, summary: 'Limits of the tenant are raised', diff: fieldDiff(before, after),
    }))
    return this.limits.set(ctx, change, seen)
  }

  /** As the tenant's own. `expected`: as who asks saw it; undefined: whatever it is. Throws as ApiKeyService.setLimit. */
  async setApiKeyLimit(ctx: Context, id: string, drawsPerSecondMax: number | null, expected?: number | null): Promise<ApiKeyView> {
    const after = this.apiKeys.checkedRate(drawsPerSecondMax)
    const key = await this.apiKeys.get(ctx, id)
    this.apiKeys.checkSeen(key, expected)
    const path = `apiKeys[${key.name}].drawsPerSecondMax`
    const LIMITS = isLooser(key.drawsPerSecondMax, after) ? 1 : 0
    await this.ask(ctx, { operation: 'setApiKeyLimit', id, drawsPerSecondMax: after, expected: key.drawsPerSecondMax }, { LIMITS }, () => Promise.resolve({
      campaignId: null, baseVersion: null, reason: null, summary: `The limit of the key “${key.name}” is raised`,
      diff: fieldDiff({ [path]: key.drawsPerSecondMax }, { [path]: after }),
    }))
    return this.apiKeys.setLimit(ctx, id, drawsPerSecondMax, key.drawsPerSecondMax)
  }

  /** Where anything needs a second operator, so does a policy that asks for less; docs/adr/0051. Throws as PolicyService.set. */
  async setPolicy(ctx: Context, expectedVersion: number, patch: PolicyPatch): Promise<TenantPolicyView> {
    const { before, after } = await this.policy.rehearse(ctx, expectedVersion, patch)
    if (concerns(ctx, before.approvals) && isLooserPolicy(before, after)) {
      const plain = ({ version: _version, approvals, ...policy }: TenantPolicyView) =>
        ({ ...policy, approvals: approvals.map(({ kind, above }) => ({ id: kind, above })) })
      throw await this.requests.propose(ctx, {
        change: { operation: 'setTenantPolicy', policyVersion: expectedVersion, patch }, kinds: ['POLICY'], campaignId: null, baseVersion: null, reason: null,
        summary: 'The policy asks for less', diff: fieldDiff(plain(before), plain(after)),
      })
    }
    return this.policy.set(ctx, expectedVersion, patch)
  }

  /** What nobody draws from yet changes freely, until it is published. */
  private async isDraft(ctx: Context, campaignId: string | null): Promise<boolean> {
    return campaignId !== null && (await this.campaigns.get(ctx, campaignId))?.status === 'DRAFT'
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
