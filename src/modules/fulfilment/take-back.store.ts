import type { SqlClient } from '../../platform/prisma/sql.service.js'
import type { StockFate } from '../campaigns/domain/fulfilment.js'
import type { AwardRow } from './award.store.js'

/**
 * Shares the campaigns of these awards until the transaction ends, so that recovery, which counts the same units, comes
 * before or after. Returns those that are being recovered: of them nothing may be taken back now.
 */
export async function shareCampaigns(sql: SqlClient, tenantId: string, keys: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql.query<{ id: string; status: string }>(
    `SELECT c.id, c.status::text AS status FROM campaign c WHERE c.tenant_id = $1
       AND c.id IN (SELECT a.campaign_id FROM award a WHERE a.tenant_id = $1 AND a.id = ANY($2::bigint[])) ORDER BY c.id FOR SHARE`,
    [tenantId, keys],
  )
  return new Set(rows.filter(({ status }) => status === 'RECOVERING').map(({ id }) => id))
}

/**
 * The units of awards that were just taken back, one row of the stock ledger each, once: 'awarded' → vault, or → outside
 * with the prize's total following. Redis has no part in it: the units lie in no bucket.
 */
export async function returnUnits(
  sql: SqlClient, tenantId: string, awards: readonly AwardRow[], fate: StockFate, by: { reason: string | null; operatorId: string | null },
): Promise<void> {
  if (awards.length === 0) return
  const column = <T>(of: (award: AwardRow) => T) => awards.map(of)
  const [movement, to] = fate === 'RETURN_TO_VAULT' ? ['RETURN', 'vault'] : ['REDUCE', 'outside']
  await sql.query(
    `INSERT INTO stock_ledger (tenant_id, campaign_id, prize_id, movement, quantity, from_place, to_place, idempotency_key, reason, operator_id, applied_at)
     SELECT $1, s.campaign, s.prize, $5::stock_movement, 1, 'awarded', $6, 'taken-back:' || s.key, $7, $8::uuid, now()
     FROM unnest($2::bigint[], $3::uuid[], $4::uuid[]) AS s(key, campaign, prize)`,
    [
      tenantId, column(({ key }) => key), column(({ campaignId }) => campaignId), column(({ prizeId }) => prizeId),
      movement, to, by.reason, by.operatorId,
    ],
  )
  if (fate === 'RETURN_TO_VAULT') return
  const units = Map.groupBy(awards, ({ prizeId }) => prizeId)
  await sql.query(
    `UPDATE prize p SET stock_total = p.stock_total - s.units FROM unnest($2::uuid[], $3::integer[]) AS s(id, units) WHERE p.tenant_id = $1 AND p.id = s.id`,
    [tenantId, [...units.keys()], [...units.values()].map(({ length }) => length)],
  )
}

/** What nobody needs any more of awards that were taken back. */
export async function forgetAddresses(sql: SqlClient, tenantId: string, keys: readonly string[]): Promise<void> {
  await sql.query('DELETE FROM award_address WHERE tenant_id = $1 AND award_id = ANY($2::bigint[])', [tenantId, keys])
}
