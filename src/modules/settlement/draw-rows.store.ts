import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { assignCodes } from '../codes/code-assignment.service.js'
import type { WonAs } from '../draws/domain/answer.js'
import { decidedState } from './domain/draw-state.js'
import { PoisonError } from './domain/poison.js'
import type { DrawEntry, TransferEntry } from './domain/stream-entry.js'

export interface CampaignRef {
  readonly tenantId: string
  readonly campaignId: string
}

/** One row of `draw`, as its stream entry says it. */
export interface DrawRow {
  readonly id: string
  readonly participantId: string
  readonly key: string
  readonly ordinal: number
  readonly position: number
  readonly fingerprint: string
  readonly roll: number
  readonly campaignVersion: number
  readonly epoch: number
  readonly bucket: number
  readonly seq: number
  readonly deviceId: string | null
  readonly ip: string | null
  readonly traceParent: string | null
  readonly createdMs: number
  readonly wonAs: WonAs | null
  /** When the lot of its ticket expires, in ms; 0 = never; null: it cost none. */
  readonly ticketLot: number | null
  /** Of the award, where the unit has its own; null: the prize's value. */
  readonly amountMinor: number | null
  readonly oddsTable: number
}

export const toRows = (entry: DrawEntry, epoch: number, bucket: number): DrawRow[] =>
  entry.draws.map((draw, n) => ({
    id: draw.id,
    participantId: entry.participantId,
    key: entry.key,
    ordinal: n,
    position: draw.position,
    fingerprint: entry.fingerprint,
    roll: draw.roll,
    campaignVersion: entry.campaignVersion,
    epoch,
    bucket,
    seq: entry.seq,
    deviceId: entry.deviceId,
    ip: entry.ip,
    traceParent: entry.traceParent,
    createdMs: entry.createdMs,
    wonAs: draw.wonAs,
    ticketLot: entry.ticketLots?.[n] ?? null,
    amountMinor: draw.amountMinor,
    oddsTable: entry.oddsTable,
  }))

// A draw's award is written with its row or not at all: who finds the row finds the award.
const INSERT = `
WITH entry AS (
  SELECT * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::smallint[], $7::smallint[], $8::text[], $9::integer[], $10::integer[],
    $11::integer[], $12::smallint[], $13::bigint[], $14::text[], $15::text[], $16::text[], $17::bigint[], $18::text[], $19::text[], $20::integer[],
    $21::smallint[])
    AS e(id, participant_id, key, ordinal, position, fingerprint, roll, campaign_version, epoch, bucket, seq, device_id, ip, trace_parent, created_ms, state, won_as,
      amount_minor, odds_table)
), inserted AS (
  INSERT INTO draw (tenant_id, campaign_id, participant_id, id, idempotency_key, ordinal, state, outcome, prize_id, version, fingerprint, roll,
    campaign_version, epoch, bucket, seq, device_id, ip, trace_parent, created_at, settled_at, won_as, odds_table)
  SELECT $1, $2, e.participant_id, e.id, e.key, e.ordinal, e.state::draw_state, (CASE WHEN e.position > 0 THEN 'WON' ELSE 'LOST' END)::draw_outcome, p.id, 1,
    e.fingerprint, e.roll, e.campaign_version, e.epoch, e.bucket, e.seq, e.device_id, e.ip, e.trace_parent,
    to_timestamp(e.created_ms / 1000.0), CASE WHEN e.state = 'SETTLED' THEN now() END, e.won_as::won_as, e.odds_table
  FROM entry e LEFT JOIN prize p ON p.tenant_id = $1 AND p.campaign_id = $2 AND p.position = e.position
  ON CONFLICT DO NOTHING
  RETURNING id, participant_id, prize_id, created_at
), awarded AS (
  INSERT INTO award (tenant_id, id, campaign_id, prize_id, participant_id, amount_minor, amount_currency, created_at)
  SELECT $1, i.id, $2, i.prize_id, i.participant_id, CASE WHEN p.value_currency IS NOT NULL THEN coalesce(e.amount_minor, p.value_minor) END,
    p.value_currency, i.created_at
  FROM inserted i JOIN entry e ON e.id = i.id JOIN prize p ON p.tenant_id = $1 AND p.id = i.prize_id
)
SELECT i.id::text AS id, c.prize_id AS "codesOf" FROM inserted i LEFT JOIN code_pool c ON c.tenant_id = $1 AND c.prize_id = i.prize_id`

/**
 * Writes the rows of one campaign that are not there yet, with their awards, and their coupon codes where the prize has
 * a pool. `as`: SETTLED, or DECIDED (WINNING or LOSING) for wins that must last before they are settled. Returns the ids
 * that were written.
 */
export async function insertDraws(sql: SqlClient, campaign: CampaignRef, rows: readonly DrawRow[], as: 'SETTLED' | 'DECIDED'): Promise<Set<string>> {
  const column = <T>(of: (row: DrawRow) => T): T[] => rows.map(of)
  const result = await sql.query<{ id: string; codesOf: string | null }>(INSERT, [
    campaign.tenantId,
    campaign.campaignId,
    column((row) => row.id),
    column((row) => row.participantId),
    column((row) => row.key),
    column((row) => row.ordinal),
    column((row) => row.position),
    column((row) => row.fingerprint),
    column((row) => row.roll),
    column((row) => row.campaignVersion),
    column((row) => row.epoch),
    column((row) => row.bucket),
    column((row) => row.seq),
    column((row) => row.deviceId),
    column((row) => row.ip),
    column((row) => row.traceParent),
    column((row) => row.createdMs),
    column((row) => (as === 'SETTLED' ? 'SETTLED' : decidedState(row.position))),
    column((row) => row.wonAs),
    column((row) => row.amountMinor),
    column((row) => row.oddsTable),
  ], 'insert_draws')
  const prizeOf = new Map(result.rows.flatMap(({ id, codesOf }) => (codesOf === null ? [] : [[id, codesOf]])))
  if (prizeOf.size > 0) {
    const won = rows.filter(({ id }) => prizeOf.has(id))
    await assignCodes(sql, campaign.tenantId, won.map(({ id, participantId }) => ({ id, participantId, prizeId: prizeOf.get(id)! })))
  }
  return new Set(result.rows.map((row) => row.id))
}

/** Settles rows that a durable win wrote before (state and version are compared). Returns the ids that changed. */
export async function settleDecided(sql: SqlClient, rows: readonly DrawRow[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const result = await sql.query<{ id: string }>('SELECT id::text FROM settle_decided($1::bigint[], $2::text[]) AS id', [
    rows.map(({ id }) => id),
    rows.map(({ participantId }) => participantId),
  ])
  return new Set(result.rows.map(({ id }) => id))
}

/** The rows whose place under (participant, key, ordinal) is taken by another draw: a broken promise, never a repeat. */
export async function findConflicts(sql: SqlClient, rows: readonly DrawRow[]): Promise<DrawRow[]> {
  if (rows.length === 0) return []
  // OFFSET 0 keeps it a look-up per row, each in its one partition.
  const found = await sql.query<{ id: string }>(
    `SELECT e.id::text AS id FROM unnest($1::bigint[], $2::text[]) AS e(id, participant_id)
     CROSS JOIN LATERAL (SELECT 1 FROM draw d WHERE d.id = e.id AND d.participant_id = e.participant_id OFFSET 0) there`,
    [rows.map((row) => row.id), rows.map((row) => row.participantId)],
  )
  const there = new Set(found.rows.map((row) => row.id))
  return rows.filter((row) => !there.has(row.id))
}

/** One AWARD movement per prize: what these rows took out of their bucket for good. `range` names the batch, once. */
export async function recordAwarded(
  sql: SqlClient, campaign: CampaignRef, rows: readonly DrawRow[], bucket: number, range: string,
): Promise<void> {
  const quantities = new Map<number, number>()
  for (const row of rows) if (row.position > 0) quantities.set(row.position, (quantities.get(row.position) ?? 0) + 1)
  if (quantities.size === 0) return
  await sql.query(
    `INSERT INTO stock_ledger (tenant_id, campaign_id, prize_id, movement, quantity, from_place, to_place, idempotency_key, applied_at)
     SELECT $1, $2, p.id, 'AWARD', e.quantity, $5, 'awarded', 'award:' || $6::text || ':' || e.position, now()
     FROM unnest($3::smallint[], $4::integer[]) AS e(position, quantity)
     JOIN prize p ON p.tenant_id = $1 AND p.campaign_id = $2 AND p.position = e.position
     ON CONFLICT DO NOTHING`,
    [campaign.tenantId, campaign.campaignId, [...quantities.keys()], [...quantities.values()], `bucket:${bucket}`, range],
  )
}

/** Stock that entered this bucket from another. The reason names the entry, so that the books can tell a gap from a transfer. */
export async function recordTransfers(
  sql: SqlClient, campaign: CampaignRef, entries: readonly TransferEntry[], epoch: number, bucket: number,
): Promise<void> {
  if (entries.length === 0) return
  const written = await sql.query(
    `INSERT INTO stock_ledger (tenant_id, campaign_id, prize_id, movement, quantity, from_place, to_place, idempotency_key, reason, applied_at)
     SELECT $1, $2, p.id, 'TRANSFER', e.quantity, 'bucket:' || e.from_bucket, 'bucket:' || $7::text, 'transfer:' || e.id,
       'entry:' || $8::text || ':' || $7::text || ':' || e.seq, now()
     FROM unnest($3::text[], $4::smallint[], $5::integer[], $6::smallint[], $9::bigint[]) AS e(id, position, quantity, from_bucket, seq)
     JOIN prize p ON p.tenant_id = $1 AND p.campaign_id = $2 AND p.position = e.position
     ON CONFLICT DO NOTHING`,
    [
      campaign.tenantId,
      campaign.campaignId,
      entries.map((entry) => entry.transferId),
      entries.map((entry) => entry.position),
      entries.map((entry) => entry.quantity),
      entries.map((entry) => entry.fromBucket),
      bucket,
      epoch,
      entries.map((entry) => entry.seq),
    ],
  )
  if (written.rowCount < entries.length) throw new PoisonError('a transfer names an unknown prize, or was recorded before')
}
