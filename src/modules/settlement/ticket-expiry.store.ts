import { Injectable } from '@nestjs/common'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import type { PublishedCampaign } from './settlement.types.js'

const LOTS_PER_ROUND = 2_000

/** Lots before this one, in the order of their expiry and participant, have been looked at. */
export interface LotCursor { readonly expiresAt: Date; readonly participantId: string }

/** What Redis said of a campaign after the lots in question had expired: no later number can have spent from them. */
export interface ExpirySight {
  /** By bucket: the number of its last entry. */
  readonly seqs: readonly number[]
  /** Under which this run of Redis was verified; null where the campaign is over and its gates are gone. */
  readonly run: number | null
  readonly expiredBefore: Date
}

/** WAIT: draws that may have spent from the lots are not settled yet. */
export type ExpiryRound =
  | { readonly kind: 'CLOSED'; readonly rows: number; readonly next: LotCursor | null }
  | { readonly kind: 'WAIT' }
  | { readonly kind: 'FENCED' }

@Injectable()
export class TicketExpiryStore {
  constructor(private readonly sql: SqlService) {}

  async campaigns(expiredBefore: Date): Promise<Array<{ tenantId: string; campaignId: string }>> {
    const { rows } = await this.sql.system((sql) => sql.query<{ tenant_id: string; campaign_id: string }>(
      'SELECT tenant_id, campaign_id FROM system_expired_tickets($1)', [expiredBefore]))
    return rows.map((row) => ({ tenantId: row.tenant_id, campaignId: row.campaign_id }))
  }

  /** Takes what is left of some expired lots out of the ledger. Where there are no more, notes so. Safe to repeat. */
  close(campaign: PublishedCampaign, sight: ExpirySight, after: LotCursor | null): Promise<ExpiryRound> {
    return this.sql.tenant(campaign.tenantId, async (sql): Promise<ExpiryRound> => {
      const { rows: [found] } = await sql.query<{ epoch: number; redis_run: number; status: string }>(
        'SELECT epoch, redis_run, status::text AS status FROM campaign WHERE tenant_id = $1 AND id = $2 FOR SHARE',
        [campaign.tenantId, campaign.place.id],
      )
      const isSameRun = found?.redis_run === (sight.run ?? found?.redis_run)
      if (found?.epoch !== campaign.epoch || found.status === 'RECOVERING' || !isSameRun) return { kind: 'FENCED' }
      if (!(await this.#isSettled(sql, campaign, sight))) return { kind: 'WAIT' }
      const { rows: lots } = await sql.query<{ participant_id: string; expires_at: Date; rest: string }>(
        `SELECT l.participant_id, l.expires_at, sum(l.amount) AS rest FROM ticket_ledger l
         WHERE l.tenant_id = $1 AND l.campaign_id = $2 AND l.expires_at <= $3
           AND l.expires_at > coalesce((SELECT closed_to FROM ticket_expiry WHERE tenant_id = $1 AND campaign_id = $2), '-infinity')
           AND (l.expires_at, l.participant_id) > (coalesce($4::timestamptz, '-infinity'), $5::text)
         GROUP BY l.expires_at, l.participant_id ORDER BY l.expires_at, l.participant_id LIMIT ${LOTS_PER_ROUND}`,
        [campaign.tenantId, campaign.place.id, sight.expiredBefore, after?.expiresAt ?? null, after?.participantId ?? ''],
      )
      const left = lots.filter(({ rest }) => Number(rest) > 0)
      await sql.query(
        `INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key, expires_at, applied_at)
         SELECT $1, $2, e.participant_id, 'EXPIRE', -e.rest, 'expired', 'expire:' || (extract(epoch FROM e.expires_at) * 1000)::bigint, e.expires_at, now()
         FROM unnest($3::text[], $4::timestamptz[], $5::integer[]) AS e(participant_id, expires_at, rest) ON CONFLICT DO NOTHING`,
        [
          campaign.tenantId,
          campaign.place.id,
          left.map((lot) => lot.participant_id),
          left.map((lot) => lot.expires_at),
          left.map((lot) => lot.rest),
        ],
      )
      const last = lots.at(-1)
      if (lots.length === LOTS_PER_ROUND && last !== undefined) {
        return { kind: 'CLOSED', rows: left.length, next: { expiresAt: last.expires_at, participantId: last.participant_id } }
      }
      await sql.query(
        `INSERT INTO ticket_expiry AS e (tenant_id, campaign_id, closed_to) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, campaign_id) DO UPDATE SET closed_to = greatest(e.closed_to, excluded.closed_to)`,
        [campaign.tenantId, campaign.place.id, sight.expiredBefore],
      )
      return { kind: 'CLOSED', rows: left.length, next: null }
    })
  }

  /** Every entry up to the seen numbers, and every durable win of that time: one whose entry is lost is settled by a rebuild. */
  async #isSettled(sql: SqlClient, { tenantId, place, epoch }: PublishedCampaign, { seqs, expiredBefore }: ExpirySight): Promise<boolean> {
    const { rows } = await sql.query<{ bucket: number; seq: string }>(
      'SELECT bucket, seq FROM settlement_position WHERE tenant_id = $1 AND campaign_id = $2 AND epoch = $3', [tenantId, place.id, epoch])
    const positions = new Map(rows.map(({ bucket, seq }) => [bucket, Number(seq)]))
    if (seqs.some((seq, bucket) => seq > (positions.get(bucket) ?? 0))) return false
    const { rowCount } = await sql.query(
      `SELECT FROM draw WHERE campaign_id = $1 AND state = 'WINNING' AND created_at < $2 LIMIT 1`, [place.id, expiredBefore])
    return rowCount === 0
  }
}
