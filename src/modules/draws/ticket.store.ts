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

/** Null where the key was used before. */
export async function insertGrant(
  sql: SqlClient, tenantId: string, grant: GrantKey & { amount: number; reason: string },
): Promise<TicketGrant | null> {
  const { rows } = await sql.query<TicketGrant>(
    `INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key)
     VALUES ($1, $2, $3, 'GRANT', $4, $5, $6) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [tenantId, grant.campaignId, grant.userId, grant.amount, grant.reason, keyOf(grant)],
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
