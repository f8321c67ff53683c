import type { Role } from '../../common/context.js'
import type { ParticipantFacts } from '../../common/participant-facts.js'
import type { ApiKeyKind } from './domain/secrets.js'

/** The tenant that a credential belongs to, as far as admission needs it. */
export interface TenantIdentity {
  readonly tenantId: string
  readonly tenantSlug: string
  readonly drawsPerSecondMax: number
}

/** How often a tenant's devices may draw, a second; null: as often as the installation lets them. */
export interface DeviceLimits {
  readonly deviceIpDrawsPerSecondMax: number | null
  readonly participantDrawsPerSecondMax: number | null
}

export interface ApiKeyIdentity extends TenantIdentity {
  readonly apiKeyId: string
  /** How often this key may draw, a second, of what its tenant may; null: as often as that. */
  readonly keyDrawsPerSecondMax: number | null
  /** How often the tenant's servers may draw for one participant, a second; null: as often as the tenant may. */
  readonly serverParticipantDrawsPerSecondMax: number | null
  /** A TEST key: what it draws is drawn in a test world. */
  readonly test: boolean
  /** Of a process that rehearses: nobody has it, and what it draws is no part of anybody's rate. */
  readonly isRehearsal?: true
}

export interface ParticipantIdentity extends TenantIdentity, DeviceLimits, ParticipantFacts {
  readonly userId: string
}

export interface OperatorSession {
  readonly tenantId: string
  readonly operatorId: string
  readonly role: Role
  readonly sessionId: string
  /** The tenant asks for a second factor that the operator has yet to enrol: nothing else may be done. */
  readonly totpOwed: boolean
}

export interface TenantView extends TenantIdentity {
  readonly name: string
  readonly createdAt: Date
}

/** Draws a second. In force within 5 s in every process. */
export interface TenantLimits extends DeviceLimits {
  readonly drawsPerSecondMax: number
  /** What operators may set any of them to, at the most. */
  readonly drawsPerSecondCeiling: number
  readonly deviceIpDrawsPerSecondDefault: number
  readonly participantDrawsPerSecondDefault: number
  /** One participant that the tenant's servers name; null: as often as the tenant may. */
  readonly serverParticipantDrawsPerSecondMax: number | null
}

/** What is left out stays as it is. */
export interface TenantLimitsChange {
  /** A tenant always has a limit: null is refused. */
  readonly drawsPerSecondMax?: number | null | undefined
  readonly deviceIpDrawsPerSecondMax?: number | null | undefined
  readonly participantDrawsPerSecondMax?: number | null | undefined
  readonly serverParticipantDrawsPerSecondMax?: number | null | undefined
}

export interface OperatorView {
  readonly tenantId: string
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly createdAt: Date
  /** Null: may sign in. */
  readonly disabledAt: Date | null
  readonly totpEnabled: boolean
}

/** What of a change may need a second operator. */
/** POLICY: a policy that asks for less. It needs no rule: where anything needs a second operator, this does. */
export type ChangeKind = 'PUBLISH' | 'ODDS' | 'STOCK' | 'LIMITS' | 'RISK_LISTS' | 'BUDGET' | 'POLICY'

export interface ApprovalRule {
  readonly kind: ChangeKind
  /** Changes larger than this; 0: every one. ODDS: ppb of one prize; STOCK: units; LIMITS: how many; RISK_LISTS: entries; BUDGET: minor units. */
  readonly above: number
}

/** What a tenant asks of its operators. */
export interface TenantPolicyView {
  /** Grows with every change; 0: never set. Writers send the one that they saw. */
  readonly version: number
  readonly totpRequired: boolean
  readonly publishers: readonly Role[]
  /** At most one of a kind. */
  readonly approvals: readonly ApprovalRule[]
  /** How long a change waits for its approval. */
  readonly approvalHours: number
}

export interface InvitationView {
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly revokedAt: Date | null
}

/** A one-time link, in the answer to who issued it and nowhere else. */
export interface IssuedLink {
  readonly token: string
  /** The dashboard's page that uses it. */
  readonly url: string
  readonly expiresAt: Date
}

export interface ApiKeyView {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
  readonly kind: ApiKeyKind
  /** Null: as many as its tenant. */
  readonly drawsPerSecondMax: number | null
}

export interface ParticipantKeyView {
  readonly id: string
  readonly kid: string
  readonly algorithm: string
  readonly publicJwk: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

/** Where a request of nobody yet comes from: guesses are counted per operator and address, and the audit log tells both. */
export interface Origin {
  readonly ip: string
  readonly requestId: string
}
