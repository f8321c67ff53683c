import { Args, Mutation, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { OperatorService } from '../../modules/tenancy/operator.service.js'
import { SESSION_MS_MAX, SessionService } from '../../modules/tenancy/session.service.js'
import { currentRequest } from '../../platform/telemetry/request-context.js'
import { may, Public, Roles, WhileEnrolling } from '../auth/access.js'
import { sessionCookie, sessionCookieOf } from '../auth/credentials.js'
import { OperatorAuthenticator } from '../auth/operator-authenticator.js'
import { Ctx, Http, SessionId } from '../auth/parameters.js'
import type { GraphqlContext } from '../auth/request-auth.js'

@Resolver()
export class SessionResolver {
  constructor(
    private readonly sessions: SessionService,
    private readonly operators: OperatorService,
    private readonly authenticator: OperatorAuthenticator,
  ) {}

  @Mutation('login')
  @Public()
  async login(@Args('email') email: string, @Args('password') password: string, @Args('code') code: string | null | undefined, @Http() { req, reply }: GraphqlContext) {
    this.authenticator.refuseForeignPage(req.headers)
    const requestId = currentRequest()?.requestId ?? String(req.id ?? 'unknown')
    const { token, session } = await this.sessions.login(email, password, req.ip, requestId, code)
    const { tenantId, operatorId, role } = session
    const before = sessionCookieOf(req.headers)
    if (before !== null) await this.sessions.endByToken(before, requestId)
    const operator = await this.operators.get({ tenantId, requestId, caller: { kind: 'operator', operatorId, role } }, operatorId)
    if (operator === null) throw new AppError('UNAUTHENTICATED', 'The e-mail or the password is wrong')
    reply?.header('set-cookie', sessionCookie(token, SESSION_MS_MAX / 1_000))
    return { token, operator, totpEnrolmentRequired: session.totpOwed }
  }

  @Mutation('logout')
  @Roles(...may.read)
  @WhileEnrolling()
  async logout(@Ctx() ctx: Context, @SessionId() sessionId: string, @Http() { reply }: GraphqlContext): Promise<boolean> {
    await this.sessions.logout(ctx, sessionId)
    reply?.header('set-cookie', sessionCookie(null, 0))
    return true
  }
}
