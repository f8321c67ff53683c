import { Injectable } from '@nestjs/common'
import type { Context, Role } from '../../common/context.js'
import { AppError, movedMeanwhile } from '../../common/errors.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { AuditLogService, type AuditEntry } from './audit-log.service.js'
import { OperatorService } from './operator.service.js'
import type { OperatorView } from './tenancy.types.js'
import { TotpService } from './totp.service.js'

/** What owners decide about operators. In force on the next request; a tenant always keeps an owner who can sign in. */
@Injectable()
export class OperatorRosterService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly operators: OperatorService,
    private readonly totp: TotpService,
    private readonly audit: AuditLogService,
  ) {}

  /** `expected`: as who asks saw it. Throws NOT_FOUND, or CONFLICT where it is another, or the tenant would be without an owner. */
  setRole(ctx: Context, id: string, role: Role, expected?: Role): Promise<OperatorView> {
    return this.change(ctx, id, 'operator.role-set', async (tx, before) => {
      if (expected !== undefined && before.role !== expected) {
        throw movedMeanwhile('The role of this operator has been changed meanwhile', ['role'])
      }
      if (before.role === role) return false
      if (before.role === 'OWNER') await this.keepAnOwner(tx, before)
      await tx.operator.updateMany({ where: { tenantId: ctx.tenantId, id }, data: { role } })
      return true
    })
  }

  /** Ends the operator's sessions. Again on a disabled one changes nothing. Throws NOT_FOUND, CONFLICT as above, or for oneself. */
  disable(ctx: Context, id: string): Promise<OperatorView> {
    notOneself(ctx, id, 'Nobody disables himself: ask another owner')
    return this.change(ctx, id, 'operator.disabled', async (tx, before) => {
      if (before.disabledAt !== null) return false
      if (before.role === 'OWNER') await this.keepAnOwner(tx, before)
      await tx.operator.updateMany({ where: { tenantId: ctx.tenantId, id }, data: { disabledAt: new Date() } })
      await this.operators.endSessionsIn(tx, ctx.tenantId, id)
      return true
    })
  }

  /** Sessions of before stay ended. Throws NOT_FOUND. */
  enable(ctx: Context, id: string): Promise<OperatorView> {
    return this.change(ctx, id, 'operator.enabled', async (tx, before) => {
      if (before.disabledAt === null) return false
      await tx.operator.updateMany({ where: { tenantId: ctx.tenantId, id }, data: { disabledAt: null } })
      return true
    })
  }

  /** For who lost both the app and the recovery codes. Ends the operator's sessions. Throws NOT_FOUND, or CONFLICT for oneself. */
  async resetTotp(ctx: Context, id: string): Promise<OperatorView> {
    // A stolen session would else rid itself of the factor.
    notOneself(ctx, id, 'One’s own second factor is disabled with its code: disableTotp')
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      await this.lockedIn(tx, ctx.tenantId, id)
      if (await this.totp.removeIn(tx, ctx, id, 'operator.totp-reset')) await this.operators.endSessionsIn(tx, ctx.tenantId, id)
      return this.operators.getIn(tx, ctx.tenantId, id)
    })
  }

  private async change(ctx: Context, id: string, action: AuditEntry['action'], apply: (tx: Tx, before: OperatorView) => Promise<boolean>): Promise<OperatorView> {
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      const before = await this.lockedIn(tx, ctx.tenantId, id)
      if (!(await apply(tx, before))) return before
      const after = await this.operators.getIn(tx, ctx.tenantId, id)
      const shown = ({ email, role, disabledAt }: OperatorView) => ({ email, role, disabledAt })
      await this.audit.record(tx, ctx, { action, subjectKind: 'operator', subjectId: id, before: shown(before), after: shown(after) })
      return after
    })
  }

  /** Locks every owner as well, always in one order: two who disable each other come one after the other. */
  private async lockedIn(tx: Tx, tenantId: string, id: string): Promise<OperatorView> {
    await tx.$queryRaw`SELECT id FROM operator WHERE tenant_id = ${tenantId}::uuid AND (id::text = ${id} OR role = 'OWNER') ORDER BY id FOR UPDATE`
    return this.operators.getIn(tx, tenantId, id)
  }

  private async keepAnOwner(tx: Tx, { tenantId, id }: OperatorView): Promise<void> {
    const others = await tx.operator.count({ where: { tenantId, role: 'OWNER', disabledAt: null, id: { not: id } } })
    if (others === 0) throw new AppError('CONFLICT', 'The tenant would have no owner left who can sign in', { field: 'id', reason: 'LAST_OWNER' })
  }
}

function notOneself({ caller }: Context, id: string, message: string): void {
  if (caller.kind === 'operator' && caller.operatorId === id) throw new AppError('CONFLICT', message, { field: 'id', reason: 'ONESELF' })
}

