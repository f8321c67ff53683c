import type { SqlClient } from '../../../platform/prisma/sql.service.js'
import type { CampaignRef } from '../draw-rows.store.js'
import type { BooksViolation } from './books.types.js'
import { forbidden } from './checks.js'

const LEDGER = 'FROM ticket_ledger l WHERE l.tenant_id = $1 AND l.campaign_id = $2'
const LOT = `l.participant_id || CASE WHEN l.expires_at IS NULL THEN '' ELSE ', expiring ' || l.expires_at END || ' (' || sum(l.amount) || ')'`

/** Tickets, as far as the tables know them: no lot is below zero, none that is closed holds any, and each settled draw took one. */
export async function checkTickets(sql: SqlClient, { tenantId, campaignId }: CampaignRef): Promise<BooksViolation[]> {
  const found: BooksViolation[] = []
  const check = async (what: string, query: string) => {
    found.push(...(await forbidden(sql, 'TICKETS', what, query, [tenantId, campaignId])))
  }
  await check('more tickets spent than granted; participants', `SELECT ${LOT} AS id ${LEDGER} GROUP BY l.participant_id, l.expires_at HAVING sum(l.amount) < 0`)
  await check('tickets left in a lot that is closed; participants',
    `SELECT ${LOT} AS id ${LEDGER} AND l.expires_at <= (SELECT closed_to FROM ticket_expiry WHERE tenant_id = $1 AND campaign_id = $2)
     GROUP BY l.participant_id, l.expires_at HAVING sum(l.amount) <> 0`)
  const taken = `SELECT l.participant_id || '/' || l.idempotency_key AS id ${LEDGER} AND l.movement = 'DRAW'`
  const draws = (settled: string) => `SELECT d.participant_id || '/draw:' || d.id AS id FROM draw d WHERE d.tenant_id = $1 AND d.campaign_id = $2 AND ${settled}`
  await check('tickets spent without a settled draw; participant/draw', `SELECT id FROM (${taken} EXCEPT ${draws(`d.state = 'SETTLED'`)}) odd`)
  await check('draws that took more or less than one ticket; draws', `SELECT l.idempotency_key AS id ${LEDGER} AND l.movement = 'DRAW' AND l.amount <> -1`)
  const { rows } = await sql.query<{ requires: boolean }>(
    'SELECT requires_tickets AS requires FROM campaign WHERE tenant_id = $1 AND id = $2', [tenantId, campaignId])
  // It does not change once a draw can have been made.
  if (rows[0]?.requires === true) {
    await check('settled draws that took no ticket; participant/draw', `SELECT id FROM (${draws(`d.state = 'SETTLED'`)} EXCEPT ${taken}) free`)
  }
  return found
}
