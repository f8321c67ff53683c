import type { Role } from '../../common/context.js'
import type { ParticipantFacts } from '../../common/participant-facts.js'
import type { ApiKeyKind } from './domain/secrets.js'

/** The tenant that a credential belongs to, as far as admission needs it. */
export interface TenantIdentity {
  readonly tenantId: string
  readonly tenantSlug: string
  readonly drawsPerSecondMax: number
}

export interface ApiKeyIdentity extends TenantIdentity {
  readonly apiKeyId: string
  /** A TEST key: what it draws is drawn in a test world. */
  readonly test: boolean
}

export interface ParticipantIdentity extends TenantIdentity, ParticipantFacts {
  readonly userId: string
}

export interface OperatorSession {
  readonly tenantId: string
  readonly operatorId: string
  readonly role: Role
  readonly sessionId: string
}

export interface TenantView extends TenantIdentity {
  readonly name: string
  readonly createdAt: Date
}

export interface OperatorView {
  readonly tenantId: string
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: Role
}

export interface ApiKeyView {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
  readonly kind: ApiKeyKind
}

export interface ParticipantKeyView {
  readonly id: string
  readonly kid: string
  readonly algorithm: string
  readonly publicJwk: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
}
