import { Injectable } from '@nestjs/common'
import { systemContext, type Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { PrismaService } from '../../platform/prisma/prisma.service.js'
import { AuditLogService } from './audit-log.service.js'
import { checkNewPassword, PASSWORD_CHARACTERS_MAX } from './domain/passwords.js'
import { LoginAttempts } from './login-attempts.service.js'
import { OperatorLinkService } from './operator-link.service.js'
import { OperatorService } from './operator.service.js'
import { PasswordService } from './password.service.js'
import type { IssuedLink, OperatorView, Origin } from './tenancy.types.js'
import { TotpService, type TotpEnrolment } from './totp.service.js'

/**
 * What operators do about their own password and second factor. Each asks for the password again (or a code), and counts
 * as an attempt to sign in: a session that was left open, or stolen, changes neither.
 */
@Injectable()
export class AccountService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly operators: OperatorService,
    private readonly passwords: PasswordService,
    private readonly attempts: LoginAttempts,
    private readonly links: OperatorLinkService,
    private readonly totp: TotpService,
    private readonly audit: AuditLogService,
  ) {}

  /** Ends all other sessions. Throws BAD_USER_INPUT (oldPassword, newPassword), RATE_LIMITED. */
  async changePassword(ctx: Context, sessionId: string, given: { oldPassword: string; newPassword: string }, ip: string): Promise<void> {
    const operator = await this.oneself(ctx)
    checkNewPassword(given.newPassword, operator.email, 'newPassword')
    await this.proven(ctx, operator, given.oldPassword, 'oldPassword', ip)
    if (given.newPassword === given.oldPassword) throw badInput('newPassword', 'is the old one', 'PASSWORD_SAME')
    const passwordHash = await this.passwords.hash(given.newPassword)
    await this.prisma.tenant(ctx.tenantId, async (tx) => {
      const sessionsEnded = await this.operators.setPasswordIn(tx, ctx.tenantId, operator.id, passwordHash, sessionId)
      await this.audit.record(tx, ctx, { action: 'operator.password-changed', subjectKind: 'operator', subjectId: operator.id, after: { sessionsEnded } })
    })
  }

  /**
   * A link, good once and for an hour, by which another operator sets a new password. The old one holds until then.
   * @throws AppError NOT_FOUND, or CONFLICT for oneself (changePassword asks for the old one) and for a disabled operator
   */
  async issuePasswordReset(ctx: Context, operatorId: string): Promise<IssuedLink> {
    if (ctx.caller.kind === 'operator' && ctx.caller.operatorId === operatorId) throw new AppError('CONFLICT', 'One’s own password is changed with the old one: changePassword', { field: 'operatorId', reason: 'ONESELF' })
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      const { email, disabledAt } = await this.operators.getIn(tx, ctx.tenantId, operatorId, 'operatorId')
      if (disabledAt !== null) throw new AppError('CONFLICT', 'The operator is disabled', { field: 'operatorId', reason: 'OPERATOR_DISABLED' })
      const { id, ...link } = await this.links.issueIn(tx, ctx, { kind: 'PASSWORD_RESET', email, operatorId })
      await this.audit.record(tx, ctx, { action: 'operator.password-reset-issued', subjectKind: 'operator', subjectId: operatorId, after: { linkId: id, expiresAt: link.expiresAt } })
      return link
    })
  }

  /** Sets a new password by a link, and ends every session. A second factor stays. Throws BAD_USER_INPUT (token, password). */
  async resetPassword(token: string, password: string, { ip, requestId }: Origin): Promise<void> {
    const link = await this.links.find(token, 'PASSWORD_RESET')
    checkNewPassword(password, link.email, 'password')
    const passwordHash = await this.passwords.hash(password)
    const ctx: Context = { ...systemContext(link.tenantId, 'password-reset link'), requestId, ip }
    await this.prisma.tenant(link.tenantId, async (tx) => {
      const { operatorId } = await this.links.useIn(tx, link)
      if (operatorId === null) throw new Error('A password reset of nobody')
      const sessionsEnded = await this.operators.setPasswordIn(tx, link.tenantId, operatorId, passwordHash)
      await this.audit.record(tx, ctx, { action: 'operator.password-reset', subjectKind: 'operator', subjectId: operatorId, after: { linkId: link.id, sessionsEnded } })
    })
    await this.attempts.forgive(link.email, ip)
  }

  /** Throws BAD_USER_INPUT (password), CONFLICT where a factor is enrolled, RATE_LIMITED. */
  async enrolTotp(ctx: Context, password: string, ip: string): Promise<TotpEnrolment> {
    const operator = await this.oneself(ctx)
    await this.proven(ctx, operator, password, 'password', ip)
    return this.totp.enrol(ctx, operator.id, operator.email)
  }

  /** Returns the recovery codes. Throws BAD_USER_INPUT (code), CONFLICT where nothing waits for a code, RATE_LIMITED. */
  async confirmTotp(ctx: Context, code: string, ip: string): Promise<string[]> {
    const { id, email } = await this.oneself(ctx)
    const codes = await this.attempts.attempt(email, ip, () => this.totp.confirm(ctx, id, code))
    if (codes === null) throw badInput('code', 'is wrong; look whether the clock of the device is right', 'CODE_WRONG')
    return codes
  }

  /** Throws BAD_USER_INPUT (code, which may mean the password), CONFLICT where none is enrolled, RATE_LIMITED. */
  async disableTotp(ctx: Context, password: string, code: string, ip: string): Promise<void> {
    const operator = await this.oneself(ctx)
    if (!operator.totpEnabled) throw new AppError('CONFLICT', 'No second factor is enrolled', { reason: 'TOTP_MISSING' })
    checkLength(password, 'password')
    // One attempt for both: a good password would else start the count of wrong codes anew.
    const done = await this.attempts.attempt(operator.email, ip, async () => {
      if (!(await this.operators.passwordFits(ctx, operator.email, password))) return null
      return this.prisma.tenant(ctx.tenantId, async (tx) =>
        (await this.totp.spendIn(tx, ctx, operator.id, code)) ? this.totp.removeIn(tx, ctx, operator.id, 'operator.totp-disabled') : null)
    })
    if (done === null) throw badInput('code', 'the code or the password is wrong, or the code was used before', 'CODE_OR_PASSWORD_WRONG')
  }

  private async oneself(ctx: Context): Promise<OperatorView> {
    const operator = ctx.caller.kind === 'operator' ? await this.operators.get(ctx, ctx.caller.operatorId) : null
    if (operator === null) throw new AppError('UNAUTHENTICATED', 'The session has ended: sign in again')
    return operator
  }

  private async proven(ctx: Context, { email }: OperatorView, password: string, field: string, ip: string): Promise<void> {
    checkLength(password, field)
    const judge = async () => (await this.operators.passwordFits(ctx, email, password)) || null
    if ((await this.attempts.attempt(email, ip, judge)) === null) throw badInput(field, 'is wrong', 'PASSWORD_WRONG')
  }
}

function checkLength(password: string, field: string): void {
  if (password.length > PASSWORD_CHARACTERS_MAX) throw badInput(field, `must be at most ${PASSWORD_CHARACTERS_MAX} characters`, 'PASSWORD_LONG', { max: PASSWORD_CHARACTERS_MAX })
}
