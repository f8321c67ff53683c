import { Injectable } from '@nestjs/common'
import { type SqlClient, SqlService } from '../../../platform/prisma/sql.service.js'
import type { PrizeCount, StockFacts } from '../domain/stock-count.js'
import type { CampaignRef } from '../draw-rows.store.js'
import { type AllowanceFacts, readAllowanceFacts } from './allowances.js'
import { checkAwards, checkWallets } from './award-checks.js'
import type { BooksViolation } from './books.types.js'
import { checkCodes } from './code-checks.js'
import { checkConsumers, checkOutcomes, checkQuotas, checkStreams, checkTenants, checkUnique } from './checks.js'
import { readSplitPrizes, type SplitPrize } from './split-amounts.js'
import { checkTickets } from './ticket-checks.js'
import { readSettledFacts, readStockFacts, type SettledFacts } from './stock.store.js'

const STATEMENT_TIMEOUT_MS = 60_000
const CHECKS = [checkUnique, checkQuotas, checkOutcomes, checkStreams, checkTenants, checkTickets, checkCodes, checkAwards, checkWallets]

export interface CampaignRow {
  readonly no: number
  readonly bucketCount: number
  readonly epoch: number
  readonly status: string
}

/** Everything that one moment of Postgres says. */
export interface TableFacts {
  readonly epoch: number
  readonly draws: number
  readonly settled: SettledFacts
  readonly stock: StockFacts
  /** By position: awards that were not taken back, and of them those whose draw is settled. */
  readonly live: ReadonlyMap<number, { readonly all: number; readonly settled: number }>
  /** By position: wins of entries above the given numbers, settled already. */
  readonly settledLater: ReadonlyMap<number, number>
  readonly allowances: AllowanceFacts | null
  readonly splits: readonly SplitPrize[]
  readonly violations: readonly BooksViolation[]
}

@Injectable()
export class BooksStore {
  constructor(private readonly sql: SqlService) {}

  /** Null for another tenant's, as for none. */
  async campaign({ tenantId, campaignId }: CampaignRef): Promise<CampaignRow | null> {
    const { rows } = await this.sql.tenant(tenantId, (sql) => this.#campaign(sql, { tenantId, campaignId }), { readOnly: true })
    return rows[0] ?? null
  }

  /** One REPEATABLE READ snapshot. `seqs`: the last number of each bucket's stream under `epoch`, as it was before. `toVault`: see readStockFacts. */
  read(
    campaign: CampaignRef, epoch: number, seqs: readonly number[], toVault: Iterable<string>, graceSeconds: number,
  ): Promise<TableFacts> {
    return this.sql.tenant(campaign.tenantId, async (sql) => {
      // The audit compares whole campaigns. Where statistics are old, the planner would loop over them, row against row.
      await sql.query('SET LOCAL enable_nestloop = off')
      const { rows } = await this.#campaign(sql, campaign)
      const settled = await readSettledFacts(sql, campaign, epoch)
      const violations: BooksViolation[] = []
      for (const check of CHECKS) violations.push(...(await check(sql, campaign)))
      violations.push(...(await checkConsumers(sql, campaign, graceSeconds)))
      const draws = await sql.query<{ count: string }>(
        'SELECT count(*) FROM draw WHERE tenant_id = $1 AND campaign_id = $2',
        [campaign.tenantId, campaign.campaignId],
      )
      return {
        epoch: rows[0]?.epoch ?? 0,
        draws: Number(draws.rows[0]?.count ?? 0),
        settled,
        stock: await readStockFacts(sql, campaign, toVault),
        live: await this.#live(sql, campaign),
        settledLater: await this.#settledLater(sql, campaign, epoch, seqs, settled),
        allowances: await readAllowanceFacts(sql, campaign),
        splits: await readSplitPrizes(sql, campaign),
        violations,
      }
    }, { isolation: 'REPEATABLE READ', readOnly: true, statementTimeoutMs: STATEMENT_TIMEOUT_MS })
  }

  #campaign(sql: SqlClient, { tenantId, campaignId }: CampaignRef) {
    return sql.query<CampaignRow>(
      'SELECT no, bucket_count AS "bucketCount", epoch, status::text AS status FROM campaign WHERE tenant_id = $1 AND id = $2',
      [tenantId, campaignId],
    )
  }

  async #live(sql: SqlClient, campaign: CampaignRef): Promise<TableFacts['live']> {
    const { rows } = await sql.query<{ position: number; all: string; settled: string }>(
      `SELECT p.position, count(*) AS all, count(*) FILTER (WHERE d.state = 'SETTLED') AS settled
       FROM award a JOIN prize p ON p.tenant_id = a.tenant_id AND p.id = a.prize_id
       JOIN draw d ON d.tenant_id = $1 AND d.campaign_id = $2 AND d.id = a.id AND d.participant_id = a.participant_id
       WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND a.status NOT IN ('REVOKED', 'EXPIRED') GROUP BY p.position`,
      [campaign.tenantId, campaign.campaignId],
    )
    return new Map(rows.map((row) => [row.position, { all: Number(row.all), settled: Number(row.settled) }]))
  }

  async #settledLater(
    sql: SqlClient, campaign: CampaignRef, epoch: number, seqs: readonly number[], settled: SettledFacts,
  ): Promise<Map<number, number>> {
    const grown = [...settled.positions].filter(([bucket, position]) => position > (seqs[bucket] ?? 0)).map(([bucket]) => bucket)
    if (grown.length === 0) return new Map()
    const { rows } = await sql.query<{ position: number; count: string }>(
      `SELECT p.position, count(*) FROM draw d JOIN unnest($4::smallint[], $5::bigint[]) AS b(bucket, seq) ON b.bucket = d.bucket AND d.seq > b.seq
       JOIN prize p ON p.tenant_id = d.tenant_id AND p.id = d.prize_id
       WHERE d.tenant_id = $1 AND d.campaign_id = $2 AND d.epoch = $3 AND d.state = 'SETTLED' GROUP BY p.position`,
      [campaign.tenantId, campaign.campaignId, epoch, grown, grown.map((bucket) => seqs[bucket] ?? 0)],
    )
    return new Map(rows.map((row) => [row.position, Number(row.count)]))
  }
}

/** I1 and I7 of one prize. */
export function stockViolations(count: PrizeCount, live: { all: number; settled: number }): BooksViolation[] {
  const found: BooksViolation[] = []
  const prize = `prize ${count.prizeId}`
  if (live.all > count.granted) found.push({ invariant: 'I1', detail: `${prize}: ${live.all} live awards of ${count.granted} units granted` })
  if (count.missing !== 0) {
    const where = `${count.granted} granted, vault ${count.vault}, buckets ${count.units}, in transit ${count.inTransit}, reserved ${count.reserved}, awarded ${count.awarded}`
    found.push({ invariant: 'I7', detail: `${prize}: ${Math.abs(count.missing)} units ${count.missing > 0 ? 'are missing' : 'too many'} (${where})` })
  }
  if (count.awarded !== live.settled) found.push({ invariant: 'I7', detail: `${prize}: the ledger has ${count.awarded} units awarded, the awards are ${live.settled}` })
  for (const bucket of count.negative) found.push({ invariant: 'I7', detail: `${prize}: bucket ${bucket} is below zero` })
  if (count.vault < 0) found.push({ invariant: 'I7', detail: `${prize}: the vault is below zero (${count.vault})` })
  return found
}
