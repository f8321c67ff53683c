import { Injectable } from '@nestjs/common'
import { SqlService } from '../../../platform/prisma/sql.service.js'
import type { DrawEntry, RawEntry } from '../domain/stream-entry.js'
import type { CampaignRef } from '../draw-rows.store.js'

export interface QuarantinedDraw {
  /** Decimal snowflake of the request's first draw. */
  readonly id: string
  readonly userId: string
  readonly idempotencyKey: string
  readonly draws: number
  readonly wins: number
  readonly decidedAt: Date
  readonly foundAt: Date
}

export interface StrayEntry { readonly entry: DrawEntry; readonly raw: RawEntry }

@Injectable()
export class QuarantineStore {
  constructor(private readonly sql: SqlService) {}

  /** Keeps those whose draws are in no table, up to `max` of a campaign in all. Returns how many are new. */
  async keep({ tenantId, campaignId }: CampaignRef, history: string, strays: readonly StrayEntry[], max: number): Promise<number> {
    if (strays.length === 0) return 0
    const column = <T>(of: (stray: StrayEntry) => T): T[] => strays.map(of)
    return this.sql.tenant(tenantId, async (sql) => {
      const { rowCount } = await sql.query(
        `INSERT INTO quarantined_draw (tenant_id, id, campaign_id, participant_id, idempotency_key, draws, wins, entry, history, decided_at)
         SELECT $1, e.id, $2, e.participant_id, e.key, e.draws, e.wins, e.entry, $3, to_timestamp(e.decided_ms / 1000.0)
         FROM unnest($4::bigint[], $5::text[], $6::text[], $7::smallint[], $8::smallint[], $9::jsonb[], $10::bigint[])
           AS e(id, participant_id, key, draws, wins, entry, decided_ms)
         LEFT JOIN LATERAL (SELECT true AS known FROM draw d WHERE d.id = e.id AND d.participant_id = e.participant_id OFFSET 0) there ON true
         WHERE there.known IS NULL
         LIMIT greatest(0, $11 - (SELECT count(*) FROM quarantined_draw q WHERE q.tenant_id = $1 AND q.campaign_id = $2))
         ON CONFLICT DO NOTHING`,
        [
          tenantId, campaignId, history,
          column(({ entry }) => entry.draws[0]!.id), column(({ entry }) => entry.participantId), column(({ entry }) => entry.key),
          column(({ entry }) => entry.draws.length), column(({ entry }) => entry.draws.filter(({ position }) => position > 0).length),
          // jsonb takes every character but the null.
          column(({ raw }) => JSON.stringify(raw[1]).replaceAll('\\u0000', '\\ufffd')), column(({ entry }) => entry.createdMs), max,
        ],
      )
      return rowCount
    })
  }

  /** Newest first; null where there is no such campaign. */
  async list({ tenantId, campaignId }: CampaignRef, first: number, before: string | null): Promise<QuarantinedDraw[] | null> {
    return this.sql.tenant(tenantId, async (sql) => {
      const { rowCount } = await sql.query('SELECT FROM campaign WHERE tenant_id = $1 AND id = $2', [tenantId, campaignId])
      if (rowCount === 0) return null
      const { rows } = await sql.query<QuarantinedDraw>(
        `SELECT id::text, participant_id AS "userId", idempotency_key AS "idempotencyKey", draws, wins, decided_at AS "decidedAt", found_at AS "foundAt"
         FROM quarantined_draw WHERE tenant_id = $1 AND campaign_id = $2 AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
        [tenantId, campaignId, before, first],
      )
      return rows
    }, { readOnly: true })
  }
}
