import { Injectable } from '@nestjs/common'
import type { AwardRow } from '../../platform/events/event.types.js'
import { SqlService, type SqlClient } from '../../platform/prisma/sql.service.js'
import type { WalletCampaign, WalletItem } from './wallet.types.js'

interface ItemRow {
  award_id: string
  campaign_id: string
  prize_id: string
  status: string
  award_version: number
  amount_minor: number | null
  amount_currency: string | null
  created_at: Date
  updated_at: Date
}

const item = (row: ItemRow): WalletItem => ({
  awardId: row.award_id,
  campaignId: row.campaign_id,
  prizeId: row.prize_id,
  status: row.status,
  awardVersion: row.award_version,
  amount: row.amount_minor === null || row.amount_currency === null
    ? null
    : { amountMinor: row.amount_minor, currency: row.amount_currency },
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

@Injectable()
export class WalletStore {
  constructor(private readonly sql: SqlService) {}

  /** Puts awards as they are now, each at most once; an older version never replaces a newer. */
  async put(sql: SqlClient, tenantId: string, awards: readonly AwardRow[]): Promise<void> {
    const column = <K extends keyof AwardRow>(name: K) => awards.map((award) => award[name])
    await sql.query(
      `INSERT INTO wallet_item AS w (tenant_id, award_id, participant_id, campaign_id, prize_id, status, award_version, amount_minor,
         amount_currency, created_at, updated_at)
       SELECT $1, a.* FROM unnest($2::bigint[], $3::text[], $4::uuid[], $5::uuid[], $6::award_status[], $7::int[], $8::int[], $9::text[],
         $10::timestamptz[], $11::timestamptz[]) a
       ON CONFLICT (tenant_id, award_id) DO UPDATE SET status = excluded.status, award_version = excluded.award_version,
         prize_id = excluded.prize_id, amount_minor = excluded.amount_minor, amount_currency = excluded.amount_currency,
         updated_at = excluded.updated_at
       WHERE w.award_version < excluded.award_version`,
      [
        tenantId, column('id'), column('participant_id'), column('campaign_id'), column('prize_id'), column('status'), column('version'),
        column('amount_minor'), column('amount_currency'), column('created_at'), column('updated_at'),
      ],
    )
  }

  async items(tenantId: string, participantId: string, itemsMax: number): Promise<WalletItem[]> {
    const { rows } = await this.sql.tenant(
      tenantId,
      (sql) =>
        sql.query<ItemRow>(
          `SELECT award_id::text AS award_id, campaign_id, prize_id, status::text AS status, award_version, amount_minor, amount_currency,
             created_at, updated_at
           FROM wallet_item WHERE tenant_id = $1 AND participant_id = $2 ORDER BY wallet_item.award_id DESC LIMIT $3`,
          [tenantId, participantId, itemsMax],
        ),
      { readOnly: true },
    )
    return rows.map(item)
  }

  /** The one with the latest award first. */
  async campaigns(tenantId: string, participantId: string, campaignsMax: number): Promise<WalletCampaign[]> {
    const { rows } = await this.sql.tenant(
      tenantId,
      (sql) =>
        sql.query<WalletCampaign>(
          `SELECT campaign_id AS "campaignId", count(*)::int AS awards, max(created_at) AS "lastAt"
           FROM wallet_item WHERE tenant_id = $1 AND participant_id = $2 GROUP BY campaign_id ORDER BY 3 DESC, 1 LIMIT $3`,
          [tenantId, participantId, campaignsMax],
        ),
      { readOnly: true },
    )
    return rows
  }
}
