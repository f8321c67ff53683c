import { Injectable } from '@nestjs/common'
import { AppError } from '../../common/errors.js'
import { systemContext, type Context } from '../../common/context.js'
import { newId } from '../../common/ids.js'
import { PrismaService } from '../../platform/prisma/prisma.service.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { ApiKeyService } from './api-key.service.js'
import { AuditLogService } from './audit-log.service.js'
import { checkedDrawRate } from './domain/draw-rate.js'
import { checkedName, checkedSlug, isSlug } from './domain/names.js'
import { OperatorService } from './operator.service.js'
import type { DeviceLimits, OperatorView, TenantIdentity, TenantView } from './tenancy.types.js'
import { isUniqueViolation } from './unique-violation.js'

const DRAWS_PER_SECOND_MAX = 10_000_000

export interface CreateTenant {
  readonly slug: string
  readonly name: string
  readonly ownerEmail: string
  readonly ownerName: string
  readonly drawsPerSecondMax?: number | undefined
  /** Who creates it, for the audit log. */
  readonly actor: string
}

export interface CreatedTenant {
  readonly tenant: TenantView
  readonly owner: OperatorView
  /** This and the key are in the answer and nowhere else. */
  readonly ownerPassword: string
  readonly apiKey: string
}

interface SlugRow {
  tenant_id: string
  tenant_slug: string
  draws_per_second_max: number
  device_ip_draws_per_second_max: number | null
  participant_draws_per_second_max: number | null
}

interface TenantRow {
  id: string
  slug: string
  name: string
  drawsPerSecondMax: number
  createdAt: Date
}

const VIEW = { id: true, slug: true, name: true, drawsPerSecondMax: true, createdAt: true } as const

const toView = ({ id, slug, ...rest }: TenantRow): TenantView => ({ tenantId: id, tenantSlug: slug, ...rest })

const checkedLimit = (drawsPerSecondMax: number) => checkedDrawRate(drawsPerSecondMax, DRAWS_PER_SECOND_MAX)

@Injectable()
export class TenantService {
  constructor(
    private readonly sql: SqlService,
    private readonly prisma: PrismaService,
    private readonly operators: OperatorService,
    private readonly apiKeys: ApiKeyService,
    private readonly audit: AuditLogService,
  ) {}

  async get(tenantId: string): Promise<TenantView | null> {
    const row = await this.prisma.tenant(tenantId, (tx) => tx.tenant.findUnique({ where: { id: tenantId }, select: VIEW }))
    return row === null ? null : toView(row)
  }

  async bySlug(slug: string): Promise<(TenantIdentity & DeviceLimits) | null> {
    if (!isSlug(slug)) return null
    return this.sql.system(async (sql) => {
      const { rows } = await sql.query<SlugRow>('SELECT * FROM system_tenant_by_slug($1)', [slug])
      const row = rows[0]
      if (row === undefined) return null
      return {
        tenantId: row.tenant_id, tenantSlug: row.tenant_slug, drawsPerSecondMax: row.draws_per_second_max,
        deviceIpDrawsPerSecondMax: row.device_ip_draws_per_second_max, participantDrawsPerSecondMax: row.participant_draws_per_second_max,
      }
    })
  }

  /** A tenant with its first owner and its first server key: all, or on any failure nothing. Throws BAD_USER_INPUT, CONFLICT. */
  async create(input: CreateTenant): Promise<CreatedTenant> {
    const slug = checkedSlug(input.slug)
    const name = checkedName(input.name)
    const limit = input.drawsPerSecondMax === undefined ? {} : { drawsPerSecondMax: checkedLimit(input.drawsPerSecondMax) }
    const owner = await this.operators.prepare({ email: input.ownerEmail, name: input.ownerName, role: 'OWNER' })
    const ctx = systemContext(newId(), input.actor)
    try {
      return await this.prisma.tenant(ctx.tenantId, async (tx) => {
        const tenant = await tx.tenant.create({ data: { id: ctx.tenantId, slug, name, ...limit }, select: VIEW })
        await this.audit.record(tx, ctx, { action: 'tenant.created', subjectKind: 'tenant', subjectId: tenant.id, after: tenant })
        const operator = await this.operators.addIn(tx, ctx, owner)
        const { secret } = await this.apiKeys.createIn(tx, ctx, { name: 'First server key' })
        return { tenant: toView(tenant), owner: operator, ownerPassword: owner.password, apiKey: secret }
      })
    } catch (error) {
      if (isUniqueViolation(error)) throw new AppError('CONFLICT', `slug: "${slug}" is taken`, { field: 'slug', reason: 'TAKEN' })
      throw error
    }
  }

  /** The installation's own word, above what operators may set. In force within 5 s in every process. */
  async setLimit(ctx: Context, drawsPerSecondMax: number): Promise<TenantView> {
    const data = { drawsPerSecondMax: checkedLimit(drawsPerSecondMax) }
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      const where = { id: ctx.tenantId }
      const before = await tx.tenant.findUniqueOrThrow({ where, select: VIEW })
      const after = await tx.tenant.update({ where, data, select: VIEW })
      await this.audit.record(tx, ctx, { action: 'tenant.limit-set', subjectKind: 'tenant', subjectId: ctx.tenantId, before, after })
      return toView(after)
    })
  }
}
