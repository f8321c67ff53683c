import { Injectable } from '@nestjs/common'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { TenantLists } from './domain/lists.js'
import type { RiskList, RiskSubject, VelocityRule } from './risk.types.js'

interface EntryRow {
  campaignId: string | null
  list: RiskList
  subject: RiskSubject
  value: string
}

/** Reads a tenant's lists and rules whole, for the path of a draw. */
@Injectable()
export class RiskListStore {
  constructor(private readonly sql: SqlService) {}

  /** Version, entries and rules of one moment. Throws for a tenant that does not exist. */
  read(tenantId: string): Promise<TenantLists> {
    return this.sql.tenant(
      tenantId,
      async (sql) => {
        const versions = await sql.query<{ version: number }>('SELECT risk_version AS version FROM tenant WHERE id = $1', [tenantId])
        const entries = await sql.query<EntryRow>(
          'SELECT campaign_id AS "campaignId", list::text AS list, subject::text AS subject, value FROM risk_entry WHERE tenant_id = $1',
          [tenantId],
        )
        const rules = await sql.query<VelocityRule>(
          `SELECT campaign_id AS "campaignId", subject::text AS subject, window_seconds AS "windowSeconds", draws_max AS "drawsMax"
           FROM velocity_rule WHERE tenant_id = $1 ORDER BY id`,
          [tenantId],
        )
        const version = versions.rows[0]?.version
        if (version === undefined) throw new Error('risk lists of a tenant that does not exist')
        return new TenantLists(version, entries.rows, rules.rows)
      },
      { isolation: 'REPEATABLE READ', readOnly: true },
    )
  }
}
