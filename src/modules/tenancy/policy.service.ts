import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { AuditLogService } from './audit-log.service.js'
import { TotpService } from './totp.service.js'

export interface TenantPolicyView {
  /** Grows with every change; 0: never set. Writers send the one that they saw. */
  readonly version: number
  readonly totpRequired: boolean
}

export interface PolicyPatch {
  readonly totpRequired?: boolean | undefined
}

const NOTHING_ASKED: TenantPolicyView = { version: 0, totpRequired: false }
const VIEW = { version: true, totpRequired: true } as const
const moved = () => new AppError('CONFLICT', 'The policy has been changed meanwhile: read it again', { field: 'expectedVersion' })

/** What a tenant asks of its operators. */
@Injectable()
export class PolicyService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogService,
    private readonly totp: TotpService,
  ) {}

  get({ tenantId }: Context): Promise<TenantPolicyView> {
    return this.prisma.tenant(tenantId, (tx) => this.getIn(tx, tenantId))
  }

  /**
   * In force at once: an operator without a second factor can do nothing but enrol one, from the next request on.
   * @throws AppError CONFLICT where the policy is not at `expectedVersion`, or who asks others for a factor has none
   */
  async set(ctx: Context, expectedVersion: number, patch: PolicyPatch): Promise<TenantPolicyView> {
    const { tenantId, caller } = ctx
    return this.prisma.tenant(tenantId, async (tx) => {
      const before = await this.getIn(tx, tenantId)
      if (before.version !== expectedVersion) throw moved()
      const after = { version: before.version + 1, totpRequired: patch.totpRequired ?? before.totpRequired }
      if (after.totpRequired && !before.totpRequired && caller.kind === 'operator' && !(await this.totp.isEnrolledIn(tx, tenantId, caller.operatorId))) {
        throw new AppError('CONFLICT', 'Enrol a second factor yourself before you ask others for one', { field: 'totpRequired' })
      }
      // Of two writers who saw the same version, one changes no row.
      const where = { tenantId, version: before.version }
      const { count } = before.version === 0
        ? await tx.tenantPolicy.createMany({ data: [{ tenantId, ...after }], skipDuplicates: true })
        : await tx.tenantPolicy.updateMany({ where, data: { ...after, updatedAt: new Date() } })
      if (count === 0) throw moved()
      await this.audit.record(tx, ctx, { action: 'tenant.policy-set', subjectKind: 'tenant', subjectId: tenantId, before, after })
      return after
    })
  }

  private async getIn(tx: Tx, tenantId: string): Promise<TenantPolicyView> {
    return (await tx.tenantPolicy.findUnique({ where: { tenantId }, select: VIEW })) ?? NOTHING_ASKED
  }
}
