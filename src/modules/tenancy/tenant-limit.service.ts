import { Inject, Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { movedMeanwhile } from '../../common/errors.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { PrismaService } from '../../platform/prisma/prisma.service.js'
import { AuditLogService } from './audit-log.service.js'
import { checkedDrawRate, checkedDrawRateOrNull } from './domain/draw-rate.js'
import type { TenantLimits, TenantLimitsChange } from './tenancy.types.js'

const LIMITS = {
  drawsPerSecondMax: true, deviceIpDrawsPerSecondMax: true, participantDrawsPerSecondMax: true, serverParticipantDrawsPerSecondMax: true,
} as const
/** Those that a tenant need not have. */
const OPTIONAL = ['deviceIpDrawsPerSecondMax', 'participantDrawsPerSecondMax', 'serverParticipantDrawsPerSecondMax'] as const
const NAMES = Object.keys(LIMITS) as Array<keyof typeof LIMITS>
type Limits = Pick<TenantLimits, keyof typeof LIMITS>

/** How often a tenant may draw, as its operators see and set it. */
@Injectable()
export class TenantLimitService {
  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogService,
  ) {}

  async get(ctx: Context): Promise<TenantLimits> {
    const where = { id: ctx.tenantId }
    return this.#view(await this.prisma.tenant(ctx.tenantId, (tx) => tx.tenant.findUniqueOrThrow({ where, select: LIMITS })))
  }

  /**
   * In force within 5 s in every process. `expected`: the limits as who asks saw them, as far as he says.
   * Throws BAD_USER_INPUT naming the limit that cannot be, CONFLICT where one is another than expected.
   */
  async set(ctx: Context, change: TenantLimitsChange, expected: TenantLimitsChange = {}): Promise<TenantLimits> {
    const data = this.checked(change)
    if (Object.keys(data).length === 0) return this.get(ctx)
    return this.#view(await this.prisma.tenant(ctx.tenantId, async (tx) => {
      const where = { id: ctx.tenantId }
      await tx.$queryRaw`SELECT id FROM tenant WHERE id = ${ctx.tenantId}::uuid FOR NO KEY UPDATE`
      const before = await tx.tenant.findUniqueOrThrow({ where, select: LIMITS })
      this.checkSeen(before, expected)
      const after = await tx.tenant.update({ where, data, select: LIMITS })
      await this.audit.record(tx, ctx, { action: 'tenant.limit-set', subjectKind: 'tenant', subjectId: ctx.tenantId, before, after })
      return after
    }))
  }

  /** Throws CONFLICT where a limit is another than expected. */
  checkSeen(now: Limits, expected: TenantLimitsChange): void {
    const moved = NAMES.filter((name) => expected[name] !== undefined && expected[name] !== now[name])
    if (moved.length === 0) return
    throw movedMeanwhile(`The limits have been changed meanwhile: ${moved.join(', ')}`, moved)
  }

  /** What would be set. Throws BAD_USER_INPUT. */
  checked(change: TenantLimitsChange) {
    const max = this.config.tenantDrawsPerSecondMax
    const checked: { -readonly [name in keyof Limits]?: Limits[name] } = {}
    const { drawsPerSecondMax: whole } = change
    if (whole !== undefined) checked.drawsPerSecondMax = checkedDrawRate(whole, max, 'input.drawsPerSecondMax')
    for (const name of OPTIONAL) {
      const wanted = change[name]
      if (wanted !== undefined) checked[name] = checkedDrawRateOrNull(wanted, max, `input.${name}`)
    }
    return checked
  }

  #view(limits: Limits): TenantLimits {
    return {
      ...limits,
      drawsPerSecondCeiling: this.config.tenantDrawsPerSecondMax,
      deviceIpDrawsPerSecondDefault: this.config.deviceIpDrawsPerSecondMax,
      participantDrawsPerSecondDefault: this.config.participantDrawsPerSecondMax,
    }
  }
}
