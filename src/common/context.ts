import type { ParticipantFacts } from './participant-facts.js'

export type Role = 'OWNER' | 'MANAGER' | 'REVIEWER' | 'ANALYST'

export type Caller =
  | { kind: 'server'; apiKeyId: string; /** By a TEST key: it lives in a test world. */ test?: true }
  | { kind: 'participant'; userId: string; ip: string; facts: ParticipantFacts }
  | { kind: 'operator'; operatorId: string; role: Role }
  | { kind: 'system'; name: string }

/** A change request that is being made. */
export interface Approval {
  readonly changeRequestId: string
  readonly authorId: string
  /** Of the request since it was taken: who comes later fences who was slow. */
  readonly version: number
}

/** Who asks, and for which tenant: the first parameter of every service. No store, key or job is built without it. */
export interface Context {
  readonly tenantId: string
  readonly requestId: string
  readonly caller: Caller
  /** Where the request came from, as far as TRUST_PROXY lets it be known; without one where nobody sent a request. */
  readonly ip?: string
  /** The change that this makes was asked for by another operator, and the caller has approved it. */
  readonly approval?: Approval
}

/** Whether the caller's world is a test world: then nothing that is kept of production may be read as its own, or changed. */
export const isTest = ({ caller }: Context): boolean => caller.kind === 'server' && caller.test === true

/** The context of work that nobody asked for: sweeps, settlement, consumers. */
export function systemContext(tenantId: string, name: string): Context {
  return { tenantId, requestId: `system:${name}`, caller: { kind: 'system', name } }
}
