import type { IncomingHttpHeaders } from 'node:http'
import type { GraphqlContext } from '../auth/request-auth.js'
import type { Connection, SocketAuth } from './connection.js'

/** What one of the two APIs asks of its WebSockets, and grants them. */
export interface SocketRules<Auth extends SocketAuth> {
  /** That of its HTTP requests. */
  readonly path: string
  readonly connectionsMax: number
  readonly connectionsPerTenantMax: number
  readonly subscriptionsPerConnectionMax: number
  /** A credential that ended meanwhile ends its connections this soon. */
  readonly proveAgainMs: number
  /** However well it is: its client opens another. Without one: no end. */
  readonly lifeMsMax?: number

  /** Looks at the opening request. Throws an AppError where it is not to become a WebSocket at all. */
  readonly admit?: (headers: IncomingHttpHeaders) => void
  /** Throws an AppError. */
  readonly authenticate: (headers: IncomingHttpHeaders) => Promise<Auth>
  /** Whether one who has been proven again may still do what he could when he subscribed. */
  readonly isUnchanged: (before: Auth, now: Auth) => boolean
  /** Before each subscription. Throws an AppError. */
  readonly mayAsk?: (auth: Auth, ip: string) => void
  readonly contextOf: (connection: Connection<Auth>, auth: Auth, requestId: string) => GraphqlContext
  /** Texts by their ids, for whoever sends `extensions.documentId` and an empty `query`. */
  readonly documents?: () => ReadonlyMap<string, string>
}
