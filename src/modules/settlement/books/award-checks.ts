import type { SqlClient } from '../../../platform/prisma/sql.service.js'
import type { CampaignRef } from '../draw-rows.store.js'
import type { BooksViolation } from './books.types.js'
import { forbidden } from './checks.js'

const AWARDS = 'SELECT a.* FROM award a WHERE a.tenant_id = $1 AND a.campaign_id = $2'
/** Neither histories nor wallets know their campaign: its awards' ids keep what is read of them to the campaign's own time. */
const amongAwards = (row: string) =>
  `${row}.tenant_id = $1 AND ${row}.award_id BETWEEN (SELECT min(id) FROM own) AND (SELECT max(id) FROM own)`
const EVENTS = `SELECT e.* FROM award_event e JOIN own a ON a.tenant_id = e.tenant_id AND a.id = e.award_id WHERE ${amongAwards('e')}`

/**
 * AWARDS: the history of an award begins with GRANTED and version 1, each row goes on from the one before, what is final
 * stays so, and the last row is what the award says of itself. A row that changes no status leaves the version as it is.
 */
export async function checkAwards(sql: SqlClient, { tenantId, campaignId }: CampaignRef): Promise<BooksViolation[]> {
  const found: BooksViolation[] = []
  const check = async (what: string, query: string) => {
    found.push(...(await forbidden(sql, 'AWARDS', what, `WITH own AS MATERIALIZED (${AWARDS}) ${query}`, [tenantId, campaignId])))
  }
  const chain = `SELECT e.award_id, e.from_status, e.to_status, e.award_version AS version,
      lag(e.to_status, 1, 'GRANTED') OVER turn AS status_before, lag(e.award_version, 1, 1) OVER turn AS version_before
    FROM (${EVENTS}) e WINDOW turn AS (PARTITION BY e.award_id ORDER BY e.id)`
  await check('awards that are not as their history ends; awards',
    `SELECT a.id || ' (' || a.status || ' ' || a.version || ', history ' || coalesce(l.to_status, 'GRANTED') || ' ' || coalesce(l.award_version, 1) || ')' AS id
     FROM own a LEFT JOIN (SELECT DISTINCT ON (e.award_id) e.award_id, e.to_status, e.award_version FROM (${EVENTS}) e ORDER BY e.award_id, e.id DESC) l
       ON l.award_id = a.id WHERE (a.status, a.version) IS DISTINCT FROM (coalesce(l.to_status, 'GRANTED'), coalesce(l.award_version, 1))`)
  await check('histories with a row that does not go on from the one before; awards (at version)',
    `SELECT c.award_id || ' (' || c.version || ')' AS id FROM (${chain}) c
     WHERE c.from_status <> c.status_before OR c.version <> c.version_before + CASE WHEN c.from_status = c.to_status THEN 0 ELSE 1 END`)
  await check('awards that went on after their end; awards (at version)',
    `SELECT e.award_id || ' (' || e.award_version || ')' AS id FROM (${EVENTS}) e WHERE e.from_status <> e.to_status
       AND (e.from_status IN ('REVOKED', 'EXPIRED') OR (e.from_status = 'FULFILLED' AND e.to_status <> 'REVOKED'))`)
  return found
}

/**
 * WALLETS: an award that was fulfilled by its wallet (its task was of that kind when it became FULFILLED, and it is worth
 * something) has one credit of its amount to its participant; taken back after that, one reversal of the same; no other
 * award has either. Credit and status are one transaction, so nothing is ever on its way.
 */
export async function checkWallets(sql: SqlClient, { tenantId, campaignId }: CampaignRef): Promise<BooksViolation[]> {
  const found: BooksViolation[] = []
  const common = `WITH own AS MATERIALIZED (${AWARDS}),
    credited AS MATERIALIZED (
      SELECT DISTINCT a.id, a.status, a.participant_id, a.amount_minor, a.amount_currency FROM own a
      JOIN fulfilment_task t ON t.tenant_id = a.tenant_id AND t.award_id = a.id AND t.tenant_id = $1 AND t.campaign_id = $2 AND t.kind = 'WALLET'
      JOIN (${EVENTS}) e ON e.award_id = a.id AND e.from_status <> e.to_status AND e.to_status = 'FULFILLED' AND e.round IS NOT NULL
      WHERE a.amount_minor IS NOT NULL
    ),
    entry AS MATERIALIZED (SELECT w.* FROM wallet_entry w JOIN own a ON a.tenant_id = w.tenant_id AND a.id = w.award_id WHERE ${amongAwards('w')})`
  const check = async (what: string, query: string) => {
    found.push(...(await forbidden(sql, 'WALLETS', what, `${common} ${query}`, [tenantId, campaignId])))
  }
  const entryOf = (movement: string) => `entry w ON w.award_id = a.id AND w.movement = '${movement}'`
  await check('awards that were fulfilled and not credited; awards',
    `SELECT a.id::text AS id FROM credited a LEFT JOIN ${entryOf('CREDIT')} WHERE w.award_id IS NULL`)
  await check('awards that were credited and taken back, and not reversed; awards',
    `SELECT a.id::text AS id FROM credited a LEFT JOIN ${entryOf('REVERSAL')} WHERE a.status = 'REVOKED' AND w.award_id IS NULL`)
  await check('credits of awards that no wallet fulfilled; awards',
    `SELECT w.award_id::text AS id FROM entry w LEFT JOIN credited a ON a.id = w.award_id WHERE w.movement = 'CREDIT' AND a.id IS NULL`)
  await check('reversals of awards that were not credited, or stand; awards',
    `SELECT w.award_id::text AS id FROM entry w LEFT JOIN credited a ON a.id = w.award_id AND a.status = 'REVOKED' WHERE w.movement = 'REVERSAL' AND a.id IS NULL`)
  await check('entries that are not of their award\'s amount, currency and participant; awards',
    `SELECT w.award_id || ' (' || w.movement || ' ' || w.amount_minor || ' ' || w.currency || ' of ' || w.participant_id || ')' AS id FROM entry w JOIN own a ON a.id = w.award_id
     WHERE (w.participant_id, w.amount_minor, w.currency) IS DISTINCT FROM (a.participant_id, a.amount_minor, a.amount_currency) ORDER BY w.award_id, w.movement`)
  await check('awards with an entry more than once; awards',
    'SELECT w.award_id || \' (\' || w.movement || \')\' AS id FROM entry w GROUP BY w.award_id, w.movement HAVING count(*) > 1')
  await check('entries without an award; awards',
    `SELECT DISTINCT w.award_id::text AS id FROM fulfilment_task t JOIN wallet_entry w ON w.tenant_id = t.tenant_id AND w.award_id = t.award_id
     LEFT JOIN award a ON a.tenant_id = w.tenant_id AND a.id = w.award_id WHERE t.tenant_id = $1 AND t.campaign_id = $2 AND t.kind = 'WALLET' AND a.id IS NULL`)
  return found
}
