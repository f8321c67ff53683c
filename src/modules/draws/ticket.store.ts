import type { SqlClient } from '../../platform/prisma/sql.service.js'

export interface TicketGrant {
  readonly id: string
  readonly participantId: string
  readonly amount: number
  readonly reason: string
  readonly expiresAt: Date | null
}

export interface GrantKey { readonly campaignId: string; readonly userId: string; readonly idempotencyKey: string }

export interface NewGrant extends GrantKey {
  readonly amount: number
  readonly reason: string
  readonly expiresAt: Date | null
}

/** Why a grant cannot be: the participant would have too many tickets, or too many different expiries; or it has expired already. */
export type GrantRefusal = 'TOO_MANY' | 'TOO_MANY_LOTS' | 'EXPIRED'

// A draw's own row is keyed 'draw:<id>': a caller's key gets another prefix, so that neither can take the other's.
const keyOf = ({ idempotencyKey }: GrantKey): string => `grant:${idempotencyKey}`
const COLUMNS = `id::text, participant_id AS "participantId", amount, reason, expires_at AS "expiresAt"`

/** What GraphQL's Int can say. */
export const BALANCE_MAX = 2 ** 31 - 1
/** Different expiries that a participant's granted tickets may have at the same time: the decide script reads all lots. */
export const GRANTED_LOTS_MAX = 32

/** By itself, so that the next statement sees what another grant to the same participant has just written. */
export async function lockTickets(sql: SqlClient, campaignId: string, userId: string): Promise<void> {
  await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`tickets/${campaignId}/${userId}`])
}

/**
 * The grant under this key, made now or before. At most BALANCE_MAX tickets in all: Redis never has more than the ledger
 * tells, which hears of spent tickets later.
 */
export async function grantOnce(sql: SqlClient, tenantId: string, grant: NewGrant): Promise<TicketGrant | GrantRefusal> {
  await lockTickets(sql, grant.campaignId, grant.userId)
  const before = await findGrant(sql, tenantId, grant)
  if (before !== null) return before
  const { rows: [state] } = await sql.query<{ balance: string; lots: number; expired: boolean }>(
    `SELECT coalesce(sum(amount), 0) AS balance, $4::timestamptz IS NOT NULL AND $4 <= now() AS expired,
       count(DISTINCT expires_at) FILTER (WHERE expires_at > now() AND expires_at <> $4 AND idempotency_key LIKE 'grant:%')::integer AS lots
     FROM ticket_ledger WHERE tenant_id = $1 AND campaign_id = $2 AND participant_id = $3`,
    [tenantId, grant.campaignId, grant.userId, grant.expiresAt],
  )
  if (state!.expired) return 'EXPIRED'
  if (Number(state!.balance) + grant.amount > BALANCE_MAX) return 'TOO_MANY'
  if (state!.lots >= GRANTED_LOTS_MAX) return 'TOO_MANY_LOTS'
  return insertGrant(sql, tenantId, { ...grant, idempotencyKey: keyOf(grant) }, null)
}

/** `idempotencyKey` as it stands in the ledger. Under lockTickets, and only where no row has the key. */
export async function insertGrant(sql: SqlClient, tenantId: string, grant: NewGrant, claimKey: string | null): Promise<TicketGrant> {
  const { rows } = await sql.query<TicketGrant>(
    `INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key, expires_at, claim_key)
     VALUES ($1, $2, $3, 'GRANT', $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
    [tenantId, grant.campaignId, grant.userId, grant.amount, grant.reason, grant.idempotencyKey, grant.expiresAt, claimKey],
  )
  return rows[0]!
}

async function findGrant(sql: SqlClient, tenantId: string, grant: GrantKey): Promise<TicketGrant | null> {
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
