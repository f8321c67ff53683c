import { Injectable } from '@nestjs/common'
import { AppError, badInput } from '../../common/errors.js'
import type { Context, Role } from '../../common/context.js'
import { sha256 } from '../../common/hash.js'
import { newId } from '../../common/ids.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { AuditLogService } from './audit-log.service.js'
import { normalEmail } from './domain/names.js'
import { PASSWORD_CHARACTERS_MAX } from './domain/passwords.js'
import { isSessionToken, newSessionToken } from './domain/secrets.js'
import { LoginAttempts } from './login-attempts.service.js'
import { PasswordService } from './password.service.js'
import type { OperatorSession } from './tenancy.types.js'
import { TotpService } from './totp.service.js'

export const SESSION_MS_MAX = 7 * 24 * 60 * 60_000
const IDLE_MS_MAX = 12 * 60 * 60_000
const SEEN_INTERVAL_MS = 60_000
const SESSIONS_PER_OPERATOR_MAX = 20
const SESSION = 'SELECT s.*, system_totp_owed(s.tenant_id, s.operator_id) AS totp_owed FROM system_session($1) s'

export interface Login {
  /** Shown to the caller once; only its hash is kept. */
  readonly token: string
  readonly session: OperatorSession
}

interface OperatorRow {
  tenant_id: string
  operator_id: string
  password_hash: string
  disabled_at: Date | null
}

interface SessionRow {
  tenant_id: string
  session_id: string
  operator_id: string
  role: Role
  last_seen_at: Date
  expires_at: Date
  totp_owed: boolean
}

@Injectable()
export class SessionService {
  constructor(
    private readonly sql: SqlService,
    private readonly prisma: PrismaService,
    private readonly passwords: PasswordService,
    private readonly audit: AuditLogService,
    private readonly attempts: LoginAttempts,
    private readonly totp: TotpService,
  ) {}

  /**
   * Signs an operator in. Every wrong e-mail, password or code gets the same UNAUTHENTICATED, after the same time; too many
   * of them RATE_LIMITED with the time to wait. UNAUTHENTICATED for TOTP_REQUIRED where all that lacks is a code.
   */
  async login(email: string, password: string, ip: string, requestId: string, code?: string | null): Promise<Login> {
    const name = normalEmail(email)
    if (password.length > PASSWORD_CHARACTERS_MAX) throw badInput('password', `must be at most ${PASSWORD_CHARACTERS_MAX} characters`, 'PASSWORD_LONG', { max: PASSWORD_CHARACTERS_MAX })
    const login = await this.attempts.attempt(name, ip, async () => {
      const operator = await this.operatorWith(name, password)
      return operator === null ? null : this.open(operator, ip, requestId, code ?? null)
    })
    if (login === null) throw new AppError('UNAUTHENTICATED', `The e-mail${code == null ? ' or the password' : ', the password or the code'} is wrong`)
    return login
  }

  /**
   * The session that a token opens, or null: unknown, signed out, expired, idle for too long, or its operator disabled.
   * `isUse` false: it goes on being idle.
   */
  async authenticate(token: string, isUse = true): Promise<OperatorSession | null> {
    if (!isSessionToken(token)) return null
    const row = await this.sql.system(async (sql) => {
      const { rows } = await sql.query<SessionRow>(SESSION, [sha256(token)])
      return rows[0] ?? null
    })
    if (row === null) return null
    const idleMs = Date.now() - row.last_seen_at.getTime()
    if (idleMs > IDLE_MS_MAX) return null
    const { tenant_id: tenantId, operator_id: operatorId, role, session_id: sessionId, totp_owed: totpOwed } = row
    const session = { tenantId, operatorId, role, sessionId, totpOwed }
    if (isUse && idleMs > SEEN_INTERVAL_MS) {
      await this.prisma.tenant(session.tenantId, (tx) =>
        tx.operatorSession.updateMany({ where: { tenantId: session.tenantId, id: session.sessionId }, data: { lastSeenAt: new Date() } }))
    }
    return session
  }

  /** Ends a session: its token opens nothing from now on, in any process. */
  async logout(ctx: Context, sessionId: string): Promise<void> {
    await this.prisma.tenant(ctx.tenantId, async (tx) => {
      const revokedAt = new Date()
      const where = { tenantId: ctx.tenantId, id: sessionId, revokedAt: null }
      const { count } = await tx.operatorSession.updateMany({ where, data: { revokedAt } })
      if (count === 0) return
      await this.audit.record(tx, ctx, {
        action: 'session.closed', subjectKind: 'session', subjectId: sessionId, before: { revokedAt: null }, after: { revokedAt },
      })
    })
  }

  /** The session that a browser had before it signed in anew; nothing where it had none. */
  async endByToken(token: string, requestId: string): Promise<void> {
    const session = await this.authenticate(token)
    if (session === null) return
    const { tenantId, operatorId, role, sessionId } = session
    await this.logout({ tenantId, requestId, caller: { kind: 'operator', operatorId, role } }, sessionId)
  }

  /** Null: the code is wrong, or the password has been changed since it was checked. */
  private async open(operator: OperatorRow, ip: string, requestId: string, code: string | null): Promise<Login | null> {
    const { tenant_id: tenantId, operator_id: operatorId } = operator
    const token = newSessionToken()
    const id = newId()
    const session = await this.prisma.tenant(tenantId, async (tx) => {
      const now = await tx.operator.findFirst({
        where: { tenantId, id: operatorId, passwordHash: operator.password_hash, disabledAt: null }, select: { role: true },
      })
      if (now === null) return null
      const { role } = now
      const ctx: Context = { tenantId, requestId, caller: { kind: 'operator', operatorId, role }, ip }
      const enrolled = await this.totp.isEnrolledIn(tx, tenantId, operatorId)
      if (enrolled && code === null) throw new AppError('UNAUTHENTICATED', 'A code of your authenticator app is needed', { field: 'code', reason: 'TOTP_REQUIRED' })
      // Uses the code up, with the session that it opens: both are kept, or neither.
      if (enrolled && !(await this.totp.spendIn(tx, ctx, operatorId, code ?? ''))) return null
      const ended = await this.endSurplus(tenantId, operatorId, tx)
      await tx.operatorSession.create({
        data: { tenantId, id, operatorId, tokenHash: new Uint8Array(sha256(token)), expiresAt: new Date(Date.now() + SESSION_MS_MAX) },
        select: { id: true },
      })
      await this.audit.record(tx, ctx, {
        action: 'session.opened', subjectKind: 'session', subjectId: id, after: { operatorId, ...(ended.length === 0 ? {} : { ended }) },
      })
      const owed = !enrolled && (await tx.tenantPolicy.count({ where: { tenantId, totpRequired: true } })) > 0
      return { tenantId, operatorId, role, sessionId: id, totpOwed: owed }
    })
    return session === null ? null : { token, session }
  }

  /** Forgets sessions that have ended, and ends those beyond the most that an operator may have. Returns the ids of these. */
  private async endSurplus(tenantId: string, operatorId: string, tx: Tx): Promise<string[]> {
    const surplus = await tx.operatorSession.findMany({
      where: { tenantId, operatorId }, orderBy: { createdAt: 'desc' }, skip: SESSIONS_PER_OPERATOR_MAX - 1, take: 1_000, select: { id: true, expiresAt: true, revokedAt: true },
    })
    const now = new Date()
    const gone = { OR: [{ expiresAt: { lt: now } }, { revokedAt: { not: null } }, { id: { in: surplus.map(({ id }) => id) } }] }
    await tx.operatorSession.deleteMany({ where: { tenantId, operatorId, ...gone } })
    return surplus.filter(({ expiresAt, revokedAt }) => expiresAt >= now && revokedAt === null).map(({ id }) => id)
  }

  private async operatorWith(email: string, password: string): Promise<OperatorRow | null> {
    const operator = await this.sql.system(async (sql) => {
      const { rows } = await sql.query<OperatorRow>('SELECT * FROM system_operator_by_email($1)', [email])
      return rows[0] ?? null
    })
    const usable = operator !== null && operator.disabled_at === null ? operator : null
    const good = await this.passwords.verify(usable?.password_hash ?? null, password)
    return good ? usable : null
  }
}
