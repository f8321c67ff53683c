import { Inject, Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { AuditLogService } from '../tenancy/audit-log.service.js'
import { signWebhook, webhookSecret } from './domain/webhook-signature.js'

/** For so long after a rotation the secret before signs too, so that receivers can change theirs without a gap. */
const OVERLAP_MS = 86_400_000

interface Version { version: number; rotated_at: Date }

/** What a tenant's webhooks are signed with (Standard Webhooks). Secrets are derived, not stored: a backup holds none. */
@Injectable()
export class WebhookSecretService {
  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly sql: SqlService,
    private readonly audit: AuditLogService,
  ) {}

  async get({ tenantId }: Context): Promise<string> {
    const row = await this.sql.tenant(tenantId, (sql) => readVersion(sql, tenantId), { readOnly: true })
    return webhookSecret(this.config.secretKey, tenantId, row?.version ?? 1)
  }

  /** Returns the new secret. The one before it signs along for a day. */
  rotate(ctx: Context): Promise<string> {
    const { tenantId } = ctx
    return this.sql.tenant(tenantId, async (sql) => {
      const { rows } = await sql.query<{ version: number }>(
        `INSERT INTO webhook_secret AS w (tenant_id, version) VALUES ($1, 2)
         ON CONFLICT (tenant_id) DO UPDATE SET version = w.version + 1, rotated_at = now() RETURNING version`, [tenantId])
      const { version } = rows[0]!
      await this.audit.recordSql(sql, ctx, { action: 'webhook-secret.rotated', subjectKind: 'tenant', subjectId: tenantId, before: { version: version - 1 }, after: { version } })
      return webhookSecret(this.config.secretKey, tenantId, version)
    })
  }

  /** The headers of a message that is sent now. `id`: the same at each try, which is what keeps a receiver from doing it twice. */
  async headers(tenantId: string, id: string, body: string): Promise<Record<string, string>> {
    const row = await this.sql.tenant(tenantId, (sql) => readVersion(sql, tenantId), { readOnly: true })
    const version = row?.version ?? 1
    const isYoung = row !== null && Date.now() - row.rotated_at.getTime() < OVERLAP_MS
    const secrets = (isYoung ? [version, version - 1] : [version]).map((one) => webhookSecret(this.config.secretKey, tenantId, one))
    const timestamp = Math.floor(Date.now() / 1_000)
    return {
      'content-type': 'application/json',
      'user-agent': 'Drawbridge-Webhooks/1',
      'idempotency-key': id,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signWebhook(secrets, id, timestamp, body),
    }
  }
}

async function readVersion(sql: SqlClient, tenantId: string): Promise<Version | null> {
  const { rows } = await sql.query<Version>('SELECT version, rotated_at FROM webhook_secret WHERE tenant_id = $1', [tenantId])
  return rows[0] ?? null
}
