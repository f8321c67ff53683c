import { Injectable } from '@nestjs/common'
import type { Context, Role } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { isUuid, newId } from '../../common/ids.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { AuditLogService } from './audit-log.service.js'
import { checkedName, normalEmail } from './domain/names.js'
import { newPassword } from './domain/secrets.js'
import { PasswordService } from './password.service.js'
import type { OperatorView } from './tenancy.types.js'
import { isUniqueViolation } from './unique-violation.js'

const OPERATORS_PER_TENANT_MAX = 500
const VIEW = {
  tenantId: true, id: true, email: true, name: true, role: true, createdAt: true, disabledAt: true, totp: { select: { confirmedAt: true } },
} as const

type Row = Omit<OperatorView, 'totpEnabled'> & { totp: { confirmedAt: Date | null } | null }
const toView = ({ totp, ...row }: Row): OperatorView => ({ ...row, totpEnabled: totp?.confirmedAt != null })

export interface NewOperator {
  readonly email: string
  readonly name: string
  readonly role: Role
}

/** A checked operator with a password of ours, hashed before any transaction begins: hashing takes its time. */
export interface PreparedOperator extends NewOperator {
  readonly password: string
  readonly passwordHash: string
}

const notFound = (field = 'email') => new AppError('NOT_FOUND', 'There is no such operator', { field })

@Injectable()
export class OperatorService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly passwords: PasswordService,
    private readonly audit: AuditLogService,
  ) {}

  async get(ctx: Context, id: string): Promise<OperatorView | null> {
    const where = { tenantId: ctx.tenantId, id }
    const row = await this.prisma.tenant(ctx.tenantId, (tx) => tx.operator.findFirst({ where, select: VIEW }))
    return row === null ? null : toView(row)
  }

  /** Throws NOT_FOUND. */
  async getIn(tx: Tx, tenantId: string, id: string, field = 'id'): Promise<OperatorView> {
    const row = isUuid(id) ? await tx.operator.findFirst({ where: { tenantId, id }, select: VIEW }) : null
    if (row === null) throw notFound(field)
    return toView(row)
  }

  /** All of the tenant's, disabled ones too, by name. */
  async list({ tenantId }: Context): Promise<OperatorView[]> {
    const rows = await this.prisma.tenant(tenantId, (tx) =>
      tx.operator.findMany({ where: { tenantId }, orderBy: [{ name: 'asc' }, { id: 'asc' }], take: 2 * OPERATORS_PER_TENANT_MAX, select: VIEW }))
    return rows.map(toView)
  }

  /** Throws CONFLICT where the tenant has as many operators as it may. */
  async checkRoomIn(tx: Tx, tenantId: string): Promise<void> {
    if ((await tx.operator.count({ where: { tenantId } })) < OPERATORS_PER_TENANT_MAX) return
    throw new AppError('CONFLICT', `A tenant has at most ${OPERATORS_PER_TENANT_MAX} operators`, { reason: 'LIMIT_REACHED', params: { max: OPERATORS_PER_TENANT_MAX } })
  }

  async byEmail(ctx: Context, email: string): Promise<OperatorView | null> {
    const where = { tenantId: ctx.tenantId, email: normalEmail(email) }
    const row = await this.prisma.tenant(ctx.tenantId, (tx) => tx.operator.findFirst({ where, select: VIEW }))
    return row === null ? null : toView(row)
  }

  /** Adds an operator with a generated password, shown once. Throws BAD_USER_INPUT, or CONFLICT when the e-mail is taken. */
  async add(ctx: Context, input: NewOperator): Promise<{ operator: OperatorView; password: string }> {
    const prepared = await this.prepare(input)
    const operator = await this.prisma.tenant(ctx.tenantId, (tx) => this.addIn(tx, ctx, prepared))
    return { operator, password: prepared.password }
  }

  async prepare({ email, name, role }: NewOperator): Promise<PreparedOperator> {
    const checked = { email: normalEmail(email), name: checkedName(name), role }
    const password = newPassword()
    return { ...checked, password, passwordHash: await this.passwords.hash(password) }
  }

  async addIn(tx: Tx, ctx: Context, { email, name, role, passwordHash }: Omit<PreparedOperator, 'password'>): Promise<OperatorView> {
    try {
      const data = { tenantId: ctx.tenantId, id: newId(), email, name, role, passwordHash }
      const operator = toView(await tx.operator.create({ data, select: VIEW }))
      await this.audit.record(tx, ctx, { action: 'operator.added', subjectKind: 'operator', subjectId: operator.id, after: { email, name, role } })
      return operator
    } catch (error) {
      if (isUniqueViolation(error)) throw new AppError('CONFLICT', `email: "${email}" is taken`, { field: 'email', reason: 'TAKEN' })
      throw error
    }
  }

  /** Whether this is an enabled operator's password. Not a way to sign in: nothing here slows down guessing. */
  async passwordFits(ctx: Context, email: string, password: string): Promise<boolean> {
    const where = { tenantId: ctx.tenantId, email: normalEmail(email), disabledAt: null }
    const row = await this.prisma.tenant(ctx.tenantId, (tx) => tx.operator.findFirst({ where, select: { passwordHash: true } }))
    return this.passwords.verify(row?.passwordHash ?? null, password)
  }

  /** Gives an operator a new generated password and ends all of his sessions. Throws NOT_FOUND. */
  async resetPassword(ctx: Context, email: string): Promise<{ operator: OperatorView; password: string }> {
    const operator = await this.byEmail(ctx, email)
    if (operator === null) throw notFound()
    const password = newPassword()
    const passwordHash = await this.passwords.hash(password)
    await this.prisma.tenant(ctx.tenantId, async (tx) => {
      const sessionsEnded = await this.setPasswordIn(tx, ctx.tenantId, operator.id, passwordHash)
      await this.audit.record(tx, ctx, {
        action: 'operator.password-reset', subjectKind: 'operator', subjectId: operator.id, after: { email: operator.email, sessionsEnded },
      })
    })
    return { operator, password }
  }

  /**
   * Ends the operator's sessions but `keptSessionId`, and withdraws links that would set another password. Throws NOT_FOUND.
   * Returns how many sessions it ended.
   */
  async setPasswordIn(tx: Tx, tenantId: string, operatorId: string, passwordHash: string, keptSessionId?: string): Promise<number> {
    const { count } = await tx.operator.updateMany({ where: { tenantId, id: operatorId }, data: { passwordHash } })
    if (count === 0) throw notFound()
    const links = { tenantId, operatorId, kind: 'PASSWORD_RESET' as const, usedAt: null, revokedAt: null }
    await tx.operatorLink.updateMany({ where: links, data: { revokedAt: new Date() } })
    return this.endSessionsIn(tx, tenantId, operatorId, keptSessionId)
  }

  /** Returns how many it ended. */
  async endSessionsIn(tx: Tx, tenantId: string, operatorId: string, keptSessionId?: string): Promise<number> {
    const others = keptSessionId === undefined ? {} : { id: { not: keptSessionId } }
    const where = { tenantId, operatorId, revokedAt: null, ...others }
    return (await tx.operatorSession.updateMany({ where, data: { revokedAt: new Date() } })).count
  }
}
