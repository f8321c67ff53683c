import type { SqlClient } from '../../platform/prisma/sql.service.js'
import type { CodeAlarm } from './codes.types.js'

export interface PrizeRow {
  readonly campaignId: string
  readonly kind: string
  readonly name: string
}

/** Null for another tenant's, as for none, and for one that was taken out of its campaign. */
export async function findPrize(sql: SqlClient, tenantId: string, prizeId: string): Promise<PrizeRow | null> {
  const { rows } = await sql.query<PrizeRow>(
    'SELECT campaign_id AS "campaignId", kind::text AS kind, name FROM prize WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL', [tenantId, prizeId])
  return rows[0] ?? null
}

/**
 * Makes the prize's pool, if it has none. Every award is written under a share of its campaign's lock: all that were
 * begun before it are committed by now, and are gathered; all that come after know the pool. Returns whether it was made now.
 */
export async function ensurePool(sql: SqlClient, tenantId: string, campaignId: string, prizeId: string): Promise<boolean> {
  const there = await sql.query('SELECT FROM code_pool WHERE tenant_id = $1 AND prize_id = $2', [tenantId, prizeId])
  if (there.rowCount > 0) return false
  await sql.query('SELECT FROM campaign WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE', [tenantId, campaignId])
  const { rowCount } = await sql.query(
    'INSERT INTO code_pool (tenant_id, prize_id, campaign_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [tenantId, prizeId, campaignId])
  return rowCount > 0
}

/** One worker at a time in a pool, and no award waits for it: they need no more than a key share of the row. */
async function lockPool(sql: SqlClient, tenantId: string, prizeId: string): Promise<{ gathered: boolean } | null> {
  const { rows } = await sql.query<{ gathered: boolean }>(
    'SELECT gathered_at IS NOT NULL AS gathered FROM code_pool WHERE tenant_id = $1 AND prize_id = $2 FOR NO KEY UPDATE SKIP LOCKED', [tenantId, prizeId])
  return rows[0] ?? null
}

/** Lets the awards that are older than the pool wait for their codes. Again and again is no harm. */
export async function gatherAwards(sql: SqlClient, tenantId: string, prizeId: string): Promise<void> {
  if ((await lockPool(sql, tenantId, prizeId))?.gathered !== false) return
  await sql.query(
    `INSERT INTO code_waiting (tenant_id, prize_id, award_id, participant_id)
     SELECT a.tenant_id, a.prize_id, a.id, a.participant_id
     FROM code_pool p JOIN award a ON a.tenant_id = p.tenant_id AND a.campaign_id = p.campaign_id AND a.prize_id = p.prize_id
     WHERE p.tenant_id = $1 AND p.prize_id = $2 AND a.status NOT IN ('REVOKED', 'EXPIRED')
       AND NOT EXISTS (SELECT FROM prize_code c WHERE c.tenant_id = a.tenant_id AND c.award_id = a.id)
     ON CONFLICT DO NOTHING`,
    [tenantId, prizeId],
  )
  await sql.query('UPDATE code_pool SET gathered_at = now() WHERE tenant_id = $1 AND prize_id = $2', [tenantId, prizeId])
}

// An award that was taken back meanwhile leaves without a code.
const SERVE = `
WITH oldest AS (
  SELECT w.award_id, w.participant_id, a.status NOT IN ('REVOKED', 'EXPIRED') AS live
  FROM code_waiting w JOIN award a ON a.tenant_id = w.tenant_id AND a.id = w.award_id
  WHERE w.tenant_id = $1 AND w.prize_id = $2 ORDER BY w.award_id LIMIT $3
), waiting AS (
  SELECT award_id, participant_id, row_number() OVER (ORDER BY award_id) AS n FROM oldest WHERE live
), taken AS (
  SELECT c.id, row_number() OVER (ORDER BY c.id) AS n FROM (
    SELECT f.id FROM prize_code f
    WHERE f.tenant_id = $1 AND f.prize_id = $2 AND f.award_id IS NULL AND f.voided_at IS NULL AND (f.expires_at IS NULL OR f.expires_at > now())
    ORDER BY f.id LIMIT (SELECT count(*) FROM waiting) FOR UPDATE SKIP LOCKED
  ) c
), assigned AS (
  UPDATE prize_code c SET award_id = w.award_id, participant_id = w.participant_id, assigned_at = now()
  FROM taken t JOIN waiting w ON w.n = t.n WHERE c.tenant_id = $1 AND c.id = t.id RETURNING c.award_id
), served AS (
  DELETE FROM code_waiting w WHERE w.tenant_id = $1 AND w.prize_id = $2
    AND w.award_id IN (SELECT award_id FROM assigned UNION ALL SELECT award_id FROM oldest WHERE NOT live) RETURNING w.award_id
)
SELECT (SELECT count(*)::integer FROM assigned) AS assigned, (SELECT count(*)::integer FROM served) AS served`

/** Gives free codes to the awards that have waited longest, `max` of them at most. Returns how many left the queue. */
export async function serveWaiting(
  sql: SqlClient, tenantId: string, prizeId: string, max: number,
): Promise<{ assigned: number; served: number }> {
  const nothing = { assigned: 0, served: 0 }
  // Older awards may still be on their way into the queue.
  if ((await lockPool(sql, tenantId, prizeId))?.gathered !== true) return nothing
  if ((await countFree(sql, tenantId, prizeId, 1)) === 0) return nothing
  const { rows } = await sql.query<{ assigned: number; served: number }>(SERVE, [tenantId, prizeId, max])
  return rows[0] ?? nothing
}

/** Codes that an award could get now; counted up to `max`. */
async function countFree(sql: SqlClient, tenantId: string, prizeId: string, max: number): Promise<number> {
  const { rows } = await sql.query<{ free: number }>(
    `SELECT count(*)::integer AS free FROM (SELECT FROM prize_code WHERE tenant_id = $1 AND prize_id = $2 AND award_id IS NULL AND voided_at IS NULL
       AND (expires_at IS NULL OR expires_at > now()) LIMIT $3) f`,
    [tenantId, prizeId, max],
  )
  return rows[0]!.free
}

export interface PoolRow {
  readonly prizeId: string
  readonly imported: string
  readonly assigned: string
  readonly free: string
  readonly expired: string
  readonly voided: string
  readonly waiting: string
  readonly lowStockAt: number | null
  readonly lowSince: Date | null
}

/** The pools of a campaign, counted. */
export async function readPools(sql: SqlClient, tenantId: string, campaignId: string): Promise<PoolRow[]> {
  const { rows } = await sql.query<PoolRow>(
    `SELECT p.prize_id AS "prizeId", n.imported, n.assigned, n.free, n.expired, n.voided, p.low_stock_at AS "lowStockAt",
       (SELECT count(*) FROM code_waiting w WHERE w.tenant_id = p.tenant_id AND w.prize_id = p.prize_id) AS waiting,
       (SELECT a.raised_at FROM code_alarm a WHERE a.tenant_id = p.tenant_id AND a.prize_id = p.prize_id AND a.cleared_at IS NULL) AS "lowSince"
     FROM code_pool p CROSS JOIN LATERAL (
       SELECT count(*) AS imported, count(c.award_id) AS assigned, count(c.voided_at) AS voided,
         count(*) FILTER (WHERE c.award_id IS NULL AND c.voided_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > now())) AS free,
         count(*) FILTER (WHERE c.award_id IS NULL AND c.voided_at IS NULL AND c.expires_at <= now()) AS expired
       FROM prize_code c WHERE c.tenant_id = p.tenant_id AND c.prize_id = p.prize_id
     ) n WHERE p.tenant_id = $1 AND p.campaign_id = $2`,
    [tenantId, campaignId],
  )
  return rows
}

/** Alarms that are raised now, of the whole tenant; the newest first. */
export async function readAlarms(sql: SqlClient, tenantId: string, limit: number): Promise<CodeAlarm[]> {
  const { rows } = await sql.query<CodeAlarm>(
    `SELECT c.id AS "campaignId", c.name AS "campaignName", a.prize_id AS "prizeId", z.name AS "prizeName",
       a.low_stock_at AS "lowStockAt", a.free, a.raised_at AS since
     FROM code_alarm a JOIN code_pool p ON p.tenant_id = a.tenant_id AND p.prize_id = a.prize_id
     JOIN prize z ON z.tenant_id = p.tenant_id AND z.id = p.prize_id JOIN campaign c ON c.tenant_id = p.tenant_id AND c.id = p.campaign_id
     WHERE a.tenant_id = $1 AND a.cleared_at IS NULL ORDER BY a.raised_at DESC, a.prize_id LIMIT $2`,
    [tenantId, limit],
  )
  return rows
}

/** Takes all that nobody has out of the pool, expired ones too. Returns how many. */
export async function voidFree(sql: SqlClient, tenantId: string, prizeId: string): Promise<number> {
  const { rowCount } = await sql.query(
    'UPDATE prize_code SET voided_at = now() WHERE tenant_id = $1 AND prize_id = $2 AND award_id IS NULL AND voided_at IS NULL', [tenantId, prizeId])
  return rowCount
}

export interface StockJudgement {
  readonly low: boolean
  /** What this look has changed; null: nothing. */
  readonly change: 'RAISED' | 'CLEARED' | null
  /** Free codes, counted up to one above the threshold. */
  readonly free: number
}

/** Holds the pool's free codes against its threshold: an alarm is raised once for each time that it is crossed. */
export async function judgeStock(sql: SqlClient, tenantId: string, prizeId: string): Promise<StockJudgement> {
  const { rows: [pool] } = await sql.query<{ low_stock_at: number | null; running: boolean }>(
    `SELECT p.low_stock_at, c.epoch > 0 AND c.status NOT IN ('ENDED', 'ARCHIVED') AND c.ends_at > now() AS running
     FROM code_pool p JOIN campaign c ON c.tenant_id = p.tenant_id AND c.id = p.campaign_id
     WHERE p.tenant_id = $1 AND p.prize_id = $2 FOR NO KEY UPDATE OF p`, [tenantId, prizeId])
  const at = pool?.low_stock_at ?? null
  const free = at === null ? 0 : await countFree(sql, tenantId, prizeId, at + 1)
  if (at !== null && pool?.running === true && free <= at) {
    const raised = await sql.query(
      'INSERT INTO code_alarm (tenant_id, prize_id, low_stock_at, free) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [tenantId, prizeId, at, free])
    return { low: true, change: raised.rowCount > 0 ? 'RAISED' : null, free }
  }
  const cleared = await sql.query('UPDATE code_alarm SET cleared_at = now() WHERE tenant_id = $1 AND prize_id = $2 AND cleared_at IS NULL', [tenantId, prizeId])
  return { low: false, change: cleared.rowCount > 0 ? 'CLEARED' : null, free }
}
