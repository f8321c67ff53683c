import { Injectable } from '@nestjs/common'
import { type SqlClient, SqlService } from '../../../platform/prisma/sql.service.js'
import type { WonAs } from '../../draws/domain/answer.js'
import type { DayWins } from '../../inventory/domain/allowance.js'
import { readStockFacts, readWinsByDay } from '../books/stock.store.js'
import { statesBefore } from '../domain/draw-state.js'
import { type CampaignRef, type DrawRow, recordAwarded } from '../draw-rows.store.js'
import { recordOrphansTickets } from './orphan-tickets.js'

const FETCH_ROWS = 2_000
const ORPHANS_PER_ROUND = 1_000
const STATEMENT_TIMEOUT_MS = 60_000

export interface KeptDraw {
  readonly id: bigint
  readonly participantId: string
  readonly key: string
  readonly ordinal: number
  readonly fingerprint: string
  readonly roll: number
  readonly createdMs: number
  /** 0: lost. */
  readonly position: number
  /** Null where lost, and of rows of a time when only the odds could tell. */
  readonly wonAs: WonAs | null
  readonly epoch: number
  readonly bucket: number
  readonly seq: number
  /** The award's, where units of its prize have their own; else null. */
  readonly amountMinor: number | null
}

export interface TakenStock {
  readonly units: ReadonlyMap<number, number>
  /** Of prizes with lots, by position: how many awards there ever were of each amount; null: of units without one of their own. */
  readonly popped: ReadonlyMap<number, ReadonlyMap<number | null, number>>
  readonly applied: ReadonlyArray<{ readonly ledgerId: string; readonly bucket: number; readonly units: number }>
}

export interface TicketBalance {
  readonly participantId: string
  /** Of the lot that never expires. */
  readonly never: number
  /** 'expiryMs:amount;…', as the decide script keeps them. */
  readonly lots: string
  /** The last local date that has had its free tickets. */
  readonly freeDate: string | null
  /** Ids of the grants in it. */
  readonly grants: readonly string[]
}

interface TicketRow { participant_id: string; never: string; lots: string; free_date: string | null; grants: string | null }

interface KeptRow {
  id: string; participant_id: string; idempotency_key: string; ordinal: number; position: number | null
  fingerprint: string; roll: number; created_at: Date; won_as: WonAs | null; epoch: number; bucket: number; seq: string
  amount_minor: number | null
}

interface OrphanRow extends Omit<KeptRow, 'amount_minor'> { campaign_version: number; odds_table: number }

@Injectable()
export class RebuildStore {
  constructor(private readonly sql: SqlService) {}

  /** Settles the durable draws whose stream entries are lost: the row is all there is. Returns how many. */
  async settleOrphans(campaign: CampaignRef, epoch: number): Promise<number> {
    for (let total = 0; ;) {
      const round = (sql: SqlClient) => this.#orphans(sql, campaign, epoch)
      const count = await this.sql.tenant(campaign.tenantId, round, { statementTimeoutMs: STATEMENT_TIMEOUT_MS })
      total += count
      if (count < ORPHANS_PER_ROUND) return total
    }
  }

  /**
   * Units by position that the buckets may hold: what was granted, less what lies in the vault and what was won.
   * Movements into buckets that Redis may not have had are in it from now on, and are marked so.
   */
  async takeStock(campaign: CampaignRef): Promise<TakenStock> {
    return this.sql.tenant(campaign.tenantId, async (sql) => {
      const marked = await sql.query<{ id: string; quantity: number; to_place: string }>(
        `UPDATE stock_ledger SET applied_at = now() WHERE tenant_id = $1 AND campaign_id = $2 AND applied_at IS NULL AND to_place LIKE 'bucket:%'
         RETURNING id::text AS id, quantity, to_place`,
        [campaign.tenantId, campaign.campaignId],
      )
      const facts = await readStockFacts(sql, campaign)
      const won = await sql.query<{ position: number; count: string }>(
        `SELECT p.position, count(*) FROM award a JOIN prize p ON p.tenant_id = a.tenant_id AND p.id = a.prize_id
         WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND a.status NOT IN ('REVOKED', 'EXPIRED') GROUP BY p.position`,
        [campaign.tenantId, campaign.campaignId],
      )
      const wonOf = new Map(won.rows.map((row) => [row.position, Number(row.count)]))
      const popped = await sql.query<{ position: number; amount: number | null; count: string }>(
        `SELECT l.position, CASE WHEN l.split THEN a.amount_minor END AS amount, count(a.id)
         FROM (SELECT p.id, p.position, bool_or(s.total_minor IS NOT NULL) AS split FROM stock_lot s JOIN prize p ON p.tenant_id = s.tenant_id AND p.id = s.prize_id
           WHERE s.tenant_id = $1 AND s.campaign_id = $2 GROUP BY p.id, p.position) l
         LEFT JOIN award a ON a.tenant_id = $1 AND a.campaign_id = $2 AND a.prize_id = l.id GROUP BY 1, 2`,
        [campaign.tenantId, campaign.campaignId],
      )
      return {
        popped: new Map([...Map.groupBy(popped.rows, (row) => row.position)]
          .map(([position, rows]) => [position, new Map(rows.map((row) => [row.amount, Number(row.count)]))])),
        units: new Map(facts.prizes.map((prize) => [prize.position, prize.granted - prize.vault - (wonOf.get(prize.position) ?? 0)])),
        applied: marked.rows.map((row) => ({ ledgerId: row.id, bucket: Number(row.to_place.slice('bucket:'.length)), units: row.quantity })),
      }
    }, { statementTimeoutMs: STATEMENT_TIMEOUT_MS })
  }

  /** Every win counts, also one that was taken back: what it cost was spent. */
  winsByDay(campaign: CampaignRef, timezone: string): Promise<DayWins[]> {
    return this.sql.tenant(campaign.tenantId, (sql) => readWinsByDay(sql, campaign, timezone), { statementTimeoutMs: STATEMENT_TIMEOUT_MS })
  }

  /** Every draw of the campaign, one participant's together. `each` gets a page at a time; the order within is by key and ordinal. */
  draws(campaign: CampaignRef, each: (page: readonly KeptDraw[]) => Promise<void>): Promise<void> {
    return this.#pages<KeptRow>(
      campaign,
      `SELECT d.id::text AS id, d.participant_id, d.idempotency_key, d.ordinal, d.fingerprint, d.roll, d.created_at, d.won_as, d.epoch, d.bucket, d.seq,
         p.position, a.amount_minor
       FROM draw d LEFT JOIN prize p ON p.tenant_id = d.tenant_id AND p.id = d.prize_id
       LEFT JOIN award a ON a.tenant_id = d.tenant_id AND a.id = d.id AND (p.packets->>'totalMinor') IS NOT NULL
       WHERE d.tenant_id = $1 AND d.campaign_id = $2 ORDER BY d.participant_id, d.idempotency_key, d.ordinal`,
      (rows) => each(rows.map((row) => ({
        id: BigInt(row.id),
        participantId: row.participant_id,
        key: row.idempotency_key,
        ordinal: row.ordinal,
        fingerprint: row.fingerprint,
        roll: row.roll,
        createdMs: row.created_at.getTime(),
        position: row.position ?? 0,
        wonAs: row.won_as,
        epoch: row.epoch,
        bucket: row.bucket,
        seq: Number(row.seq),
        amountMinor: row.amount_minor,
      }))),
    )
  }

  /** Every participant's tickets; grants that Redis may not have had are in them from now on, and are marked so. */
  async tickets(campaign: CampaignRef, each: (page: readonly TicketBalance[]) => Promise<void>): Promise<void> {
    await this.sql.tenant(
      campaign.tenantId,
      (sql) => sql.query('UPDATE ticket_ledger SET applied_at = now() WHERE tenant_id = $1 AND campaign_id = $2 AND applied_at IS NULL', [campaign.tenantId, campaign.campaignId]),
      { statementTimeoutMs: STATEMENT_TIMEOUT_MS },
    )
    await this.#pages<TicketRow>(
      campaign,
      `SELECT participant_id, coalesce(sum(rest) FILTER (WHERE expires_at IS NULL), 0) AS never, max(free_date) AS free_date,
         coalesce(string_agg((extract(epoch FROM expires_at) * 1000)::bigint || ':' || rest, ';' ORDER BY expires_at)
           FILTER (WHERE expires_at > now() AND rest > 0), '') AS lots,
         string_agg(grants, ',') AS grants
       FROM (SELECT participant_id, expires_at, sum(amount) AS rest,
           max(substr(idempotency_key, 12)) FILTER (WHERE idempotency_key LIKE 'rule:daily:%') AS free_date,
           string_agg(id::text, ',') FILTER (WHERE movement = 'GRANT' AND idempotency_key NOT LIKE 'rule:daily:%') AS grants
         FROM ticket_ledger WHERE tenant_id = $1 AND campaign_id = $2 AND applied_at IS NOT NULL GROUP BY participant_id, expires_at) lot
       GROUP BY participant_id`,
      (rows) => each(rows.map((row) => ({
        participantId: row.participant_id, never: Number(row.never), lots: row.lots, freeDate: row.free_date, grants: row.grants?.split(',') ?? [],
      }))),
    )
  }

  /** A server-side cursor: memory does not grow with the campaign. The next page is read while one is worked on. */
  #pages<R extends object>(campaign: CampaignRef, query: string, each: (rows: R[]) => Promise<void>): Promise<void> {
    return this.sql.tenant(campaign.tenantId, async (sql) => {
      await sql.query(`DECLARE pages NO SCROLL CURSOR FOR ${query}`, [campaign.tenantId, campaign.campaignId])
      const fetch = () => sql.query<R>(`FETCH ${FETCH_ROWS} FROM pages`)
      for (let next = fetch(); ;) {
        const { rows } = await next
        if (rows.length === 0) return
        next = fetch()
        // Nothing may be under way when the transaction ends, whatever came of the work.
        const [worked] = await Promise.allSettled([each(rows), next])
        if (worked.status === 'rejected') throw worked.reason
      }
    }, { isolation: 'REPEATABLE READ', statementTimeoutMs: STATEMENT_TIMEOUT_MS })
  }

  async #orphans(sql: SqlClient, campaign: CampaignRef, epoch: number): Promise<number> {
    const { rows } = await sql.query<OrphanRow>(
      `WITH orphan AS (
         SELECT id, participant_id FROM draw WHERE tenant_id = $1 AND campaign_id = $2 AND epoch < $3 AND state = ANY($4::draw_state[]) LIMIT ${ORPHANS_PER_ROUND}
       ), settled AS (
         UPDATE draw d SET state = 'SETTLED', version = d.version + 1, settled_at = now() FROM orphan o
         WHERE d.id = o.id AND d.participant_id = o.participant_id AND d.state = ANY($4::draw_state[]) RETURNING d.*
       )
       SELECT s.id::text AS id, s.participant_id, s.idempotency_key, s.ordinal, p.position, s.fingerprint, s.roll, s.campaign_version, s.epoch, s.bucket, s.seq, s.created_at, s.won_as,
         s.odds_table
       FROM settled s LEFT JOIN prize p ON p.tenant_id = s.tenant_id AND p.id = s.prize_id ORDER BY s.id`,
      [campaign.tenantId, campaign.campaignId, epoch, statesBefore('SETTLED')],
    )
    const draws: DrawRow[] = rows.map((row) => ({
      id: row.id, participantId: row.participant_id, key: row.idempotency_key, ordinal: row.ordinal, position: row.position ?? 0,
      fingerprint: row.fingerprint, roll: row.roll, campaignVersion: row.campaign_version, epoch: row.epoch, bucket: row.bucket,
      seq: Number(row.seq), deviceId: null, ip: null, traceParent: null, createdMs: row.created_at.getTime(),
      ticketLot: null, // only the lost entry told which
      wonAs: row.won_as,
      amountMinor: null, // its award is there
      oddsTable: row.odds_table,
    }))
    await recordOrphansTickets(sql, campaign, draws)
    for (const [place, group] of Map.groupBy(draws, (draw) => `${draw.epoch}:${draw.bucket}`)) {
      await recordAwarded(sql, campaign, group, group[0]!.bucket, `${place}:orphans-${group[0]!.id}`)
    }
    return rows.length
  }
}
