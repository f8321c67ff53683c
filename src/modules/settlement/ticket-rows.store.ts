import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { dateOf } from '../draws/domain/calendar.js'
import type { CampaignRef, DrawRow } from './draw-rows.store.js'
import type { FreeTickets } from './domain/stream-entry.js'

/** A row's expiry in SQL, from milliseconds; 0: never. */
const expiry = (ms: string) => `CASE WHEN ${ms} > 0 THEN to_timestamp(${ms} / 1000.0)::timestamptz(3) END`

/** Takes the tickets that these draws spent; a draw's ticket is taken once. */
export async function recordTickets(
  sql: SqlClient, campaign: CampaignRef, rows: ReadonlyArray<Pick<DrawRow, 'id' | 'participantId' | 'ticketLot'>>,
): Promise<void> {
  const spent = rows.filter((row) => row.ticketLot !== null)
  if (spent.length === 0) return
  await sql.query(
    `INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key, expires_at, applied_at)
     SELECT $1, $2, e.participant_id, 'DRAW', -1, 'draw', 'draw:' || e.id, ${expiry('e.lot')}, now()
     FROM unnest($3::bigint[], $4::text[], $5::bigint[]) AS e(id, participant_id, lot)
     ON CONFLICT DO NOTHING`,
    [
      campaign.tenantId,
      campaign.campaignId,
      spent.map((row) => row.id),
      spent.map((row) => row.participantId),
      spent.map((row) => row.ticketLot),
    ],
  )
}

/** Grants a local day's free tickets, which Redis has given already; each day once. */
export async function recordFreeTickets(
  sql: SqlClient, campaign: CampaignRef, given: ReadonlyArray<FreeTickets & { readonly participantId: string }>,
): Promise<void> {
  if (given.length === 0) return
  await sql.query(
    `INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key, expires_at, applied_at)
     SELECT $1, $2, e.participant_id, 'GRANT', e.amount, 'daily', 'rule:daily:' || e.date, ${expiry('e.expires_ms')}, now()
     FROM unnest($3::text[], $4::integer[], $5::text[], $6::bigint[]) AS e(participant_id, amount, date, expires_ms)
     ON CONFLICT DO NOTHING`,
    [
      campaign.tenantId,
      campaign.campaignId,
      given.map((free) => free.participantId),
      given.map((free) => free.amount),
      given.map((free) => dateOf(free.day)),
      given.map((free) => free.expiresMs),
    ],
  )
}
