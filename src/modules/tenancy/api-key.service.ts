import { hash } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { AppError, movedMeanwhile } from '../../common/errors.js'
import type { Context } from '../../common/context.js'
import { sha256 } from '../../common/hash.js'
import { isUuid, newId } from '../../common/ids.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { isDatabaseUnavailable } from '../../platform/prisma/database-errors.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { AuditLogService } from './audit-log.service.js'
import { checkedDrawRateOrNull } from './domain/draw-rate.js'
import { checkedName } from './domain/names.js'
import { LookupCache } from './domain/lookup-cache.js'
import { type ApiKeyKind, isApiKeySecret, newApiKeySecret } from './domain/secrets.js'
import { KeyUseService } from './key-use.service.js'
import type { ApiKeyIdentity, ApiKeyView } from './tenancy.types.js'

const KEYS_PER_TENANT_MAX = 100
const BELIEVED_MS = 5_000
const VIEW = {
  id: true, name: true, prefix: true, createdAt: true, lastUsedAt: true, revokedAt: true, kind: true, drawsPerSecondMax: true,
} as const

const missing = () => new AppError('NOT_FOUND', 'There is no such key', { field: 'id' })

export interface CreateApiKey {
  readonly name: string
  readonly kind?: ApiKeyKind
  /** Null, or left out: as many as its tenant may. */
  readonly drawsPerSecondMax?: number | null | undefined
}

interface KeyRow {
  tenant_id: string
  tenant_slug: string
  draws_per_second_max: number
  api_key_id: string
  revoked_at: Date | null
  kind: ApiKeyKind
  key_draws_per_second_max: number | null
  server_participant_draws_per_second_max: number | null
}

/** A tenant's server keys. Only their SHA-256 is kept: they are random, so a slow hash would protect nothing more. */
@Injectable()
export class ApiKeyService {
  private readonly known = new LookupCache<ApiKeyIdentity>({
    entriesMax: 10_000, ttlMs: BELIEVED_MS, staleMsMax: 60_000, isOutage: isDatabaseUnavailable, lookupsMax: 256,
  })

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly sql: SqlService,
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogService,
    private readonly uses: KeyUseService,
  ) {}

  /** Whose key this is, or null: malformed, unknown or revoked. A revoked key works on for at most 5 s in other processes. */
  async authenticate(secret: string): Promise<ApiKeyIdentity | null> {
    if (!isApiKeySecret(secret)) return null
    const digest = sha256(secret)
    const identity = await this.known.get(digest.toString('base64'), () => this.look(digest))
    if (identity !== null) this.uses.used(identity.tenantId, identity.apiKeyId)
    return identity
  }

  /** As `authenticate`, at once where the key has just been known; undefined: that finds out. */
  authenticateKnown(secret: string): ApiKeyIdentity | undefined {
    if (!isApiKeySecret(secret)) return undefined
    const identity = this.known.peek(hash('sha256', secret, 'base64'))
    if (identity !== undefined) this.uses.used(identity.tenantId, identity.apiKeyId)
    return identity
  }

  /** A key that is in no table, good in this process until it is taken back. Returns its secret. */
  async lend(identity: ApiKeyIdentity): Promise<string> {
    const { secret } = newApiKeySecret('LIVE')
    await this.known.get(hash('sha256', secret, 'base64'), () => Promise.resolve(identity))
    return secret
  }

  takeBack(secret: string, { apiKeyId }: ApiKeyIdentity): void {
    this.known.forget(hash('sha256', secret, 'base64'))
    this.uses.forget(apiKeyId)
  }

  async list(ctx: Context): Promise<ApiKeyView[]> {
    return this.prisma.tenant(ctx.tenantId, (tx) =>
      tx.apiKey.findMany({ where: { tenantId: ctx.tenantId }, orderBy: { createdAt: 'desc' }, take: 10 * KEYS_PER_TENANT_MAX, select: VIEW }))
  }

  /** Makes a key. Its secret is in the answer and nowhere else. Throws BAD_USER_INPUT, or CONFLICT when the tenant has too many. */
  async create(ctx: Context, input: CreateApiKey): Promise<{ key: ApiKeyView; secret: string }> {
    return this.prisma.tenant(ctx.tenantId, (tx) => this.createIn(tx, ctx, input))
  }

  /** As `create`, within a transaction of the caller's. */
  async createIn(tx: Tx, ctx: Context, input: CreateApiKey): Promise<{ key: ApiKeyView; secret: string }> {
    const { kind = 'LIVE' } = input
    const name = checkedName(input.name)
    const drawsPerSecondMax = this.checkedRate(input.drawsPerSecondMax ?? null)
    const inUse = await tx.apiKey.count({ where: { tenantId: ctx.tenantId, revokedAt: null } })
    if (inUse >= KEYS_PER_TENANT_MAX) throw new AppError('CONFLICT', `A tenant has at most ${KEYS_PER_TENANT_MAX} keys: revoke one first`, { reason: 'LIMIT_REACHED', params: { max: KEYS_PER_TENANT_MAX } })
    const { secret, prefix } = newApiKeySecret(kind)
    const secretHash = new Uint8Array(sha256(secret))
    const data = { tenantId: ctx.tenantId, id: newId(), name, prefix, secretHash, kind, drawsPerSecondMax }
    const key = await tx.apiKey.create({ data, select: VIEW })
    const after = { name, prefix, kind, drawsPerSecondMax }
    await this.audit.record(tx, ctx, { action: 'api-key.created', subjectKind: 'api-key', subjectId: key.id, after })
    return { key, secret }
  }

  /** A key that is in use. Throws NOT_FOUND. */
  async get({ tenantId }: Context, id: string): Promise<ApiKeyView> {
    if (!isUuid(id)) throw missing()
    const where = { tenantId, id, revokedAt: null }
    const key = await this.prisma.tenant(tenantId, (tx) => tx.apiKey.findFirst({ where, select: VIEW }))
    if (key === null) throw missing()
    return key
  }

  /** Takes a key out of use, at once in this process. Again on a revoked key changes nothing. Throws NOT_FOUND. */
  async revoke(ctx: Context, id: string): Promise<ApiKeyView> {
    if (!isUuid(id)) throw missing()
    const { secretHash, ...view } = await this.prisma.tenant(ctx.tenantId, async (tx) => {
      const where = { tenantId: ctx.tenantId, id }
      const { count } = await tx.apiKey.updateMany({ where: { ...where, revokedAt: null }, data: { revokedAt: new Date() } })
      const key = await tx.apiKey.findFirst({ where, select: { ...VIEW, secretHash: true } })
      if (key === null) throw missing()
      if (count > 0) {
        await this.audit.record(tx, ctx, {
          action: 'api-key.revoked', subjectKind: 'api-key', subjectId: id,
          before: { name: key.name, prefix: key.prefix, revokedAt: null },
          after: { name: key.name, prefix: key.prefix, revokedAt: key.revokedAt },
        })
      }
      return key
    })
    this.known.forget(Buffer.from(secretHash).toString('base64'))
    return view
  }

  /**
   * How often the key may draw from now on: at once in this process, within 5 s in others. `expected`: the limit that it is to
   * have until now. Throws BAD_USER_INPUT, NOT_FOUND (for a revoked key too), CONFLICT where it has another than expected.
   */
  async setLimit(ctx: Context, id: string, drawsPerSecondMax: number | null, expected?: number | null): Promise<ApiKeyView> {
    const limit = { drawsPerSecondMax: this.checkedRate(drawsPerSecondMax) }
    if (!isUuid(id)) throw missing()
    const { secretHash, ...view } = await this.prisma.tenant(ctx.tenantId, async (tx) => {
      await tx.$queryRaw`SELECT id FROM api_key WHERE tenant_id = ${ctx.tenantId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`
      const before = await tx.apiKey.findFirst({ where: { tenantId: ctx.tenantId, id, revokedAt: null }, select: VIEW })
      if (before === null) throw missing()
      this.checkSeen(before, expected)
      const where = { tenantId_id: { tenantId: ctx.tenantId, id } }
      const key = await tx.apiKey.update({ where, data: limit, select: { ...VIEW, secretHash: true } })
      await this.audit.record(tx, ctx, {
        action: 'api-key.limit-set', subjectKind: 'api-key', subjectId: id,
        before: { name: key.name, prefix: key.prefix, drawsPerSecondMax: before.drawsPerSecondMax },
        after: { name: key.name, prefix: key.prefix, ...limit },
      })
      return key
    })
    this.known.forget(Buffer.from(secretHash).toString('base64'))
    return view
  }

  /** Throws CONFLICT where the key's limit is another than expected; undefined: whatever it is. */
  checkSeen({ drawsPerSecondMax }: Pick<ApiKeyView, 'drawsPerSecondMax'>, expected: number | null | undefined): void {
    if (expected === undefined || expected === drawsPerSecondMax) return
    throw movedMeanwhile('The limit of this key has been changed meanwhile', ['drawsPerSecondMax'])
  }

  /** Throws BAD_USER_INPUT. */
  checkedRate(drawsPerSecondMax: number | null): number | null {
    return checkedDrawRateOrNull(drawsPerSecondMax, this.config.tenantDrawsPerSecondMax)
  }

  private look(hash: Buffer): Promise<ApiKeyIdentity | null> {
    return this.sql.system(async (sql) => {
      const { rows } = await sql.query<KeyRow>('SELECT * FROM system_api_key($1)', [hash])
      const row = rows[0]
      if (row === undefined || row.revoked_at !== null) return null
      const { tenant_id: tenantId, tenant_slug: tenantSlug, draws_per_second_max: drawsPerSecondMax, api_key_id: apiKeyId } = row
      return {
        tenantId, tenantSlug, drawsPerSecondMax, apiKeyId, keyDrawsPerSecondMax: row.key_draws_per_second_max,
        serverParticipantDrawsPerSecondMax: row.server_participant_draws_per_second_max, test: row.kind === 'TEST',
      }
    })
  }
}
