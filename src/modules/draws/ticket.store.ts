import type { SqlClient } from '../../platform/prisma/sql.service.js'

export interface TicketGrant {
  readonly id: string
  readonly participantId: string
  readonly amount: number
  readonly reason: string
}

interface GrantKey { readonly campaignId: string; readonly userId: string; readonly idempotencyKey: string }

// A draw's own row is keyed 'draw:<id>': a caller's key gets another prefix, so that neither can take the other's.
const keyOf = ({ idempotencyKey }: GrantKey): string => `grant:${idempotencyKey}`
const COLUMNS = `id::text, participant_id AS "participantId", amount, reason`

/** What GraphQL's Int can say. */
export const BALANCE_MAX = 2 ** 31 - 1

/**
 * Null where the key was used before, or where the participant would have more than BALANCE_MAX: Redis never has more than the
 * ledger tells, which hears of spent tickets later.
 */
export async function insertGrant(
  sql: SqlClient, tenantId: string, grant: GrantKey & { amount: number; reason: string },
): Promise<TicketGrant | null> {
  // By itself, so that the next statement sees what another grant to the same participant has just written.
  await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`tickets/${grant.campaignId}/${grant.userId}`])
  const { rows } = await sql.query<TicketGrant>(
    `INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key)
     SELECT $1::uuid, $2::uuid, $3::text, 'GRANT'::ticket_movement, $4::integer, $5, $6
     WHERE $4::bigint + coalesce((SELECT sum(amount) FROM ticket_ledger WHERE tenant_id = $1 AND campaign_id = $2 AND participant_id = $3), 0) <= $7::bigint
     ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [tenantId, grant.campaignId, grant.userId, grant.amount, grant.reason, keyOf(grant), BALANCE_MAX],
  )
  return rows[0] ?? null
}

export async function findGrant(sql: SqlClient, tenantId: string, grant: GrantKey): Promise<TicketGrant | null> {
  const { rows } = await sql.query<TicketGrant>(
    `SELECT ${COLUMNS} FROM ticket_ledger WHERE tenant_id = $1 AND campaign_id = $2 AND participant_id = $3 AND idempotency_key = $4`,
    [tenantId, grant.campaignId, grant.userId, keyOf(grant)],
  )
  return rows[0] ?? null
}

export async function markApplied(sql: SqlClient, ids: readonly string[]): Promise<void> {
  await sql.query('UPDATE ticket_ledger SET applied_at = now() WHERE id = ANY($1::bigint[]) AND applied_at IS NULL', [ids])
}

export async function unappliedGrants(sql: SqlClient, campaignId: string, max: number): Promise<TicketGrant[]> {
  const { rows } = await sql.query<TicketGrant>(
    `SELECT ${COLUMNS} FROM ticket_ledger
     WHERE campaign_id = $1 AND applied_at IS NULL AND created_at < now() - interval '5 seconds' ORDER BY id LIMIT $2`,
    [campaignId, max],
  )
  return rows
}
