import type { Role } from '../../common/context.js'
import type { Params } from '../../common/reasons.js'
import type { CampaignPatch, OddsRevision } from '../campaigns/campaigns.types.js'
import type { StockAdjustment, StockRelease } from '../inventory/inventory.types.js'
import type { RiskEntryInput, VelocityRule, VelocityRuleInput } from '../risk/risk.types.js'
import type { PolicyPatch } from '../tenancy/policy.service.js'
import type { ChangeKind, TenantLimitsChange } from '../tenancy/tenancy.types.js'
import type { FieldChange } from './domain/field-diff.js'

/** A change as it was asked for, and as it is made once it is approved. Named after the operators' mutations. */
export type ProposedChange =
  | { readonly operation: 'publishCampaign'; readonly campaignId: string; readonly expectedVersion: number }
  | { readonly operation: 'updateCampaign'; readonly campaignId: string; readonly expectedVersion: number; readonly patch: CampaignPatch }
  | { readonly operation: 'reviseOdds'; readonly campaignId: string; readonly expectedVersion: number; readonly revision: OddsRevision }
  | { readonly operation: 'adjustStock'; readonly wanted: StockAdjustment }
  | { readonly operation: 'releaseStock'; readonly wanted: StockRelease }
  | { readonly operation: 'addRiskEntries'; readonly entries: readonly RiskEntryInput[] }
  | { readonly operation: 'removeRiskEntry'; readonly id: string }
  | { readonly operation: 'setTenantLimits'; readonly change: TenantLimitsChange; readonly expected: TenantLimitsChange }
  | { readonly operation: 'setApiKeyLimit'; readonly id: string; readonly drawsPerSecondMax: number | null; readonly expected: number | null }
  | { readonly operation: 'setTenantPolicy'; readonly policyVersion: number; readonly patch: PolicyPatch }
  | { readonly operation: 'setVelocityRules'; readonly campaignId: string | null; readonly rules: readonly VelocityRuleInput[]; readonly base: readonly VelocityRule[] }

/** APPLYING: an approver's request is making it. STALE: it was approved, and could not be made any more. */
export type ChangeState = 'PENDING' | 'APPLYING' | 'APPLIED' | 'REJECTED' | 'WITHDRAWN' | 'EXPIRED' | 'STALE'

export interface ChangeRequest {
  readonly id: string
  readonly operation: ProposedChange['operation']
  /** Why it needs a second operator. */
  readonly kinds: readonly ChangeKind[]
  readonly campaignId: string | null
  /** The campaign's when it was asked for. */
  readonly baseVersion: number | null
  readonly state: ChangeState
  readonly version: number
  readonly reason: string | null
  readonly summary: string
  /** What the summary says beside the operation, for who words it himself: `prize`, `units`, `entries`, `list`, `value`, `key`. */
  readonly params: Params
  readonly diff: readonly FieldChange[]
  /** Whose stock it changes; null where it is none. */
  readonly prizeId: string | null
  readonly authorId: string
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
  readonly decisionReason: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** Of a change that is judged by its campaign's version. */
export type CampaignProposal = Extract<ProposedChange, { campaignId: string; expectedVersion: number }>

/** Null: of every state, or kind. `after`: the id of the last seen. */
export interface ChangeRequestListing {
  readonly state: ChangeState | null
  readonly kind: ChangeKind | null
  readonly first: number
  readonly after: string | null
}

export interface ChangeRequestPage {
  readonly requests: readonly ChangeRequest[]
  readonly hasNextPage: boolean
}

/** What a change is, for those who judge it. */
export interface Proposal {
  readonly change: ProposedChange
  readonly kinds: readonly ChangeKind[]
  readonly campaignId: string | null
  readonly baseVersion: number | null
  readonly reason: string | null
  readonly summary: string
  readonly diff: readonly FieldChange[]
}

/** Who could make a change without a second operator, and so may approve one. `publishers`: of the tenant's policy. */
export const rolesFor = (operation: ProposedChange['operation'], publishers: readonly Role[]): readonly Role[] =>
  operation === 'publishCampaign' ? publishers : OWNERS_ALONE.has(operation) ? ['OWNER'] : ['OWNER', 'MANAGER']

const OWNERS_ALONE: ReadonlySet<string> = new Set<ProposedChange['operation']>(['setTenantLimits', 'setApiKeyLimit', 'setTenantPolicy'])
