import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { PRIZE_JSON } from '../campaigns/domain/prize-json.js'
import { returnKey } from './domain/transfer.js'
import type { InventoryPrize, StockSubject } from './inventory.types.js'

export interface InventoryCampaign {
  readonly tenantId: string
  readonly id: string
  readonly no: number
  readonly epoch: number
  readonly bucketCount: number
}

/** What the ledger says of one prize. */
export interface PrizeLedger {
  readonly prize: InventoryPrize
  readonly granted: number
  readonly vault: number
  readonly awarded: number
}

export async function findInventoryCampaign(sql: SqlClient, tenantId: string, id: string): Promise<InventoryCampaign | null> {
  const { rows } = await sql.query<{ no: number; epoch: number; bucket_count: number }>(
    'SELECT no, epoch, bucket_count FROM campaign WHERE tenant_id = $1 AND id = $2',
    [tenantId, id],
  )
  const row = rows[0]
  return row === undefined ? null : { tenantId, id, no: row.no, epoch: row.epoch, bucketCount: row.bucket_count }
}

/** Prizes of a campaign, by position. What was promised to buckets counts as theirs: Redis has it within moments. */
export async function readPrizes(sql: SqlClient, tenantId: string, campaignId: string): Promise<PrizeLedger[]> {
  const { rows } = await sql.query<{ prize: InventoryPrize; granted: string; vault: string; awarded: string }>(
    `SELECT ${PRIZE_JSON} || jsonb_build_object('campaignId', p.campaign_id, 'release', p.release, 'fulfilment', p.fulfilment) AS prize,
      coalesce(l.granted, 0) AS granted, coalesce(l.vault, 0) AS vault, coalesce(a.awarded, 0) AS awarded
     FROM prize p
     LEFT JOIN (SELECT prize_id,
         sum(CASE WHEN from_place = 'outside' THEN quantity WHEN to_place = 'outside' AND applied_at IS NOT NULL THEN -quantity ELSE 0 END) AS granted,
         sum(CASE WHEN to_place = 'vault' THEN quantity WHEN from_place = 'vault' THEN -quantity ELSE 0 END) AS vault
       FROM stock_ledger WHERE tenant_id = $1 AND campaign_id = $2 GROUP BY prize_id) l ON l.prize_id = p.id
     LEFT JOIN (SELECT prize_id, count(*) AS awarded FROM award
       WHERE tenant_id = $1 AND campaign_id = $2 AND status NOT IN ('REVOKED', 'EXPIRED') GROUP BY prize_id) a ON a.prize_id = p.id
     WHERE p.tenant_id = $1 AND p.campaign_id = $2 AND p.removed_at IS NULL ORDER BY p.position`,
    [tenantId, campaignId],
  )
  return rows.map((row) => ({ prize: row.prize, granted: Number(row.granted), vault: Number(row.vault), awarded: Number(row.awarded) }))
}

/** By bucket: every entry of its stream up to this number is settled. */
export async function readSettled(sql: SqlClient, tenantId: string, campaignId: string, epoch: number): Promise<Map<number, number>> {
  const { rows } = await sql.query<{ bucket: number; seq: string }>(
    'SELECT bucket, seq FROM settlement_position WHERE tenant_id = $1 AND campaign_id = $2 AND epoch = $3',
    [tenantId, campaignId, epoch],
  )
  return new Map(rows.map((row) => [row.bucket, Number(row.seq)]))
}

/** Which of these transfers to the vault have arrived there, by the ledger. */
export async function returnedAmong(
  sql: SqlClient, { tenantId, id }: { tenantId: string; id: string }, transfers: readonly string[],
): Promise<Set<string>> {
  if (transfers.length === 0) return new Set()
  const { rows } = await sql.query<{ key: string }>(
    'SELECT idempotency_key AS key FROM stock_ledger WHERE tenant_id = $1 AND campaign_id = $2 AND idempotency_key = ANY($3)',
    [tenantId, id, transfers.map(returnKey)],
  )
  const keys = new Set(rows.map(({ key }) => key))
  return new Set(transfers.filter((transfer) => keys.has(returnKey(transfer))))
}

/** Which of these draws have their award in Postgres already. */
export async function awardedAmong(sql: SqlClient, tenantId: string, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql.query<{ id: string }>('SELECT id FROM award WHERE tenant_id = $1 AND id = ANY($2::bigint[])', [tenantId, ids])
  return new Set(rows.map(({ id }) => id))
}

export async function findStockSubject(sql: SqlClient, tenantId: string, prizeId: string): Promise<StockSubject | null> {
  const { rows } = await sql.query<StockSubject>(
    `SELECT c.id AS "campaignId", c.version, c.epoch > 0 AS published, p.name, p.stock_total AS "stockTotal"
       FROM prize p JOIN campaign c ON c.tenant_id = p.tenant_id AND c.id = p.campaign_id
      WHERE p.tenant_id = $1 AND p.id = $2 AND p.removed_at IS NULL`, [tenantId, prizeId])
  return rows[0] ?? null
}
