import { Injectable } from '@nestjs/common'
import { SqlService } from '../../../platform/prisma/sql.service.js'
import { bucketKeys } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { allowancesOn, meaningOf } from '../../inventory/domain/allowance.js'
import type { BudgetAlert, BudgetScope } from './budget.types.js'

const ALERTS_MAX = 100

/** Spending against one limit, as the buckets know it. */
export interface Spending { readonly scope: BudgetScope; readonly spentMinor: number; readonly limitMinor: number }

@Injectable()
export class BudgetStore {
  constructor(private readonly sql: SqlService, private readonly redis: RedisService) {}

  /** Of a campaign with a budget, on a local day. Money on its way between two buckets counts as spent for that moment. */
  async spending(campaign: CampaignSnapshot, day: number): Promise<Spending[]> {
    const money = allowancesOn(campaign, day).flatMap((allowance) => {
      const meaning = meaningOf(allowance.code)
      return meaning.kind === 'MONEY' ? [{ ...allowance, scope: meaning.day === null ? ('TOTAL' as const) : ('DAY' as const) }] : []
    })
    const fields = money.map(({ code }) => `a${code}`)
    const buckets = await Promise.all(Array.from({ length: campaign.bucketCount }, (_, bucket) =>
      this.redis.client.hmget(bucketKeys(campaign, campaign.epoch, bucket).stock, ...fields)))
    return money.map(({ scope, limit }, n) =>
      ({ scope, limitMinor: limit, spentMinor: buckets.reduce((sum, used) => sum + Number(used[n] ?? 0), 0) }))
  }

  /** Which of the tenant's running campaigns have a budget. */
  async withBudget(tenantId: string, ids: readonly string[]): Promise<string[]> {
    const { rows } = await this.sql.tenant(tenantId, (sql) => sql.query<{ id: string }>(
      'SELECT id FROM campaign WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND budget_currency IS NOT NULL', [tenantId, ids],
    ), { readOnly: true })
    return rows.map(({ id }) => id)
  }

  /** Writes what was not told before, and says which percentages those are. */
  async tell(
    campaign: CampaignSnapshot, day: string, { scope, spentMinor, limitMinor }: Spending, percents: readonly number[],
  ): Promise<number[]> {
    const { rows } = await this.sql.tenant(campaign.tenantId, (sql) => sql.query<{ percent: number }>(
      `INSERT INTO budget_alert (tenant_id, campaign_id, scope, day, percent, spent_minor, limit_minor)
       SELECT $1, $2, $3::budget_scope, $4::date, percent, $5, $6 FROM unnest($7::smallint[]) AS percent ON CONFLICT DO NOTHING RETURNING percent`,
      [campaign.tenantId, campaign.id, scope, day, spentMinor, limitMinor, percents],
    ))
    return rows.map(({ percent }) => percent)
  }

  /** Newest first, 100 at most. */
  async alerts(tenantId: string, campaignId: string): Promise<BudgetAlert[]> {
    const { rows } = await this.sql.tenant(tenantId, (sql) => sql.query<Omit<BudgetAlert, 'spentMinor'> & { spentMinor: string }>(
      `SELECT scope, day::text AS day, percent, spent_minor AS "spentMinor", limit_minor AS "limitMinor", created_at AS at
       FROM budget_alert WHERE tenant_id = $1 AND campaign_id = $2 ORDER BY created_at DESC, percent DESC LIMIT ${ALERTS_MAX}`,
      [tenantId, campaignId],
    ), { readOnly: true })
    return rows.map((row) => ({ ...row, spentMinor: Number(row.spentMinor) }))
  }
}
