import { Injectable } from '@nestjs/common'
import { importJWK, type CryptoKey } from 'jose'
import type { Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { isSafeId, isUuid, newId } from '../../common/ids.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { AuditLogService } from './audit-log.service.js'
import { isParticipantAlgorithm, PARTICIPANT_ALGORITHMS, readPublicJwk, type ParticipantAlgorithm } from './domain/participant-jwk.js'
import { TenantService } from './tenant.service.js'
import type { DeviceLimits, ParticipantKeyView, TenantIdentity } from './tenancy.types.js'
import { isUniqueViolation } from './unique-violation.js'

export const KID_CHARACTERS_MAX = 64
const KEYS_PER_TENANT_MAX = 20
const VIEW = { id: true, kid: true, algorithm: true, publicJwk: true, createdAt: true, revokedAt: true } as const

/** A registered key, ready to verify with its one algorithm. */
export interface VerificationKey extends TenantIdentity, DeviceLimits {
  readonly id: string
  readonly algorithm: ParticipantAlgorithm
  readonly publicKey: CryptoKey | Uint8Array
}

interface Changed {
  readonly view: ParticipantKeyView
  readonly tenantSlug: string
}

const missing = () => new AppError('NOT_FOUND', 'There is no such key', { field: 'id' })

/** The public keys that a tenant signs its participants' tokens with. */
@Injectable()
export class ParticipantKeyService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly tenants: TenantService,
    private readonly audit: AuditLogService,
  ) {}

  /** The key of a tenant that is in use under `kid`, or null. */
  async find(slug: string, kid: string): Promise<VerificationKey | null> {
    const tenant = await this.tenants.bySlug(slug)
    if (tenant === null) return null
    const row = await this.prisma.tenant(tenant.tenantId, (tx) =>
      tx.participantKey.findFirst({ where: { tenantId: tenant.tenantId, kid, revokedAt: null }, select: VIEW }))
    if (row === null || !isParticipantAlgorithm(row.algorithm)) return null
    const publicKey = await importJWK(row.publicJwk as Record<string, string>, row.algorithm)
    return { ...tenant, id: row.id, algorithm: row.algorithm, publicKey }
  }

  async list(ctx: Context): Promise<ParticipantKeyView[]> {
    const rows = await this.prisma.tenant(ctx.tenantId, (tx) =>
      tx.participantKey.findMany({ where: { tenantId: ctx.tenantId }, orderBy: { createdAt: 'desc' }, take: 10 * KEYS_PER_TENANT_MAX, select: VIEW }))
    return rows.map(toView)
  }

  /** Throws BAD_USER_INPUT, or CONFLICT when the kid was ever used before or the tenant has too many keys. */
  async register(ctx: Context, kid: string, algorithm: string, publicJwk: string): Promise<Changed> {
    if (!isSafeId(kid, KID_CHARACTERS_MAX)) throw badInput('kid', `must be 1 to ${KID_CHARACTERS_MAX} characters, none of them a control character or a brace`, 'ID', { max: KID_CHARACTERS_MAX })
    if (!isParticipantAlgorithm(algorithm)) throw badInput('algorithm', `must be one of ${PARTICIPANT_ALGORITHMS.join(', ')}`, 'ALGORITHM')
    const jwk = readPublicJwk(publicJwk, algorithm)
    try {
      return await this.prisma.tenant(ctx.tenantId, async (tx) => {
        const inUse = await tx.participantKey.count({ where: { tenantId: ctx.tenantId, revokedAt: null } })
        if (inUse >= KEYS_PER_TENANT_MAX) throw new AppError('CONFLICT', `A tenant has at most ${KEYS_PER_TENANT_MAX} participant keys: revoke one first`, { reason: 'LIMIT_REACHED', params: { max: KEYS_PER_TENANT_MAX } })
        const data = { tenantId: ctx.tenantId, id: newId(), kid, algorithm, publicJwk: jwk }
        const row = await tx.participantKey.create({ data, select: VIEW })
        await this.audit.record(tx, ctx, { action: 'participant-key.registered', subjectKind: 'participant-key', subjectId: row.id, after: row })
        return this.changed(tx, ctx, row)
      })
    } catch (error) {
      if (isUniqueViolation(error)) throw new AppError('CONFLICT', 'kid: is taken; a kid is never used again', { field: 'kid', reason: 'KID_TAKEN' })
      throw error
    }
  }

  /** Again on a revoked key changes nothing. Throws NOT_FOUND. */
  async revoke(ctx: Context, id: string): Promise<Changed> {
    if (!isUuid(id)) throw missing()
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      const where = { tenantId: ctx.tenantId, id }
      const { count } = await tx.participantKey.updateMany({ where: { ...where, revokedAt: null }, data: { revokedAt: new Date() } })
      const row = await tx.participantKey.findFirst({ where, select: VIEW })
      if (row === null) throw missing()
      if (count > 0) {
        await this.audit.record(tx, ctx, {
          action: 'participant-key.revoked', subjectKind: 'participant-key', subjectId: id, before: { ...row, revokedAt: null }, after: row,
        })
      }
      return this.changed(tx, ctx, row)
    })
  }

  private async changed(tx: Tx, ctx: Context, row: KeyRow): Promise<Changed> {
    const { slug } = await tx.tenant.findUniqueOrThrow({ where: { id: ctx.tenantId }, select: { slug: true } })
    return { view: toView(row), tenantSlug: slug }
  }
}

type KeyRow = Omit<ParticipantKeyView, 'publicJwk'> & { publicJwk: unknown }

const toView = (row: KeyRow): ParticipantKeyView => ({ ...row, publicJwk: JSON.stringify(row.publicJwk) })
