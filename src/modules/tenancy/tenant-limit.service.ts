import { Inject, Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
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

  /** In force within 5 s in every process. Throws BAD_USER_INPUT naming the limit that cannot be. */
  async set(ctx: Context, change: TenantLimitsChange): Promise<TenantLimits> {
    const data = this.#checked(change)
    if (Object.keys(data).length === 0) return this.get(ctx)
    return this.#view(await this.prisma.tenant(ctx.tenantId, async (tx) => {
      const where = { id: ctx.tenantId }
      const before = await tx.tenant.findUniqueOrThrow({ where, select: LIMITS })
      const after = await tx.tenant.update({ where, data, select: LIMITS })
      await this.audit.record(tx, ctx, { action: 'tenant.limit-set', subjectKind: 'tenant', subjectId: ctx.tenantId, before, after })
      return after
    }))
  }

  #checked(change: TenantLimitsChange) {
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
