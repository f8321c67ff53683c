import type { SqlClient } from '../../platform/prisma/sql.service.js'
import type { FulfilmentKind } from '../campaigns/domain/fulfilment.js'

/**
 * Makes tasks for GRANTED awards that want one, `limit` at most for each prize. `since`: those won from then on; null: all.
 * The time to claim runs from now, so that nobody loses by a late task.
 */
export async function assignTasks(sql: SqlClient, tenantId: string, since: Date | null, limit: number): Promise<number> {
  const { rowCount } = await sql.query(
    `INSERT INTO fulfilment_task (tenant_id, award_id, campaign_id, prize_id, kind, due_at)
     SELECT $1, a.id, a.campaign_id, p.id, (p.fulfilment ->> 'kind')::fulfilment_kind, ${DUE}
     FROM prize p CROSS JOIN LATERAL (
       SELECT a.id, a.campaign_id FROM award a
       WHERE a.tenant_id = $1 AND a.prize_id = p.id AND a.status = 'GRANTED' AND a.created_at >= coalesce($2::timestamptz, '-infinity')
         AND NOT EXISTS (SELECT FROM fulfilment_task t WHERE t.tenant_id = $1 AND t.award_id = a.id)
       ORDER BY a.created_at LIMIT $3
     ) a
     WHERE p.tenant_id = $1 AND p.fulfilment IS NOT NULL
     ON CONFLICT DO NOTHING`,
    [tenantId, since, limit],
  )
  return rowCount
}

const DUE = `CASE p.fulfilment ->> 'kind' WHEN 'MANUAL' THEN now() + (p.fulfilment ->> 'claimWithinSeconds')::integer * interval '1 second' ELSE now() END`

/** As `assignTasks`, for these awards whatever their status. Returns the keys of those that have a task now. */
export async function assignTo(sql: SqlClient, tenantId: string, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  await sql.query(
    `INSERT INTO fulfilment_task (tenant_id, award_id, campaign_id, prize_id, kind, due_at)
     SELECT $1, a.id, a.campaign_id, p.id, (p.fulfilment ->> 'kind')::fulfilment_kind, ${DUE}
     FROM award a JOIN prize p ON p.tenant_id = a.tenant_id AND p.id = a.prize_id
     WHERE a.tenant_id = $1 AND a.id = ANY($2::bigint[]) AND p.fulfilment IS NOT NULL ON CONFLICT DO NOTHING`,
    [tenantId, keys],
  )
  const { rows } = await sql.query<{ key: string }>(
    'SELECT award_id::text AS key FROM fulfilment_task WHERE tenant_id = $1 AND award_id = ANY($2::bigint[])', [tenantId, keys])
  return new Set(rows.map(({ key }) => key))
}

/** Awards whose task is due and not under way, the latest first. Not locked. */
export async function dueKeys(sql: SqlClient, tenantId: string, kind: FulfilmentKind, limit: number): Promise<string[]> {
  const { rows } = await sql.query<{ key: string }>(
    `SELECT award_id::text AS key FROM fulfilment_task
     WHERE tenant_id = $1 AND kind = $2::fulfilment_kind AND due_at <= now() AND (lease_until IS NULL OR lease_until <= now()) ORDER BY due_at LIMIT $3`,
    [tenantId, kind, limit],
  )
  return rows.map(({ key }) => key)
}

/** Of awards that are locked: those whose task is still due and not under way. */
export async function stillDue(sql: SqlClient, tenantId: string, keys: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql.query<{ key: string }>(
    `SELECT award_id::text AS key FROM fulfilment_task
     WHERE tenant_id = $1 AND award_id = ANY($2::bigint[]) AND due_at <= now() AND (lease_until IS NULL OR lease_until <= now())`,
    [tenantId, keys],
  )
  return new Set(rows.map(({ key }) => key))
}

/** Begins an attempt of each: counted before it is made, so that one that kills its worker is counted too. */
export async function leaseTasks(
  sql: SqlClient, tenantId: string, keys: readonly string[], holder: string, leaseMs: number,
): Promise<void> {
  await sql.query(
    `UPDATE fulfilment_task SET attempt = attempt + 1, lease_holder = $3, lease_until = now() + $4 * interval '1 millisecond', updated_at = now()
     WHERE tenant_id = $1 AND award_id = ANY($2::bigint[])`,
    [tenantId, keys, holder, leaseMs],
  )
}

/** Whether the attempt under way, or the last that nobody has taken over, is this holder's. */
export async function holdsLease(sql: SqlClient, tenantId: string, key: string, holder: string): Promise<boolean> {
  const { rowCount } = await sql.query('SELECT FROM fulfilment_task WHERE tenant_id = $1 AND award_id = $2 AND lease_holder = $3', [tenantId, key, holder])
  return rowCount === 1
}

export interface TaskRest {
  /** How long until the task goes on by itself, in ms; null: it does not. */
  readonly dueInMs: number | null
  readonly lastError?: string | null
  readonly reference?: string
  /** Begins to count attempts anew. */
  readonly issuedAgain?: boolean
}

/** What is left to do for awards that are locked; no attempt is under way any more. */
export async function restTasks(sql: SqlClient, tenantId: string, keys: readonly string[], rest: TaskRest): Promise<void> {
  if (keys.length === 0) return
  const { dueInMs, lastError, reference, issuedAgain = false } = rest
  await sql.query(
    `UPDATE fulfilment_task SET due_at = now() + $3 * interval '1 millisecond', lease_holder = NULL, lease_until = NULL, updated_at = now(),
       last_error = CASE WHEN $4 THEN $5 ELSE last_error END, reference = coalesce($6, reference),
       round = round + $7::integer, attempt = CASE WHEN $7 = 1 THEN 0 ELSE attempt END
     WHERE tenant_id = $1 AND award_id = ANY($2::bigint[])`,
    [tenantId, keys, dueInMs, lastError !== undefined, lastError ?? null, reference ?? null, issuedAgain ? 1 : 0],
  )
}
