import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiKeyIdentity, ParticipantIdentity } from '../../modules/tenancy/tenancy.types.js'

/** Who calls the tenants' API: a tenant's server, or a participant's device. */
export type AppAuth = ({ readonly kind: 'server' } & ApiKeyIdentity) | ({ readonly kind: 'participant' } & ParticipantIdentity)

/** From the request's arrival until its connection has its answer, or is gone. */
export interface Visit {
  closed: boolean
  /** Whose it is, once that is known: it is one of that tenant's requests at the same time. */
  tenantId?: string
  /** A draw's. */
  turn?: { giveUp(): void; leave(): void }
}

/** What admission knows about a request by the time that GraphQL sees it. */
export interface DrawbridgeRequest {
  /** The proven caller; without it the guard proves the caller itself. */
  auth?: AppAuth
  /** Of a request by HTTP. */
  visit?: Visit
}

declare module 'fastify' {
  interface FastifyRequest {
    drawbridge?: DrawbridgeRequest
  }
}

/** The part of a request that authentication reads; a WebSocket's opening request has it too. */
export type AuthRequest = Pick<FastifyRequest, 'headers' | 'ip'> & { readonly id?: string; readonly raw?: IncomingMessage; drawbridge?: DrawbridgeRequest }

/** The context of both GraphQL servers; `reply` is missing where there is none (subscriptions). */
export interface GraphqlContext {
  readonly req: AuthRequest
  readonly reply?: FastifyReply
  /** What the answer lacks since it is off, for its `extensions`. */
  featuresOff?: Array<{ readonly feature: string; readonly retryAfterMs: number | null }>
}
