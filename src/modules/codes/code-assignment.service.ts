import type { SqlClient } from '../../platform/prisma/sql.service.js'

/** A new award of a prize that has a pool. */
export interface CodelessAward {
  /** The draw's snowflake, decimal. */
  readonly id: string
  readonly prizeId: string
  readonly participantId: string
}

// What others hold is skipped, so that nobody waits; who came earlier and still waits is served first, by the sweep.
const ASSIGN = `
WITH won AS (
  SELECT e.id, e.prize_id, e.participant_id, row_number() OVER (PARTITION BY e.prize_id ORDER BY e.id) AS n
  FROM unnest($2::bigint[], $3::uuid[], $4::text[]) AS e(id, prize_id, participant_id)
), wanted AS (
  SELECT prize_id, count(*) AS n FROM won
  WHERE NOT EXISTS (SELECT FROM code_waiting w WHERE w.tenant_id = $1 AND w.prize_id = won.prize_id) GROUP BY prize_id
), taken AS (
  SELECT w.prize_id, c.id, row_number() OVER (PARTITION BY w.prize_id ORDER BY c.id) AS n FROM wanted w CROSS JOIN LATERAL (
    SELECT f.id FROM prize_code f
    WHERE f.tenant_id = $1 AND f.prize_id = w.prize_id AND f.award_id IS NULL AND f.voided_at IS NULL AND (f.expires_at IS NULL OR f.expires_at > now())
    ORDER BY f.id LIMIT w.n FOR UPDATE SKIP LOCKED
  ) c
), assigned AS (
  UPDATE prize_code c SET award_id = w.id, participant_id = w.participant_id, assigned_at = now()
  FROM taken t JOIN won w ON w.prize_id = t.prize_id AND w.n = t.n
  WHERE c.tenant_id = $1 AND c.id = t.id RETURNING c.award_id
)
INSERT INTO code_waiting (tenant_id, prize_id, award_id, participant_id)
SELECT $1, w.prize_id, w.id, w.participant_id FROM won w WHERE NOT EXISTS (SELECT FROM assigned a WHERE a.award_id = w.id)
ON CONFLICT DO NOTHING`

/**
 * Gives each award one code of its prize's pool, or lets it wait for one. In the transaction that has just written the
 * awards, so that both are kept or neither; one statement for the whole batch, and it waits for nobody's lock.
 */
export async function assignCodes(sql: SqlClient, tenantId: string, awards: readonly CodelessAward[]): Promise<void> {
  if (awards.length === 0) return
  const column = (of: (award: CodelessAward) => string) => awards.map(of)
  const values = [column(({ id }) => id), column(({ prizeId }) => prizeId), column(({ participantId }) => participantId)]
  await sql.query(ASSIGN, [tenantId, ...values])
}
