import type { SqlClient } from '../../../platform/prisma/sql.service.js'
import type { CampaignRef } from '../draw-rows.store.js'
import type { BooksViolation } from './books.types.js'
import { forbidden } from './checks.js'

/**
 * CODES: a code has one award and an award one code, of its own prize and participant; no code was given after it had
 * expired; and every live award of a prize with a pool has a code or waits for one.
 */
export async function checkCodes(sql: SqlClient, { tenantId, campaignId }: CampaignRef): Promise<BooksViolation[]> {
  const values = [tenantId, campaignId]
  const pools = await sql.query('SELECT FROM code_pool WHERE tenant_id = $1 AND campaign_id = $2', values)
  const foreign = await forbidden(sql, 'I6', "codes of another tenant than the campaign's", `SELECT f.kind || ' ' || f.id AS id FROM system_foreign_codes($1) f`, [campaignId])
  if (pools.rowCount === 0) return foreign
  const found = [...foreign]
  const check = async (what: string, query: string) => void found.push(...(await forbidden(sql, 'CODES', what, query, values)))
  const code = 'prize_code c JOIN code_pool p ON p.tenant_id = c.tenant_id AND p.prize_id = c.prize_id'
  const here = 'p.tenant_id = $1 AND p.campaign_id = $2'
  await check('the same code twice in a pool; codes',
    `SELECT string_agg(c.id::text, ' = ') AS id FROM ${code} WHERE ${here} GROUP BY c.prize_id, c.fingerprint HAVING count(*) > 1`)
  await check('awards with more than one code; awards',
    `SELECT c.award_id::text AS id FROM ${code} WHERE ${here} AND c.award_id IS NOT NULL GROUP BY c.award_id HAVING count(*) > 1`)
  await check('codes whose award is not of their prize and participant; codes',
    `SELECT c.id::text AS id FROM ${code} LEFT JOIN award a ON a.tenant_id = c.tenant_id AND a.id = c.award_id
     WHERE ${here} AND c.award_id IS NOT NULL AND (a.prize_id, a.participant_id, a.campaign_id) IS DISTINCT FROM (c.prize_id, c.participant_id, p.campaign_id)`)
  await check('codes that were given after they had expired, or are void; codes',
    `SELECT c.id::text AS id FROM ${code} WHERE ${here} AND c.award_id IS NOT NULL AND (c.assigned_at >= c.expires_at OR c.voided_at IS NOT NULL)`)
  await check('live awards that neither have a code nor wait for one; awards',
    `SELECT a.id::text AS id FROM code_pool p JOIN award a ON a.tenant_id = p.tenant_id AND a.campaign_id = p.campaign_id AND a.prize_id = p.prize_id
     LEFT JOIN prize_code c ON c.tenant_id = a.tenant_id AND c.award_id = a.id
     LEFT JOIN code_waiting w ON w.tenant_id = a.tenant_id AND w.prize_id = a.prize_id AND w.award_id = a.id
     WHERE ${here} AND p.gathered_at IS NOT NULL AND a.status NOT IN ('REVOKED', 'EXPIRED') AND c.id IS NULL AND w.award_id IS NULL`)
  await check('awards that wait although they have a code; awards',
    `SELECT w.award_id::text AS id FROM code_waiting w JOIN code_pool p ON p.tenant_id = w.tenant_id AND p.prize_id = w.prize_id
     JOIN prize_code c ON c.tenant_id = w.tenant_id AND c.award_id = w.award_id WHERE ${here}`)
  return found
}
