import type { Caller } from '../../common/context.js'
import { awardIdOf, encodeDrawId } from '../../common/draw-id.js'
import type { SqlClient } from '../../platform/prisma/sql.service.js'
import type { FulfilmentKind } from '../campaigns/domain/fulfilment.js'
import { AWARD_RULES, type AwardAction } from './domain/award-state.js'
import type { AwardEvent, AwardRecord, AwardStatus, FailedAwards } from './fulfilment.types.js'

/** An award with all that a decision about it needs, as one statement read it. */
export interface AwardRow extends AwardRecord {
  /** Decimal: the key of its rows. */
  readonly key: string
  readonly isSettled: boolean
  /** An attempt is under way. */
  readonly isLeased: boolean
}

export interface Actor { readonly kind: string; readonly id: string | null }

export function actorOf(caller: Caller): Actor {
  switch (caller.kind) {
    case 'operator': return { kind: caller.kind, id: caller.operatorId }
    case 'participant': return { kind: caller.kind, id: caller.userId }
    case 'server': return { kind: caller.kind, id: caller.apiKeyId }
    case 'system': return { kind: caller.kind, id: caller.name }
  }
}

interface Row {
  id: string; campaign_id: string; prize_id: string; participant_id: string; status: AwardStatus; version: number
  amount_minor: number | null; amount_currency: string | null; created_at: Date; updated_at: Date
  no: number; bucket: number; settled: boolean
  kind: FulfilmentKind | null; round: number; attempt: number; due_at: Date | null; leased: boolean | null
  last_error: string | null; reference: string | null
}

// OFFSET 0 keeps it a look-up per award, in the one partition of its draw.
const SELECT = `
  SELECT a.id::text AS id, a.campaign_id, a.prize_id, a.participant_id, a.status::text AS status, a.version, a.amount_minor, a.amount_currency,
    a.created_at, a.updated_at, c.no, d.bucket, d.state = 'SETTLED' AS settled,
    t.kind::text AS kind, t.round, t.attempt, t.due_at, t.lease_until > now() AS leased, t.last_error, t.reference
  FROM award a JOIN campaign c ON c.tenant_id = a.tenant_id AND c.id = a.campaign_id
  CROSS JOIN LATERAL (SELECT d.bucket, d.state FROM draw d WHERE d.id = a.id AND d.participant_id = a.participant_id OFFSET 0) d
  LEFT JOIN fulfilment_task t ON t.tenant_id = a.tenant_id AND t.award_id = a.id
  WHERE a.tenant_id = $1`

function toAward(row: Row): AwardRow {
  const { amount_minor: amountMinor, amount_currency: currency } = row
  const drawId = encodeDrawId({ snowflake: BigInt(row.id), campaignNo: row.no, bucket: row.bucket })
  return {
    key: row.id,
    id: awardIdOf(drawId),
    drawId,
    campaignId: row.campaign_id,
    prizeId: row.prize_id,
    userId: row.participant_id,
    status: row.status,
    version: row.version,
    amount: amountMinor === null || currency === null ? null : { amountMinor, currency },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    isSettled: row.settled,
    isLeased: row.leased === true,
    fulfilment: row.kind === null ? null : {
      kind: row.kind, round: row.round, attempt: row.attempt, dueAt: row.due_at, lastError: row.last_error, reference: row.reference,
    },
  }
}

/** By decimal key; those that do not exist, or are another tenant's, are missing. */
export async function readAwards(sql: SqlClient, tenantId: string, keys: readonly string[]): Promise<Map<string, AwardRow>> {
  if (keys.length === 0) return new Map()
  const { rows } = await sql.query<Row>(`${SELECT} AND a.id = ANY($2::bigint[])`, [tenantId, keys])
  return new Map(rows.map((row) => [row.id, toAward(row)]))
}

/**
 * Locks awards until the transaction ends, always in the same order: whoever changes an award, or its task, does so under
 * this lock. What else is read of them is read after it, by a statement of its own, so that it is of after the wait.
 * `free`: so many at most of those that nobody else holds; the others are left out.
 */
export async function lockAwards(
  sql: SqlClient, tenantId: string, keys: readonly string[], free?: { readonly limit: number },
): Promise<Map<string, AwardRow>> {
  if (keys.length === 0) return new Map()
  const which = free === undefined ? '' : ` LIMIT ${free.limit}`
  const { rows } = await sql.query<{ id: string }>(
    `SELECT id::text AS id FROM award WHERE tenant_id = $1 AND id = ANY($2::bigint[]) ORDER BY award.id${which} FOR UPDATE${free === undefined ? '' : ' SKIP LOCKED'}`,
    [tenantId, keys],
  )
  return readAwards(sql, tenantId, rows.map(({ id }) => id))
}

export interface Why { readonly reason: string | null; readonly actor: Actor }

/**
 * Moves awards that the caller has locked, by the rules and from the version that it saw; each change is a row of the
 * history. Throws where one of them is not as it was seen: then nothing is to be committed.
 */
export async function moveAwards(
  sql: SqlClient, tenantId: string, awards: readonly AwardRow[], action: AwardAction, { reason, actor }: Why,
): Promise<void> {
  if (awards.length === 0) return
  const { from, to } = AWARD_RULES[action]
  const { rowCount } = await sql.query(
    `WITH seen AS (
       SELECT * FROM unnest($2::bigint[], $3::integer[], $4::award_status[], $5::integer[], $6::integer[]) AS s(id, version, status, round, attempt)
     ), moved AS (
       UPDATE award a SET status = $7::award_status, version = a.version + 1, updated_at = now() FROM seen s
       WHERE a.tenant_id = $1 AND a.id = s.id AND a.version = s.version AND a.status = s.status AND a.status = ANY($8::award_status[])
       RETURNING a.id, s.status, a.version, s.round, s.attempt
     )
     INSERT INTO award_event (tenant_id, award_id, from_status, to_status, award_version, reason, round, attempt, actor_kind, actor_id)
     SELECT $1, m.id, m.status, $7::award_status, m.version, $9, m.round, m.attempt, $10, $11 FROM moved m`,
    [
      tenantId, awards.map(({ key }) => key), awards.map(({ version }) => version), awards.map(({ status }) => status),
      awards.map(({ fulfilment }) => fulfilment?.round ?? null), awards.map(({ fulfilment }) => fulfilment?.attempt ?? null),
      to, from, reason, actor.kind, actor.id,
    ],
  )
  if (rowCount !== awards.length) throw new Error(`${awards.length - rowCount} awards could not be moved to ${to}: they are not as they were seen`)
}

/** A row of the history that changes nothing: an attempt that failed, an address that was given anew. */
export async function noteAward(sql: SqlClient, tenantId: string, award: AwardRow, { reason, actor }: Why): Promise<void> {
  const { key, status, version, fulfilment } = award
  await sql.query(
    `INSERT INTO award_event (tenant_id, award_id, from_status, to_status, award_version, reason, round, attempt, actor_kind, actor_id)
     VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9)`,
    [tenantId, key, status, version, reason, fulfilment?.round ?? null, fulfilment?.attempt ?? null, actor.kind, actor.id],
  )
}

/** Why the award is as it is. */
export async function lastReason(sql: SqlClient, tenantId: string, key: string): Promise<string | null> {
  const { rows } = await sql.query<{ reason: string | null }>(
    'SELECT reason FROM award_event WHERE tenant_id = $1 AND award_id = $2 ORDER BY id DESC LIMIT 1', [tenantId, key])
  return rows[0]?.reason ?? null
}

/** The oldest first, `limit` at most. */
export async function readHistory(sql: SqlClient, tenantId: string, key: string, limit: number): Promise<AwardEvent[]> {
  const { rows } = await sql.query<AwardEvent>(
    `SELECT from_status::text AS "from", to_status::text AS "to", award_version AS version, reason, round, attempt, actor_kind AS "actorKind", actor_id AS "actorId", at
     FROM award_event WHERE tenant_id = $1 AND award_id = $2 ORDER BY award_event.id LIMIT $3`,
    [tenantId, key, limit],
  )
  return rows
}

export interface AwardFilter {
  readonly campaignId: string
  readonly status: AwardStatus | null
  readonly prizeId: string | null
  readonly userId: string | null
  /** Decimal; awards made before this one. */
  readonly before: string | null
}

/** Newest first. */
export async function listAwards(sql: SqlClient, tenantId: string, filter: AwardFilter, limit: number): Promise<AwardRow[]> {
  const values: unknown[] = [tenantId, filter.campaignId]
  const where = ['a.campaign_id = $2']
  const add = (condition: (place: string) => string, value: unknown) => where.push(condition(`$${values.push(value)}`))
  if (filter.status !== null) add((place) => `a.status = ${place}::award_status`, filter.status)
  if (filter.prizeId !== null) add((place) => `a.prize_id = ${place}`, filter.prizeId)
  if (filter.userId !== null) add((place) => `a.participant_id = ${place}`, filter.userId)
  if (filter.before !== null) add((place) => `a.id < ${place}::bigint`, filter.before)
  const { rows } = await sql.query<Row>(`${SELECT} AND ${where.join(' AND ')} ORDER BY a.id DESC LIMIT ${limit}`, values)
  return rows.map(toAward)
}

/**
 * How many awards wait in FAILED, up to `countMax`, by campaign: of those that run, and of those that ended after `endedAfter`. Each
 * costs a look at an index of failed ones alone.
 */
export async function countFailed(
  sql: SqlClient, tenantId: string, endedAfter: Date, { countMax, limit }: { countMax: number; limit: number },
): Promise<FailedAwards[]> {
  const { rows } = await sql.query<FailedAwards>(
    `SELECT c.id AS "campaignId", c.name AS "campaignName", f.awards FROM campaign c
     CROSS JOIN LATERAL (
       SELECT count(*)::integer AS awards FROM (SELECT FROM award a WHERE a.tenant_id = $1 AND a.campaign_id = c.id AND a.status = 'FAILED' LIMIT $3) failed
     ) f
     WHERE c.tenant_id = $1 AND c.epoch > 0 AND c.ends_at > $2 AND f.awards > 0 ORDER BY f.awards DESC, c.id DESC LIMIT $4`,
    [tenantId, endedAfter, countMax, limit],
  )
  return rows
}
