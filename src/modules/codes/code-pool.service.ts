import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError, badInput, movedMeanwhile } from '../../common/errors.js'
import { isUuid } from '../../common/ids.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { CampaignService } from '../campaigns/campaign.service.js'
import type { CampaignPrize } from '../campaigns/campaigns.types.js'
import { isName } from '../campaigns/domain/validate.js'
import { AuditLogService } from '../tenancy/audit-log.service.js'
import { ensurePool, findPrize, judgeStock, type PoolRow, type PrizeRow, readAlarms, readPools, voidFree } from './code-pool.store.js'
import type { CodeAlarm, CodePool } from './codes.types.js'

const LOW_STOCK_MAX = 1_000_000
const REASON_CHARACTERS_MAX = 500
const ALARMS_MAX = 100
/** Counting a pool of a million codes takes longer than other queries may. */
const STATEMENT_TIMEOUT_MS = 30_000

/** The pools of a campaign's COUPON_CODE prizes, for its operators. No code is ever shown here. */
@Injectable()
export class CodePoolService {
  constructor(
    private readonly sql: SqlService,
    private readonly campaigns: CampaignService,
    private readonly audit: AuditLogService,
  ) {}

  /** One for each COUPON_CODE prize, those without codes too. Throws NOT_FOUND. */
  async pools(ctx: Context, campaignId: string): Promise<CodePool[]> {
    const campaign = await this.campaigns.get(ctx, campaignId)
    if (campaign === null) throw new AppError('NOT_FOUND', 'No such campaign')
    const prizes = campaign.prizes.filter(({ kind }) => kind === 'COUPON_CODE')
    if (prizes.length === 0) return []
    const options = { readOnly: true, statementTimeoutMs: STATEMENT_TIMEOUT_MS }
    const rows = await this.sql.tenant(ctx.tenantId, (sql) => readPools(sql, ctx.tenantId, campaignId), options)
    const rowOf = new Map(rows.map((row) => [row.prizeId, row]))
    return prizes.map((prize) => toPool(prize, rowOf.get(prize.id)))
  }

  /** Of pools that are low now, the newest first, at most 100; the codes themselves are not counted for it. */
  async alarms({ tenantId }: Context): Promise<CodeAlarm[]> {
    return this.sql.tenant(tenantId, (sql) => readAlarms(sql, tenantId, ALARMS_MAX), { readOnly: true })
  }

  /** `lowStockAt` null: no alarm. `expected`: as who asks saw it. Throws NOT_FOUND, BAD_USER_INPUT, CONFLICT where it is another than expected. */
  async setLowStock(ctx: Context, prizeId: string, lowStockAt: number | null, expected?: number | null): Promise<CodePool> {
    if (lowStockAt !== null && (!Number.isInteger(lowStockAt) || lowStockAt < 0 || lowStockAt > LOW_STOCK_MAX)) {
      throw badInput('lowStockAt', `must be from 0 to ${LOW_STOCK_MAX}, or null for no alarm`, 'RANGE', { min: 0, max: LOW_STOCK_MAX })
    }
    const campaignId = await this.sql.tenant(ctx.tenantId, async (sql) => {
      const prize = await couponPrize(sql, ctx.tenantId, prizeId)
      await this.ensure(sql, ctx, prize.campaignId, prizeId)
      const { rows: [before] } = await sql.query<{ low_stock_at: number | null }>(
        'SELECT low_stock_at FROM code_pool WHERE tenant_id = $1 AND prize_id = $2 FOR NO KEY UPDATE', [ctx.tenantId, prizeId])
      if (expected !== undefined && before!.low_stock_at !== expected) {
        throw movedMeanwhile('The alarm of this pool has been changed meanwhile', ['lowStockAt'])
      }
      if (before!.low_stock_at === lowStockAt) return prize.campaignId
      await sql.query('UPDATE code_pool SET low_stock_at = $3 WHERE tenant_id = $1 AND prize_id = $2', [ctx.tenantId, prizeId, lowStockAt])
      await this.audit.recordSql(sql, ctx, {
        action: 'code-pool.threshold-set', subjectKind: 'prize', subjectId: prizeId, campaignId: prize.campaignId, before: { lowStockAt: before!.low_stock_at }, after: { lowStockAt },
      })
      return prize.campaignId
    })
    await this.sql.tenant(ctx.tenantId, (sql) => judgeStock(sql, ctx.tenantId, prizeId))
    return this.#pool(ctx, campaignId, prizeId)
  }

  /** Takes every code that nobody has out of the pool, for good. Throws NOT_FOUND, and BAD_USER_INPUT. */
  async voidFree(ctx: Context, prizeId: string, reason: string): Promise<CodePool> {
    if (!isName(reason, REASON_CHARACTERS_MAX)) throw badInput('reason', `must have 1 to ${REASON_CHARACTERS_MAX} characters and no control characters`, 'NAME', { max: REASON_CHARACTERS_MAX })
    const campaignId = await this.sql.tenant(ctx.tenantId, async (sql) => {
      const prize = await couponPrize(sql, ctx.tenantId, prizeId)
      const voided = await voidFree(sql, ctx.tenantId, prizeId)
      if (voided > 0) {
        await this.audit.recordSql(sql, ctx, {
          action: 'code-pool.voided', subjectKind: 'prize', subjectId: prizeId, campaignId: prize.campaignId, after: { codes: voided }, reason,
        })
      }
      return prize.campaignId
    }, { statementTimeoutMs: STATEMENT_TIMEOUT_MS })
    return this.#pool(ctx, campaignId, prizeId)
  }

  /** The prize gives codes from now on, where it did not: each of its awards then has one, or waits for one. Locks the campaign. */
  async ensure(sql: SqlClient, ctx: Context, campaignId: string, prizeId: string): Promise<void> {
    if (!(await ensurePool(sql, ctx.tenantId, campaignId, prizeId))) return
    await this.audit.recordSql(sql, ctx, { action: 'code-pool.opened', subjectKind: 'prize', subjectId: prizeId, campaignId })
  }

  async #pool(ctx: Context, campaignId: string, prizeId: string): Promise<CodePool> {
    const pool = (await this.pools(ctx, campaignId)).find(({ prize }) => prize.id === prizeId)
    if (pool === undefined) throw noSuchPrize()
    return pool
  }
}

const noSuchPrize = () => new AppError('NOT_FOUND', 'No such prize')

/** Throws NOT_FOUND, and BAD_USER_INPUT for a prize that gives no codes. */
export async function couponPrize(sql: SqlClient, tenantId: string, prizeId: string): Promise<PrizeRow> {
  const prize = isUuid(prizeId) ? await findPrize(sql, tenantId, prizeId) : null
  if (prize === null) throw noSuchPrize()
  if (prize.kind !== 'COUPON_CODE') throw badInput('prizeId', `is a prize of kind ${prize.kind}; only a COUPON_CODE prize gives codes`, 'COUPON_ONLY')
  return prize
}

function toPool(prize: CampaignPrize, row: PoolRow | undefined): CodePool {
  const count = (name: 'imported' | 'assigned' | 'free' | 'expired' | 'voided' | 'waiting') => Number(row?.[name] ?? 0)
  const [assigned, free, waitingAwards] = [count('assigned'), count('free'), count('waiting')]
  const warnings: string[] = []
  const usable = assigned + free
  if (usable < prize.stockTotal) {
    const short = prize.stockTotal - usable
    warnings.push(`The stock is ${prize.stockTotal}, but there are ${usable} codes for it: the last ${short} winners would wait for theirs`)
  }
  if (waitingAwards > 0 && free === 0) warnings.push(`${waitingAwards} awards wait for a code: import more`)
  return {
    prize, assigned, free, waitingAwards, warnings,
    imported: count('imported'), expired: count('expired'), voided: count('voided'),
    lowStockAt: row?.lowStockAt ?? null, lowSince: row?.lowSince ?? null,
  }
}
