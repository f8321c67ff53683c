import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** Who a connection was proven to be: of which tenant, at the least. */
export interface SocketAuth {
  readonly tenantId: string
}

export interface Connection<Auth extends SocketAuth> {
  /** Of the proof: the opening message's where it has any, else the opening request's. */
  headers: IncomingHttpHeaders
  readonly ip: string
  /** Gives back the place among those that have not said who they are. */
  readonly proven: () => void
  auth?: Auth
  /** Gives back the tenant's place. */
  leave?: () => void
  /** How many subscriptions it has. */
  subscriptions?: () => number
}

/** `{ "x-api-key": … }` or `{ authorization: … }` of connection_init, whatever their case; null when it has neither. */
export function headersOf(payload: Readonly<Record<string, unknown>> | undefined): IncomingHttpHeaders | null {
  const headers: IncomingHttpHeaders = {}
  for (const [name, value] of Object.entries(payload ?? {})) {
    const header = name.toLowerCase()
    if (typeof value === 'string' && (header === 'x-api-key' || header === 'authorization')) headers[header] = value
  }
  return Object.keys(headers).length === 0 ? null : headers
}

/** Everything in them that can prove anybody: connections that share it are proven together. */
export const credentialOf = (headers: IncomingHttpHeaders): string => JSON.stringify([headers['x-api-key'], headers.authorization, headers.cookie])

/** The path of an upgrade request; null where there is none. */
export function pathOf(request: IncomingMessage): string | null {
  const target = request.url ?? ''
  return target.startsWith('/') ? target.split('?', 1)[0]! : null
}
