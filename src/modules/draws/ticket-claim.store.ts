import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { BALANCE_MAX, insertGrant, lockTickets, type TicketGrant } from './ticket.store.js'

/** Where a claim stands in the ledger: one row for each local date, or for each share on it. */
export interface ClaimPlace {
  readonly campaignId: string
  readonly userId: string
  /** The local date of the claim, YYYY-MM-DD. */
  readonly date: string
  /** The key that the caller sent. */
  readonly claimKey: string
}

export interface FoundClaim { readonly grant: TicketGrant; readonly ledgerKey: string }

export interface PastShares { readonly today: number; readonly total: number }

const SIGN_IN = 'rule:sign-in:'
const SHARE = 'rule:share:'
const OF = 'tenant_id = $1 AND campaign_id = $2 AND participant_id = $3'

export const signInKey = (date: string): string => `${SIGN_IN}${date}`
export const shareKey = ({ date, claimKey }: ClaimPlace): string => `${SHARE}${date}:${claimKey}`
/** The date of a sign-in's ledger key; null for another's. */
export const signInDate = (ledgerKey: string): string | null => (ledgerKey.startsWith(SIGN_IN) ? ledgerKey.slice(SIGN_IN.length) : null)

/** What a caller's key claimed before. Holds the participant's tickets until the transaction ends. */
export async function beginClaim(sql: SqlClient, tenantId: string, place: ClaimPlace): Promise<FoundClaim | null> {
  await lockTickets(sql, place.campaignId, place.userId)
  const { rows } = await sql.query<TicketGrant & { ledgerKey: string }>(
    `SELECT id::text, participant_id AS "participantId", amount, reason, expires_at AS "expiresAt", idempotency_key AS "ledgerKey"
     FROM ticket_ledger WHERE ${OF} AND claim_key = $4`,
    [tenantId, place.campaignId, place.userId, place.claimKey],
  )
  if (rows[0] === undefined) return null
  const { ledgerKey, ...grant } = rows[0]
  return { grant, ledgerKey }
}

export async function hasSignedIn(sql: SqlClient, tenantId: string, { campaignId, userId, date }: Omit<ClaimPlace, 'claimKey'>): Promise<boolean> {
  const { rowCount } = await sql.query(
    `SELECT FROM ticket_ledger WHERE ${OF} AND idempotency_key = $4`, [tenantId, campaignId, userId, signInKey(date)])
  return rowCount === 1
}

/** Local dates in a row with a sign-in, of which `last` is the last; 0 where there is none on it. */
export async function countStreak(sql: SqlClient, tenantId: string, campaignId: string, userId: string, last: string): Promise<number> {
  // Going back from `last`, a date stands at its place in the list for as long as none is left out.
  const { rows } = await sql.query<{ streak: number }>(
    `SELECT count(*)::integer AS streak FROM (
       SELECT substr(idempotency_key, ${SIGN_IN.length + 1})::date AS date, row_number() OVER (ORDER BY idempotency_key DESC) AS place
       FROM ticket_ledger WHERE ${OF} AND starts_with(idempotency_key, '${SIGN_IN}') AND idempotency_key <= $4
     ) s WHERE date = $5::date - (place - 1)::integer`,
    [tenantId, campaignId, userId, signInKey(last), last],
  )
  return rows[0]?.streak ?? 0
}

export async function countShares(sql: SqlClient, tenantId: string, { campaignId, userId, date }: ClaimPlace): Promise<PastShares> {
  const { rows } = await sql.query<PastShares>(
    `SELECT count(*) FILTER (WHERE starts_with(idempotency_key, $4))::integer AS today, count(*)::integer AS total
     FROM ticket_ledger WHERE ${OF} AND starts_with(idempotency_key, '${SHARE}')`,
    [tenantId, campaignId, userId, `${SHARE}${date}:`],
  )
  return rows[0]!
}

/** Null where the participant would have more than BALANCE_MAX. After beginClaim. */
export async function insertClaim(
  sql: SqlClient, tenantId: string, place: ClaimPlace, grant: { ledgerKey: string; amount: number; reason: string; expiresAt: Date | null },
): Promise<TicketGrant | null> {
  const { campaignId, userId, claimKey } = place
  const { rows } = await sql.query<{ balance: string }>(
    `SELECT coalesce(sum(amount), 0) AS balance FROM ticket_ledger WHERE ${OF}`, [tenantId, campaignId, userId])
  if (Number(rows[0]!.balance) + grant.amount > BALANCE_MAX) return null
  const { ledgerKey, ...rest } = grant
  return insertGrant(sql, tenantId, { campaignId, userId, idempotencyKey: ledgerKey, ...rest }, claimKey)
}
