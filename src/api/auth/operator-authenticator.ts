import { Inject, Injectable } from '@nestjs/common'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../../common/errors.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { SessionService } from '../../modules/tenancy/session.service.js'
import type { OperatorSession } from '../../modules/tenancy/tenancy.types.js'
import { bearerOf, fromOwnOrigin, sessionCookieOf } from './credentials.js'

/** The dashboard says so of its requests while no hand is on it. */
const UNATTENDED = 'x-drawbridge-unattended'

/** Proves which operator calls, by a Bearer token or by the dashboard's cookie. */
@Injectable()
export class OperatorAuthenticator {
  constructor(private readonly sessions: SessionService, @Inject(CONFIG) private readonly config: RuntimeConfig) {}

  /**
   * @param changes whether the operation can change anything: a browser adds the cookie to what any page sends, so the
   * page must then be one of ours
   * @param isUse whether the session is used by it: not by what a page asks that nobody sits before
   * @throws AppError UNAUTHENTICATED, or FORBIDDEN for another site's page
   */
  async authenticate(headers: IncomingHttpHeaders, changes: boolean, isUse = headers[UNATTENDED] === undefined): Promise<OperatorSession> {
    const bearer = bearerOf(headers)
    const cookie = headers.authorization === undefined ? sessionCookieOf(headers) : null
    const token = bearer ?? cookie
    if (token === null) throw new AppError('UNAUTHENTICATED', 'Sign in first')
    if (cookie !== null && changes && fromOwnOrigin(headers, this.config.publicUrl) !== true) {
      throw new AppError('FORBIDDEN', 'With the cookie, changes are accepted from the dashboard’s own pages alone')
    }
    const session = await this.sessions.authenticate(token, isUse)
    if (session === null) throw new AppError('UNAUTHENTICATED', 'The session has ended: sign in again')
    return session
  }

  /**
   * Browsers let any page open a WebSocket anywhere, and add the cookie to its opening request: it is a change as far as that goes.
   * Throws FORBIDDEN.
   */
  refuseForeignSocket(headers: IncomingHttpHeaders): void {
    const own = fromOwnOrigin(headers, this.config.publicUrl)
    const byCookie = headers.authorization === undefined && sessionCookieOf(headers) !== null
    if (own === true || (own === null && !byCookie)) return
    throw new AppError('FORBIDDEN', 'With the cookie, WebSockets are opened by the dashboard’s own pages alone')
  }

  /** Another site's page must not sign its visitor in as somebody of its choice. Throws FORBIDDEN. */
  refuseForeignPage(headers: IncomingHttpHeaders): void {
    if (fromOwnOrigin(headers, this.config.publicUrl) === false) throw new AppError('FORBIDDEN', 'Sign in on the dashboard’s own page')
  }
}
