import type { SqlClient } from '../../platform/prisma/sql.service.js'
import type { CarryOver } from '../campaigns/domain/release.js'
import type { PlannedStep } from '../campaigns/domain/release-plan.js'
import { bucketPlace, split } from './domain/split.js'
import type { ReleaseStepView } from './inventory.types.js'
import { insertMovements, type LedgerMovement } from './ledger.store.js'

/** Those that are late are caught up with in batches. */
const STEPS_PER_BATCH = 200

export interface DueStep {
  readonly prizeId: string
  readonly position: number
  readonly no: number
  readonly units: number
  readonly dueMs: number
  readonly carryOver: CarryOver
  /** Whether an earlier step of the prize was released. */
  readonly begun: boolean
}

interface DueRow { prize_id: string; position: number; no: number; units: number; due_at: Date; carry_over: CarryOver; begun: boolean }
type CampaignRef = Readonly<{ tenantId: string; id: string }>

/** Key of the row that brings a step's share to a bucket. */
const stepKey = (prizeId: string, no: number, bucket: number) => `release:${prizeId}:${no}:b${bucket}`

/** One RELEASE row for each bucket that gets any; which of them get the odd units changes from step to step. */
const stepReleases = (step: Pick<DueStep, 'prizeId' | 'position' | 'no' | 'units'>, bucketCount: number): LedgerMovement[] =>
  split(step.units, bucketCount, step.position + step.no).flatMap((quantity, bucket) => (quantity === 0 ? [] : [{
    prizeId: step.prizeId, movement: 'RELEASE' as const, quantity, from: 'vault', to: bucketPlace(bucket), key: stepKey(step.prizeId, step.no, bucket), applied: false,
  }]))

export async function insertPlan(sql: SqlClient, campaign: CampaignRef, prizeId: string, steps: readonly PlannedStep[]): Promise<void> {
  if (steps.length === 0) return
  await sql.query(
    `INSERT INTO release_step (tenant_id, campaign_id, prize_id, no, due_at, units)
     SELECT $1::uuid, $2::uuid, $3::uuid, s.no, to_timestamp(s.due / 1000.0), s.units FROM unnest($4::integer[], $5::bigint[], $6::integer[]) AS s(no, due, units)`,
    [campaign.tenantId, campaign.id, prizeId, steps.map(({ no }) => no), steps.map(({ dueMs }) => dueMs), steps.map(({ units }) => units)],
  )
}

/** Forgets a plan of which nothing was released. False where something was: then it stays as it is. */
export async function deletePlan(sql: SqlClient, campaign: CampaignRef, prizeId: string): Promise<boolean> {
  const begun = await sql.query(
    `SELECT 1 AS one FROM release_step WHERE tenant_id = $1::uuid AND prize_id = $2::uuid AND state IN ('RELEASED', 'SKIPPED') LIMIT 1`,
    [campaign.tenantId, prizeId],
  )
  if (begun.rows.length > 0) return false
  await sql.query('DELETE FROM release_step WHERE tenant_id = $1::uuid AND prize_id = $2::uuid', [campaign.tenantId, prizeId])
  return true
}

/** The steps whose time has come, oldest first for each prize; locked until the transaction ends. The time is Postgres'; as in system_due_releases. */
export async function lockDueSteps(sql: SqlClient, campaign: CampaignRef): Promise<DueStep[]> {
  const { rows } = await sql.query<DueRow>(
    `SELECT s.prize_id::text AS prize_id, p.position, s.no, s.units, s.due_at, p.release ->> 'carryOver' AS carry_over,
       EXISTS (SELECT FROM release_step b WHERE b.tenant_id = s.tenant_id AND b.prize_id = s.prize_id AND b.state = 'RELEASED') AS begun
     FROM release_step s JOIN prize p ON p.tenant_id = s.tenant_id AND p.id = s.prize_id
     JOIN campaign c ON c.tenant_id = s.tenant_id AND c.id = s.campaign_id
     WHERE s.tenant_id = $1::uuid AND s.campaign_id = $2::uuid AND s.state = 'PENDING'
       AND s.due_at - CASE WHEN s.due_at <= c.starts_at THEN interval '30 seconds' ELSE interval '0' END <= now()
     ORDER BY s.prize_id, s.no LIMIT ${STEPS_PER_BATCH} FOR UPDATE OF s`,
    [campaign.tenantId, campaign.id],
  )
  return rows.map((row) => ({
    prizeId: row.prize_id, position: row.position, no: row.no, units: row.units, dueMs: row.due_at.getTime(), carryOver: row.carry_over,
    begun: row.begun,
  }))
}

async function markSteps(sql: SqlClient, campaign: CampaignRef, prizeId: string, nos: readonly number[], state: 'RELEASED' | 'SKIPPED'): Promise<void> {
  if (nos.length === 0) return
  await sql.query(
    `UPDATE release_step SET state = $4::release_step_state, done_at = now()
     WHERE tenant_id = $1::uuid AND prize_id = $2::uuid AND no = ANY($3::integer[]) AND state = 'PENDING'`,
    [campaign.tenantId, prizeId, nos, state],
  )
}

/** The rows of due steps, which are locked; of a VOID prize's, those of the last. */
export async function promiseSteps(
  sql: SqlClient, campaign: { tenantId: string; id: string; bucketCount: number }, steps: readonly DueStep[],
): Promise<void> {
  for (const [prizeId, own] of Map.groupBy(steps, (step) => step.prizeId)) {
    const released = own[0]!.carryOver === 'VOID' ? own.slice(-1) : own
    const rows = released.flatMap((step) => stepReleases(step, campaign.bucketCount))
    await insertMovements(sql, campaign, rows, { operatorId: null, reason: null })
    await markSteps(sql, campaign, prizeId, released.map(({ no }) => no), 'RELEASED')
    await markSteps(sql, campaign, prizeId, own.slice(0, own.length - released.length).map(({ no }) => no), 'SKIPPED')
  }
}

/** What was planned and did not come before the end. */
export async function cancelSteps(sql: SqlClient, campaign: CampaignRef): Promise<void> {
  await sql.query(
    `UPDATE release_step SET state = 'CANCELLED', done_at = now() WHERE tenant_id = $1::uuid AND campaign_id = $2::uuid AND state = 'PENDING'`,
    [campaign.tenantId, campaign.id],
  )
}

export interface VaultUnits {
  readonly inVault: number
  /** Of them, those that steps are yet to release. */
  readonly planned: number
}

export async function vaultUnits(sql: SqlClient, { tenantId, id }: CampaignRef, prizeId: string): Promise<VaultUnits> {
  const { rows } = await sql.query<{ vault: number; planned: number }>(
    `SELECT (SELECT coalesce(sum(CASE WHEN to_place = 'vault' THEN quantity WHEN from_place = 'vault' THEN -quantity ELSE 0 END), 0)::float8
         FROM stock_ledger WHERE tenant_id = $1::uuid AND campaign_id = $2::uuid AND prize_id = $3::uuid) AS vault,
       (SELECT coalesce(sum(units), 0)::float8 FROM release_step WHERE tenant_id = $1::uuid AND prize_id = $3::uuid AND state = 'PENDING') AS planned`,
    [tenantId, id, prizeId],
  )
  return { inVault: Number(rows[0]?.vault ?? 0), planned: Number(rows[0]?.planned ?? 0) }
}

/** Takes units away from what is planned, the last steps first; a step that is left with none is cancelled. */
export async function shortenPlan(sql: SqlClient, { tenantId }: CampaignRef, prizeId: string, units: number): Promise<void> {
  await sql.query(
    `UPDATE release_step s SET units = s.units - t.taken,
       state = CASE WHEN s.units = t.taken THEN 'CANCELLED' ELSE s.state END, done_at = CASE WHEN s.units = t.taken THEN now() END
     FROM (SELECT no, least(units, greatest(0, $3::integer - (sum(units) OVER (ORDER BY no DESC) - units)))::integer AS taken
       FROM release_step WHERE tenant_id = $1::uuid AND prize_id = $2::uuid AND state = 'PENDING') t
     WHERE s.tenant_id = $1::uuid AND s.prize_id = $2::uuid AND s.no = t.no AND t.taken > 0`,
    [tenantId, prizeId, units],
  )
}

/** By prize and time. `voided`: units that went back to the vault when the next step was due, or never left it. */
export async function readSteps(sql: SqlClient, { tenantId, id }: CampaignRef): Promise<ReleaseStepView[]> {
  const steps = await sql.query<{ prize_id: string; no: number; due_at: Date; units: number; state: ReleaseStepView['state']; done_at: Date | null }>(
    `SELECT s.prize_id, s.no, s.due_at, s.units, s.state, s.done_at FROM release_step s JOIN prize p ON p.tenant_id = s.tenant_id AND p.id = s.prize_id
     WHERE s.tenant_id = $1 AND s.campaign_id = $2 ORDER BY p.position, s.no`,
    [tenantId, id],
  )
  const voids = await sql.query<{ prize_id: string; before: number; units: string }>(
    `SELECT prize_id, split_part(idempotency_key, ':', 3)::integer AS before, sum(quantity) AS units FROM stock_ledger
     WHERE tenant_id = $1 AND campaign_id = $2 AND movement = 'RETURN' AND idempotency_key LIKE 'return:void:%' GROUP BY 1, 2`,
    [tenantId, id],
  )
  const voided = new Map<string, number>()
  for (const { prize_id: prizeId, before, units } of voids.rows) {
    const last = steps.rows.findLast((step) => step.prize_id === prizeId && step.no < before && step.state === 'RELEASED')
    const name = `${prizeId}/${last?.no ?? 0}`
    voided.set(name, (voided.get(name) ?? 0) + Number(units))
  }
  return steps.rows.map((row) => ({
    prizeId: row.prize_id, no: row.no, due: row.due_at, units: row.units, state: row.state, doneAt: row.done_at,
    voided: row.state === 'SKIPPED' ? row.units : (voided.get(`${row.prize_id}/${row.no}`) ?? 0),
  }))
}
