import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import { FEATURES, type Feature, type FeatureOff, Features } from '../../platform/features/features.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { actorIdOf, AuditLogService } from './audit-log.service.js'

const REASON_CHARACTERS_MAX = 500

export interface FeatureState {
  readonly feature: Feature
  /** In this process; null: it is on. */
  readonly off: FeatureOff | null
  readonly isSwitchedOff: boolean
  /** Of the last switch by hand; null: there was none. */
  readonly last: { readonly reason: string; readonly by: string; readonly at: Date } | null
}

interface Row { feature: string; isOff: boolean; reason: string; by: string; at: Date }

/** What a tenant's operators have switched off by hand of the work beside its draws, and what is off in this process. */
@Injectable()
export class FeatureSwitchService {
  constructor(private readonly sql: SqlService, private readonly features: Features, private readonly audit: AuditLogService) {}

  /** The process whose view `list` gives. */
  get process(): string {
    return this.features.process
  }

  async list({ tenantId }: Context): Promise<FeatureState[]> {
    const rows = await this.sql.tenant(tenantId, (sql) => read(sql, tenantId), { readOnly: true })
    return FEATURES.map((feature) => this.#state(tenantId, feature, rows.find((row) => row.feature === feature)))
  }

  /** For this tenant: at once in this process, in every other within seconds. Throws BAD_USER_INPUT. */
  async switch(ctx: Context, feature: Feature, isOff: boolean, reason: string): Promise<FeatureState> {
    const { tenantId } = ctx
    const why = reason.trim()
    if (why === '' || why.length > REASON_CHARACTERS_MAX) throw badInput('reason', `must be 1 to ${REASON_CHARACTERS_MAX} characters`, 'NAME', { max: REASON_CHARACTERS_MAX })
    const row = await this.sql.tenant(tenantId, async (sql) => {
      const before = (await read(sql, tenantId)).find((one) => one.feature === feature)
      const { rows } = await sql.query<Row>(
        `INSERT INTO feature_switch AS s (tenant_id, feature, is_off, reason, switched_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, feature) DO UPDATE SET is_off = excluded.is_off, reason = excluded.reason, switched_by = excluded.switched_by, switched_at = now()
         RETURNING ${COLUMNS}`, [tenantId, feature, isOff, why, actorIdOf(ctx.caller)])
      await this.audit.recordSql(sql, ctx, {
        action: 'feature.switched', subjectKind: 'feature', subjectId: feature,
        before: { isOff: before?.isOff ?? false }, after: { isOff }, reason: why,
      })
      return rows[0]!
    })
    this.features.switch(tenantId, feature, isOff ? row.at : null)
    return this.#state(tenantId, feature, row)
  }

  #state(tenantId: string, feature: Feature, row: Row | undefined): FeatureState {
    const last = row === undefined ? null : { reason: row.reason, by: row.by, at: row.at }
    return { feature, off: this.features.off(tenantId, feature), isSwitchedOff: row?.isOff === true, last }
  }
}

const COLUMNS = 's.feature, s.is_off AS "isOff", s.reason, s.switched_by AS by, s.switched_at AS at'

async function read(sql: SqlClient, tenantId: string): Promise<Row[]> {
  return (await sql.query<Row>(`SELECT ${COLUMNS} FROM feature_switch s WHERE s.tenant_id = $1`, [tenantId])).rows
}
