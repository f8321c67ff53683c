import { Injectable } from '@nestjs/common'
import type { Context, Role } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import type { Prisma } from '../../generated/prisma/client.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { AuditLogService } from './audit-log.service.js'
import type { ApprovalRule, TenantPolicyView } from './tenancy.types.js'
import { TotpService } from './totp.service.js'

export interface PolicyPatch {
  readonly totpRequired?: boolean | undefined
  readonly publishers?: readonly Role[] | undefined
  readonly approvals?: readonly ApprovalRule[] | undefined
  readonly approvalHours?: number | undefined
}

/** The roles that can be let publish: the product's own bound. */
const PUBLISHERS: readonly Role[] = ['OWNER', 'MANAGER', 'REVIEWER']
const HOURS_MAX = 720
const ABOVE_MAX = 0x7fff_ffff
const NOTHING_ASKED: TenantPolicyView = { version: 0, totpRequired: false, publishers: PUBLISHERS, approvals: [], approvalHours: 72 }
const VIEW = { version: true, totpRequired: true, publishers: true, approvals: true, approvalHours: true } as const
const moved = () => new AppError('CONFLICT', 'The policy has been changed meanwhile: read it again', { field: 'expectedVersion', reason: 'MOVED' })

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
   * Changes that wait go on waiting, whatever the policy becomes.
   * @throws AppError BAD_USER_INPUT; CONFLICT where the policy is not at `expectedVersion`, or who asks others for a factor has none
   */
  async set(ctx: Context, expectedVersion: number, patch: PolicyPatch): Promise<TenantPolicyView> {
    const { tenantId, caller } = ctx
    check(patch)
    return this.prisma.tenant(tenantId, async (tx) => {
      const before = await this.getIn(tx, tenantId)
      if (before.version !== expectedVersion) throw moved()
      const after = patched(before, patch)
      const row = { ...after, approvals: after.approvals as unknown as Prisma.InputJsonArray }
      const asks = after.totpRequired && !before.totpRequired && caller.kind === 'operator'
      if (asks && !(await this.totp.isEnrolledIn(tx, tenantId, caller.operatorId))) {
        throw new AppError('CONFLICT', 'Enrol a second factor yourself before you ask others for one', { field: 'totpRequired', reason: 'TOTP_ONESELF_FIRST' })
      }
      // Of two writers who saw the same version, one changes no row.
      const where = { tenantId, version: before.version }
      const { count } = before.version === 0
        ? await tx.tenantPolicy.createMany({ data: [{ tenantId, ...row }], skipDuplicates: true })
        : await tx.tenantPolicy.updateMany({ where, data: { ...row, updatedAt: new Date() } })
      if (count === 0) throw moved()
      await this.audit.record(tx, ctx, { action: 'tenant.policy-set', subjectKind: 'tenant', subjectId: tenantId, before, after })
      return after
    })
  }

  /** The policy before and after such a change, which is not made. Throws BAD_USER_INPUT, CONFLICT. */
  async rehearse(
    ctx: Context, expectedVersion: number, patch: PolicyPatch,
  ): Promise<{ before: TenantPolicyView; after: TenantPolicyView }> {
    check(patch)
    const before = await this.get(ctx)
    if (before.version !== expectedVersion) throw moved()
    return { before, after: patched(before, patch) }
  }

  private async getIn(tx: Tx, tenantId: string): Promise<TenantPolicyView> {
    const row = await tx.tenantPolicy.findUnique({ where: { tenantId }, select: VIEW })
    // jsonb, written from this very type.
    return row === null ? NOTHING_ASKED : { ...row, approvals: row.approvals as unknown as ApprovalRule[] }
  }
}

const patched = (before: TenantPolicyView, patch: PolicyPatch) => ({
  version: before.version + 1,
  totpRequired: patch.totpRequired ?? before.totpRequired,
  publishers: [...(patch.publishers ?? before.publishers)],
  approvals: patch.approvals ?? before.approvals,
  approvalHours: patch.approvalHours ?? before.approvalHours,
})

function check({ publishers, approvals, approvalHours }: PolicyPatch): void {
  if (publishers !== undefined) {
    const known = publishers.every((role) => PUBLISHERS.includes(role))
    if (!known || publishers.length === 0 || new Set(publishers).size < publishers.length) throw badInput('publishers', `must be one or more of ${PUBLISHERS.join(', ')}, each once`, 'REQUIRED')
  }
  const kinds = new Set<string>()
  for (const [i, { kind, above }] of (approvals ?? []).entries()) {
    if (kind === 'POLICY') throw badInput(`approvals[${i}].kind`, 'needs no rule: a looser policy is approved wherever anything is', 'POLICY_RULE')
    if (kinds.has(kind)) throw badInput(`approvals[${i}].kind`, 'is named twice', 'TWICE')
    kinds.add(kind)
    if (!Number.isInteger(above) || above < 0 || above > ABOVE_MAX) throw badInput(`approvals[${i}].above`, `must be from 0 to ${ABOVE_MAX}`, 'RANGE', { min: 0, max: ABOVE_MAX })
  }
  if (approvalHours !== undefined && (!Number.isInteger(approvalHours) || approvalHours < 1 || approvalHours > HOURS_MAX)) {
    throw badInput('approvalHours', `must be from 1 to ${HOURS_MAX}`, 'RANGE', { min: 1, max: HOURS_MAX })
  }
}
