import type { SqlClient } from '../../../platform/prisma/sql.service.js'
import type { CampaignRef } from '../draw-rows.store.js'
import type { BooksViolation, Invariant } from './books.types.js'
import { type Limits, widestLimits } from './limits.js'

/** As many as are named of one kind of violation. */
const NAMED_MAX = 20

/** A query of what must not be: rows with a text `id`, NAMED_MAX + 1 of them at most. */
export async function forbidden(
  sql: SqlClient, invariant: Invariant, what: string, query: string, values: readonly unknown[],
): Promise<BooksViolation[]> {
  const { rows } = await sql.query<{ id: string }>(`${query} LIMIT ${NAMED_MAX + 1}`, [...values])
  if (rows.length === 0) return []
  const more = rows.length > NAMED_MAX ? ' and more' : ''
  return [{ invariant, detail: `${what}: ${rows.slice(0, NAMED_MAX).map((row) => row.id).join(', ')}${more}` }]
}

const IN = 'd.tenant_id = $1 AND d.campaign_id = $2'

/** I2: also what the unique constraint should make impossible. */
export const checkUnique = (sql: SqlClient, { tenantId, campaignId }: CampaignRef): Promise<BooksViolation[]> =>
  forbidden(sql, 'I2', 'more than one draw under (participant, key, ordinal); draws', `SELECT string_agg(d.id::text, ' = ') AS id FROM draw d WHERE ${IN}
    GROUP BY d.participant_id, d.idempotency_key, d.ordinal HAVING count(*) > 1`, [tenantId, campaignId])

async function readLimits(sql: SqlClient, { tenantId, campaignId }: CampaignRef): Promise<Limits> {
  const { rows } = await sql.query<{ snapshot: object | null }>(
    `SELECT coalesce(v.snapshot, jsonb_build_object('timezone', c.timezone, 'drawsPerUserTotal', c.draws_per_user_total,
       'drawsPerUserDaily', c.draws_per_user_daily, 'winsPerUser', c.wins_per_user, 'prizes', (SELECT jsonb_agg(jsonb_build_object(
         'id', p.id, 'isFallback', p.is_fallback, 'winsPerUser', p.wins_per_user, 'winsPerUserDaily', p.wins_per_user_daily,
         'winsPerDay', p.wins_per_day)) FROM prize p WHERE p.tenant_id = $1 AND p.campaign_id = $2),
       'budget', jsonb_build_object('totalMinor', c.budget_total_minor, 'dailyMinor', c.budget_daily_minor))) AS snapshot
     FROM (SELECT DISTINCT d.campaign_version AS version FROM draw d WHERE ${IN}) used
     JOIN campaign c ON c.tenant_id = $1 AND c.id = $2
     LEFT JOIN campaign_version v ON v.tenant_id = $1 AND v.campaign_id = $2 AND v.version = used.version`,
    [tenantId, campaignId],
  )
  return widestLimits(rows.map((row) => row.snapshot ?? {}))
}

/** I3: quotas in all, a day, wins, wins of a prize in all and a day; and what all participants together may use up. */
export async function checkQuotas(sql: SqlClient, campaign: CampaignRef): Promise<BooksViolation[]> {
  const values = [campaign.tenantId, campaign.campaignId]
  const limits = await readLimits(sql, campaign)
  const found: BooksViolation[] = []
  const over = async (what: string, query: string, more: unknown[]) => void found.push(...(await forbidden(sql, 'I3', what, query, [...values, ...more])))
  if (limits.drawsTotal !== null) {
    await over(`more than ${limits.drawsTotal} draws; participants`,
      `SELECT d.participant_id || ' (' || count(*) || ')' AS id FROM draw d WHERE ${IN} GROUP BY d.participant_id HAVING count(*) > $3`, [limits.drawsTotal])
  }
  if (limits.drawsDaily !== null) {
    await over(`more than ${limits.drawsDaily} draws in a day; participants`,
      `SELECT d.participant_id || ' on ' || (d.created_at AT TIME ZONE $4)::date || ' (' || count(*) || ')' AS id FROM draw d WHERE ${IN}
       GROUP BY d.participant_id, (d.created_at AT TIME ZONE $4)::date HAVING count(*) > $3`, [limits.drawsDaily, limits.timezone])
  }
  if (limits.wins !== null) {
    await over(`more than ${limits.wins} wins; participants`,
      `SELECT d.participant_id || ' (' || count(*) || ')' AS id FROM draw d WHERE ${IN} AND d.outcome = 'WON' AND d.prize_id <> ALL($4::uuid[])
       GROUP BY d.participant_id HAVING count(*) > $3`, [limits.wins, limits.fallbacks])
  }
  if (limits.prizeWins.size > 0) {
    await over('more wins of a prize than a participant may have; participants',
      `SELECT d.participant_id || ' of prize ' || d.prize_id || ' (' || count(*) || ')' AS id
       FROM draw d JOIN unnest($3::uuid[], $4::integer[]) AS l(prize_id, wins) ON l.prize_id = d.prize_id WHERE ${IN} AND d.outcome = 'WON'
       GROUP BY d.participant_id, d.prize_id, l.wins HAVING count(*) > l.wins`, [[...limits.prizeWins.keys()], [...limits.prizeWins.values()]])
  }
  await checkDailyWins(limits, over)
  await checkBudget(limits, over)
  return found
}

type Over = (what: string, query: string, more: unknown[]) => Promise<void>
const DAY = (place: string) => `(d.created_at AT TIME ZONE ${place})::date`

async function checkDailyWins({ timezone, prizeWinsDaily, prizeWinsPerDay }: Limits, over: Over): Promise<void> {
  if (prizeWinsDaily.size > 0) {
    await over('more wins of a prize in a day than a participant may have; participants',
      `SELECT d.participant_id || ' of prize ' || d.prize_id || ' on ' || ${DAY('$5')} || ' (' || count(*) || ')' AS id
       FROM draw d JOIN unnest($3::uuid[], $4::integer[]) AS l(prize_id, wins) ON l.prize_id = d.prize_id WHERE ${IN} AND d.outcome = 'WON'
       GROUP BY d.participant_id, d.prize_id, l.wins, ${DAY('$5')} HAVING count(*) > l.wins`, [[...prizeWinsDaily.keys()], [...prizeWinsDaily.values()], timezone])
  }
  if (prizeWinsPerDay.size > 0) {
    await over('more wins of a prize in a day than all may have; prizes',
      `SELECT d.prize_id || ' on ' || ${DAY('$5')} || ' (' || count(*) || ')' AS id
       FROM draw d JOIN unnest($3::uuid[], $4::integer[]) AS l(prize_id, wins) ON l.prize_id = d.prize_id WHERE ${IN} AND d.outcome = 'WON'
       GROUP BY d.prize_id, l.wins, ${DAY('$5')} HAVING count(*) > l.wins`, [[...prizeWinsPerDay.keys()], [...prizeWinsPerDay.values()], timezone])
  }
}

async function checkBudget({ timezone, budgetTotalMinor, budgetDailyMinor }: Limits, over: Over): Promise<void> {
  const spent = `FROM draw d JOIN award a ON a.tenant_id = d.tenant_id AND a.id = d.id WHERE ${IN}`
  if (budgetTotalMinor !== null) {
    await over('awards cost more than the budget; minor units', `SELECT sum(a.amount_minor)::text AS id ${spent} HAVING sum(a.amount_minor) > $3`, [budgetTotalMinor])
  }
  if (budgetDailyMinor !== null) {
    await over('awards of a day cost more than its budget; days',
      `SELECT ${DAY('$4')} || ' (' || sum(a.amount_minor) || ')' AS id ${spent} GROUP BY ${DAY('$4')} HAVING sum(a.amount_minor) > $3`, [budgetDailyMinor, timezone])
  }
}

/** I4, as far as the tables know it: a win has its award, an award its win, and nothing answered lies among the dead. */
export async function checkOutcomes(sql: SqlClient, { tenantId, campaignId }: CampaignRef): Promise<BooksViolation[]> {
  const values = [tenantId, campaignId]
  return [
    ...(await forbidden(sql, 'I4', 'won draws without their award; draws',
      `SELECT d.id::text AS id FROM draw d LEFT JOIN award a ON a.tenant_id = d.tenant_id AND a.id = d.id AND a.prize_id = d.prize_id AND a.participant_id = d.participant_id
       WHERE ${IN} AND d.outcome = 'WON' AND a.id IS NULL`, values)),
    ...(await forbidden(sql, 'I4', 'awards without a won draw; awards',
      `SELECT a.id::text AS id FROM award a LEFT JOIN draw d ON d.tenant_id = $1 AND d.campaign_id = $2 AND d.id = a.id AND d.participant_id = a.participant_id
       WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND d.outcome IS DISTINCT FROM 'WON'`, values)),
    ...(await forbidden(sql, 'I4', 'answered and not settled, in the dead letters; entries (epoch:bucket:number)',
      `SELECT l.epoch || ':' || l.bucket || ':' || l.seq AS id FROM dead_letter l WHERE l.tenant_id = $1 AND l.campaign_id = $2 AND l.resolved_at IS NULL`, values)),
  ]
}

/** I5: every entry up to a stream's position became rows, a movement of stock, or a dead letter; none of them still waits. */
export async function checkStreams(sql: SqlClient, { tenantId, campaignId }: CampaignRef): Promise<BooksViolation[]> {
  const values = [tenantId, campaignId]
  const present = `
    SELECT d.epoch, d.bucket::integer AS bucket, d.seq FROM draw d WHERE ${IN}
    UNION SELECT l.epoch, l.bucket, l.seq FROM dead_letter l WHERE l.tenant_id = $1 AND l.campaign_id = $2
    UNION SELECT split_part(s.reason, ':', 2)::integer, split_part(s.reason, ':', 3)::integer, split_part(s.reason, ':', 4)::bigint FROM stock_ledger s
      WHERE s.tenant_id = $1 AND s.campaign_id = $2 AND s.movement = 'TRANSFER' AND s.reason ~ '^entry:[0-9]+:[0-9]+:[0-9]+$'`
  const short = await sql.query<{ epoch: number; bucket: number; seq: string }>(
    `SELECT p.epoch, p.bucket, p.seq FROM settlement_position p LEFT JOIN (${present}) e ON e.epoch = p.epoch AND e.bucket = p.bucket AND e.seq <= p.seq
     WHERE p.tenant_id = $1 AND p.campaign_id = $2 GROUP BY p.epoch, p.bucket, p.seq HAVING count(e.seq) < p.seq LIMIT ${NAMED_MAX}`, values)
  const found: BooksViolation[] = []
  for (const { epoch, bucket, seq } of short.rows) {
    found.push(...(await forbidden(sql, 'I5', `epoch ${epoch}, bucket ${bucket}: settled entries that left nothing; numbers`,
      `SELECT g::text AS id FROM generate_series(1, $5::bigint) g LEFT JOIN (${present}) e ON e.epoch = $3 AND e.bucket = $4 AND e.seq = g WHERE e.seq IS NULL`,
      [...values, epoch, bucket, seq])))
  }
  return [...found, ...(await forbidden(sql, 'I5', 'behind their settled stream position and not settled; draws',
    `SELECT d.id::text AS id FROM draw d JOIN settlement_position p ON p.tenant_id = d.tenant_id AND p.campaign_id = d.campaign_id AND p.epoch = d.epoch AND p.bucket = d.bucket
     WHERE ${IN} AND d.state <> 'SETTLED' AND d.seq <= p.seq`, values))]
}

/** I6: read past row-level security, which would hide exactly these. */
export const checkTenants = (sql: SqlClient, { campaignId }: CampaignRef): Promise<BooksViolation[]> =>
  forbidden(sql, 'I6', "of another tenant than the campaign's", `SELECT f.kind || ' ' || f.id AS id FROM system_foreign_rows($1) f`, [campaignId])

/** I8: what consumers did is what the tables say. Changes of the last `graceSeconds` may still be on their way. */
export async function checkConsumers(sql: SqlClient, campaign: CampaignRef, graceSeconds: number): Promise<BooksViolation[]> {
  const { tenantId, campaignId } = campaign
  // From the campaign's first draw on: what was told of those before it is another campaign's. Asked once: over all partitions a bound
  // inside each query costs more than the query.
  const { rows: [first] } = await sql.query<{ id: string }>(`SELECT d.id FROM draw d WHERE ${IN} ORDER BY d.id LIMIT 1`, [tenantId, campaignId])
  const values = [tenantId, campaignId]
  const from = first?.id ?? '0'
  const found: BooksViolation[] = []
  const check = async (what: string, query: string, more: unknown[] = []) => {
    found.push(...(await forbidden(sql, 'I8', what, query, [...values, ...more])))
  }
  const told = (consumer: string) => `consumed_event e WHERE e.tenant_id = $1 AND e.consumer = '${consumer}' AND e.campaign_id = $2 AND e.version = 0
    AND e.draw_id >= $3::bigint`
  for (const consumer of ['RISK', 'USER_CENTER']) {
    const events = `SELECT e.draw_id AS id FROM ${told(consumer)}`
    const settled = `SELECT d.id FROM draw d WHERE ${IN} AND d.state = 'SETTLED'`
    await check(`settled draws that ${consumer} was not told of; draws`,
      `SELECT id::text AS id FROM (${settled} AND d.settled_at < now() - $4 * interval '1 second' EXCEPT ${events}) missing`, [from, graceSeconds])
    await check(`events of ${consumer} without their settled draw; draws`, `SELECT id::text AS id FROM (${events} EXCEPT ${settled}) odd`, [from])
  }
  await check('awards that are not in their wallet as they are; awards',
    `SELECT a.id::text AS id FROM award a LEFT JOIN wallet_item w ON w.tenant_id = a.tenant_id AND w.award_id = a.id
     WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND a.updated_at < now() - $3 * interval '1 second' AND (w.award_id IS NULL
       OR (w.participant_id, w.prize_id, w.status, w.award_version) IS DISTINCT FROM (a.participant_id, a.prize_id, a.status, a.version))`, [graceSeconds])
  await check('wallet items without an award; items',
    `SELECT w.award_id::text AS id FROM wallet_item w LEFT JOIN award a ON a.tenant_id = w.tenant_id AND a.id = w.award_id WHERE w.tenant_id = $1 AND w.campaign_id = $2 AND a.id IS NULL`)
  await check('participants whose counted draws are not those that risk was told of; counted against told',
    `SELECT c.counted || ' against ' || t.told AS id FROM
       (SELECT coalesce(sum(draws), 0) AS counted FROM risk_count WHERE tenant_id = $1 AND campaign_id = $2 AND subject = 'PARTICIPANT') c,
       (SELECT count(*) AS told FROM ${told('RISK')}) t
     WHERE c.counted <> t.told`, [from])
  return found
}
