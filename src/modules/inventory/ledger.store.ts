import type { Tx } from '../../platform/prisma/prisma.service.js'
import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { PARTITIONS } from '../../platform/redis/keys.js'
import { bucketOfPlace, bucketPlace, type EpochPlace, split } from './domain/split.js'

export interface LedgerMovement {
  readonly prizeId: string
  readonly movement: 'GRANT' | 'RELEASE' | 'RESTOCK' | 'REDUCE' | 'RETURN'
  readonly quantity: number
  readonly from: string
  readonly to: string
  readonly key: string
  /** What touches a bucket is promised first, and applied when Redis has had it. */
  readonly applied: boolean
}

/** A row that Redis may not have had. */
export interface PendingRow {
  readonly ledgerId: string
  readonly movement: 'RELEASE' | 'REDUCE'
  readonly key: string
  readonly prizeId: string
  readonly position: number
  readonly units: number
  readonly bucket: number
}

export const PUBLISH_KEY = 'publish:'
/** The first row of an adjustment; a bucket's: `bucketKey`. No caller's key makes the one look like the other. */
export const adjustmentKey = (key: string) => `adjust:${key}`
const bucketKey = (key: string, bucket: number) => `adjust-b${bucket}:${key}`
export const calledOffKey = (key: string) => `adjust-off:${key}`

/** Shares units out over the buckets: one RELEASE row each, for those that get any. */
function releases(
  prize: { id: string; position: number }, units: number, bucketCount: number, key: (bucket: number) => string,
): LedgerMovement[] {
  return split(units, bucketCount, prize.position).flatMap((quantity, bucket) => {
    const to = bucketPlace(bucket)
    return quantity === 0 ? [] : [{ prizeId: prize.id, movement: 'RELEASE' as const, quantity, from: 'vault', to, key: key(bucket), applied: false }]
  })
}

export const publishReleases = (prize: { id: string; position: number; stockTotal: number }, bucketCount: number) =>
  releases(prize, prize.stockTotal, bucketCount, (bucket) => `${PUBLISH_KEY}b${bucket}:${prize.id}`)

export const adjustmentReleases = (prize: { id: string; position: number }, units: number, bucketCount: number, key: string) =>
  releases(prize, units, bucketCount, (bucket) => bucketKey(key, bucket))

const handKey = (key: string, bucket: number) => `hand-b${bucket}:${key}`

export const handReleases = (prize: { id: string; position: number }, units: number, bucketCount: number, key: string) =>
  releases(prize, units, bucketCount, (bucket) => handKey(key, bucket))

/** Keys of the rows that a release by hand may have. */
export const handReleaseKeys = (key: string): string[] => Array.from({ length: PARTITIONS }, (_, bucket) => handKey(key, bucket))

/** The same transaction for statements that are written once for both drivers. Values that are not text need a cast in them. */
export const sqlOf = (tx: Tx): SqlClient => ({
  async query<R extends object>(text: string, values: unknown[] = []) {
    const rows = await tx.$queryRawUnsafe<R[]>(text, ...values)
    return { rows, rowCount: rows.length }
  },
})

/** Throws where a key was used before; with `once` it does nothing then. */
export async function insertMovements(
  sql: SqlClient, campaign: { tenantId: string; id: string }, movements: readonly LedgerMovement[],
  by: { operatorId: string | null; reason: string | null }, once = false,
): Promise<void> {
  if (movements.length === 0) return
  const column = <T>(of: (movement: LedgerMovement) => T) => movements.map(of)
  await sql.query(
    `INSERT INTO stock_ledger (tenant_id, campaign_id, prize_id, movement, quantity, from_place, to_place, idempotency_key, reason, operator_id, applied_at)
     SELECT $1::uuid, $2::uuid, m.prize, m.movement::stock_movement, m.quantity, m.from_place, m.to_place, m.key, $3::text, $4::uuid, CASE WHEN m.applied THEN now() END
     FROM unnest($5::uuid[], $6::text[], $7::integer[], $8::text[], $9::text[], $10::text[], $11::boolean[])
       AS m(prize, movement, quantity, from_place, to_place, key, applied)${once ? ' ON CONFLICT (tenant_id, campaign_id, idempotency_key) DO NOTHING' : ''}`,
    [campaign.tenantId, campaign.id, by.reason, by.operatorId, column((m) => m.prizeId), column((m) => m.movement),
      column((m) => m.quantity), column((m) => m.from), column((m) => m.to), column((m) => m.key), column((m) => m.applied)],
  )
}

/** Units of each prize inside the campaign by the ledger, removed prizes too. */
export async function grantedUnits(tx: Tx, tenantId: string, campaignId: string): Promise<Map<string, number>> {
  const rows = await tx.$queryRaw<Array<{ prize_id: string; units: bigint }>>`
    SELECT prize_id, sum(CASE WHEN from_place = 'outside' THEN quantity WHEN to_place = 'outside' THEN -quantity ELSE 0 END)::bigint AS units
    FROM stock_ledger WHERE tenant_id = ${tenantId}::uuid AND campaign_id = ${campaignId}::uuid GROUP BY prize_id`
  return new Map(rows.map((row) => [row.prize_id, Number(row.units)]))
}

/** The campaign's place under its present epoch, shared until the transaction ends: recovery waits. Null for a draft, and while it is being recovered. */
export async function sharePlace(sql: SqlClient, tenantId: string, campaignId: string): Promise<EpochPlace | null> {
  const { rows } = await sql.query<{ id: string; no: number; bucket_count: number; epoch: number }>(
    `SELECT id, no, bucket_count, epoch FROM campaign WHERE tenant_id = $1 AND id = $2 AND epoch > 0 AND status <> 'RECOVERING' FOR SHARE`,
    [tenantId, campaignId],
  )
  const row = rows[0]
  return row === undefined ? null : { id: row.id, no: row.no, bucketCount: row.bucket_count, epoch: row.epoch }
}

/** Promised movements of `campaignId`, of RELEASE or REDUCE, oldest first. */
export async function pendingRows(sql: SqlClient, tenantId: string, campaignId: string): Promise<PendingRow[]> {
  const { rows } = await sql.query<{ id: string; movement: 'RELEASE' | 'REDUCE'; key: string; prize_id: string; position: number; quantity: number; from_place: string; to_place: string }>(
    `SELECT l.id, l.movement, l.idempotency_key AS key, l.prize_id, p.position, l.quantity, l.from_place, l.to_place
     FROM stock_ledger l JOIN prize p ON p.tenant_id = l.tenant_id AND p.id = l.prize_id
     WHERE l.tenant_id = $1 AND l.campaign_id = $2 AND l.applied_at IS NULL AND l.movement IN ('RELEASE', 'REDUCE') ORDER BY l.id`,
    [tenantId, campaignId],
  )
  return rows.map((row) => ({
    ledgerId: row.id,
    movement: row.movement,
    key: row.key,
    prizeId: row.prize_id,
    position: row.position,
    units: row.quantity,
    bucket: bucketOfPlace(row.movement === 'RELEASE' ? row.to_place : row.from_place) ?? 0,
  }))
}

/** Campaigns of the tenant with movements that were promised before `before` and not applied. */
export async function campaignsWithPending(sql: SqlClient, tenantId: string, before: Date, limit: number): Promise<string[]> {
  const { rows } = await sql.query<{ campaign_id: string }>(
    `SELECT DISTINCT campaign_id FROM stock_ledger
     WHERE tenant_id = $1 AND applied_at IS NULL AND movement IN ('RELEASE', 'REDUCE') AND created_at < $2 LIMIT $3`,
    [tenantId, before, limit],
  )
  return rows.map((row) => row.campaign_id)
}

export async function markApplied(sql: SqlClient, tenantId: string, ledgerIds: readonly string[]): Promise<void> {
  await sql.query('UPDATE stock_ledger SET applied_at = now() WHERE tenant_id = $1 AND id = ANY($2::bigint[]) AND applied_at IS NULL', [tenantId, ledgerIds])
}
