import type { SqlClient } from '../../../platform/prisma/sql.service.js'
import { returnKey } from '../../inventory/domain/transfer.js'
import type { DayWins } from '../../inventory/domain/allowance.js'
import type { StockFacts } from '../domain/stock-count.js'
import type { CampaignRef } from '../draw-rows.store.js'

interface LedgerRow { position: number; id: string; granted: string; vault: string; in_buckets: string; awarded: string }

// A movement that touches no bucket needs no Redis, and counts at once.
const COUNTS = `(l.applied_at IS NOT NULL OR (l.from_place NOT LIKE 'bucket:%' AND l.to_place NOT LIKE 'bucket:%'))`
const net = (isTo: string, isFrom: string) =>
  `coalesce(sum(CASE WHEN ${isTo} THEN l.quantity ELSE 0 END - CASE WHEN ${isFrom} THEN l.quantity ELSE 0 END) FILTER (WHERE ${COUNTS}), 0)`

/** The stock ledger, summed by prize; removed prizes too, since their units were won. `toVault`: transfers whose rows are looked for. */
export async function readStockFacts(sql: SqlClient, campaign: CampaignRef, toVault: Iterable<string> = []): Promise<StockFacts> {
  const ledger = await sql.query<LedgerRow>(
    `SELECT p.position, p.id, ${net(`l.from_place = 'outside'`, `l.to_place = 'outside'`)} AS granted,
       ${net(`l.to_place = 'vault'`, `l.from_place = 'vault'`)} AS vault,
       ${net(`l.to_place LIKE 'bucket:%'`, `l.from_place LIKE 'bucket:%'`)} AS in_buckets,
       ${net(`l.to_place = 'awarded'`, `l.from_place = 'awarded'`)} AS awarded
     FROM prize p LEFT JOIN stock_ledger l ON l.tenant_id = p.tenant_id AND l.campaign_id = p.campaign_id AND l.prize_id = p.id
     WHERE p.tenant_id = $1 AND p.campaign_id = $2 GROUP BY p.position, p.id ORDER BY p.position`,
    [campaign.tenantId, campaign.campaignId],
  )
  const pending = await sql.query<{ id: string; position: number; crosses: boolean }>(
    `SELECT l.id::text AS id, p.position, (l.from_place = 'outside' OR l.to_place = 'outside') AS crosses
     FROM stock_ledger l JOIN prize p ON p.tenant_id = l.tenant_id AND p.id = l.prize_id
     WHERE l.tenant_id = $1 AND l.campaign_id = $2 AND l.applied_at IS NULL AND (l.from_place LIKE 'bucket:%' OR l.to_place LIKE 'bucket:%')`,
    [campaign.tenantId, campaign.campaignId],
  )
  const returned = await returnedAmong(sql, campaign, [...toVault])
  return {
    returned,
    prizes: ledger.rows.map((row) => ({
      position: row.position,
      prizeId: row.id,
      granted: Number(row.granted),
      vault: Number(row.vault),
      inBuckets: Number(row.in_buckets),
      awarded: Number(row.awarded),
    })),
    pending: pending.rows.map((row) => ({ ledgerId: row.id, position: row.position, crossesBorder: row.crosses })),
  }
}

async function returnedAmong(sql: SqlClient, campaign: CampaignRef, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const { rows } = await sql.query<{ key: string }>(
    'SELECT idempotency_key AS key FROM stock_ledger WHERE tenant_id = $1 AND campaign_id = $2 AND idempotency_key = ANY($3)',
    [campaign.tenantId, campaign.campaignId, ids.map(returnKey)],
  )
  const found = new Set(rows.map(({ key }) => key))
  return new Set(ids.filter((id) => found.has(returnKey(id))))
}

/** Awards by prize and local day, whatever became of them. */
export async function readWinsByDay(sql: SqlClient, { tenantId, campaignId }: CampaignRef, timezone: string): Promise<DayWins[]> {
  const { rows } = await sql.query<{ position: number; day: number; count: string }>(
    `SELECT p.position, (a.created_at AT TIME ZONE $3)::date - date '1970-01-01' AS day, count(*)
     FROM award a JOIN prize p ON p.tenant_id = a.tenant_id AND p.id = a.prize_id
     WHERE a.tenant_id = $1 AND a.campaign_id = $2 GROUP BY 1, 2`,
    [tenantId, campaignId, timezone],
  )
  return rows.map(({ position, day, count }) => ({ position, day, count: Number(count) }))
}

export interface DeadEntry { readonly bucket: number; readonly seq: number; readonly fields: readonly string[] }

export interface SettledFacts {
  /** By bucket: every entry up to this number is settled. */
  readonly positions: ReadonlyMap<number, number>
  /** By bucket: the highest number of an entry whose wins are durable and not yet settled. */
  readonly winningMax: ReadonlyMap<number, number>
  readonly dead: readonly DeadEntry[]
}

/** How far settlement has come under one epoch. */
export async function readSettledFacts(sql: SqlClient, campaign: CampaignRef, epoch: number): Promise<SettledFacts> {
  const values = [campaign.tenantId, campaign.campaignId, epoch]
  const positions = await sql.query<{ bucket: number; seq: string }>(
    'SELECT bucket, seq FROM settlement_position WHERE tenant_id = $1 AND campaign_id = $2 AND epoch = $3',
    values,
  )
  const winning = await sql.query<{ bucket: number; seq: string }>(
    `SELECT bucket, max(seq) AS seq FROM draw WHERE tenant_id = $1 AND campaign_id = $2 AND epoch = $3 AND state = 'WINNING' GROUP BY bucket`,
    values,
  )
  const dead = await sql.query<{ bucket: number; seq: string; entry: unknown }>(
    'SELECT bucket, seq, entry FROM dead_letter WHERE tenant_id = $1 AND campaign_id = $2 AND epoch = $3 AND resolved_at IS NULL',
    values,
  )
  return {
    positions: new Map(positions.rows.map((row) => [row.bucket, Number(row.seq)])),
    winningMax: new Map(winning.rows.map((row) => [row.bucket, Number(row.seq)])),
    dead: dead.rows.map(({ bucket, seq, entry }) => ({ bucket, seq: Number(seq), fields: Array.isArray(entry) ? entry.map(String) : [] })),
  }
}
