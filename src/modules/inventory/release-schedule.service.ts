import { Injectable } from '@nestjs/common'
import { AppError } from '../../common/errors.js'
import { isDatabaseUnavailable } from '../../platform/prisma/database-errors.js'
import { Leadership, LeadershipLostError } from '../../platform/prisma/leadership.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { isRedisUnavailable } from '../../platform/redis/redis-errors.js'
import { ScriptMissingError } from '../../platform/redis/script.js'
import { Logger } from '../../platform/telemetry/logger.js'
import type { EpochPlace } from './domain/split.js'
import type { Transfer } from './domain/transfer.js'
import { InventoryMetrics } from './inventory.metrics.js'
import { sharePlace } from './ledger.store.js'
import { type DueStep, lockDueSteps, promiseSteps } from './release-step.store.js'
import { ReleaseService } from './release.service.js'
import { StockRecall } from './stock-recall.js'

const LOCK = 'drawbridge releases'
const CAMPAIGNS_PER_ROUND = 100
const BATCHES_MAX = 1_000

interface Batch {
  readonly place: EpochPlace
  readonly steps: readonly DueStep[]
  readonly recalled: readonly Transfer[]
}

/**
 * Releases what is due. Each step is released once: it is marked in the transaction that promises its units to the
 * buckets. Late, all that is due is caught up with; of VOID steps the last one, since the turn of the others is over.
 */
@Injectable()
export class ReleaseScheduleService {
  constructor(
    private readonly sql: SqlService,
    private readonly leadership: Leadership,
    private readonly release: ReleaseService,
    private readonly recall: StockRecall,
    private readonly metrics: InventoryMetrics,
    private readonly logger: Logger,
  ) {}

  /** All campaigns' due steps, by one process at a time: false at once where another is at it. */
  run(): Promise<boolean> {
    return this.leadership.lead(LOCK, async (stillLeading) => {
      const failed = new Set<string>()
      for (;;) {
        const due = (await this.#due()).filter(({ campaignId }) => !failed.has(campaignId))
        if (due.length === 0) return
        for (const { tenantId, campaignId } of due) {
          stillLeading()
          try {
            if ((await this.releaseDue(tenantId, campaignId)) === 0) failed.add(campaignId)
          } catch (error) {
            if (isAway(error)) throw error
            failed.add(campaignId)
            // Its steps stay due: the next round tries again.
            if (error instanceof AppError) this.logger.warn({ err: error, campaignId }, 'A release of stock waits')
            else this.logger.error({ err: error, campaignId }, 'Stock that is due could not be released; it is tried again')
          }
        }
      }
    })
  }

  /** Of one campaign. Returns how many steps left PENDING; none while it is being recovered. */
  async releaseDue(tenantId: string, campaignId: string): Promise<number> {
    // What an earlier step promised and did not bring comes first: it may be void by now.
    await this.release.fill(tenantId, campaignId)
    let count = 0
    for (let round = 0; round < BATCHES_MAX; round++) {
      const batch = await this.sql.tenant(tenantId, (sql) => this.#batch(sql, tenantId, campaignId))
      if (batch === null) break
      count += batch.steps.length
      await this.recall.settle(batch.place, batch.recalled)
      await this.release.fill(tenantId, campaignId)
      const now = Date.now()
      for (const { dueMs } of batch.steps) this.metrics.releaseLagSeconds.observe(Math.max(0, now - dueMs) / 1_000)
    }
    return count
  }

  /** When the next step of any campaign is due; null: none is planned. */
  async nextDueMs(): Promise<number | null> {
    const { rows } = await this.sql.system((sql) => sql.query<{ due: Date | null }>('SELECT system_next_release() AS due'), { readOnly: true })
    return rows[0]?.due?.getTime() ?? null
  }

  async #due(): Promise<Array<{ tenantId: string; campaignId: string }>> {
    const { rows } = await this.sql.system((sql) => sql.query<{ tenant_id: string; campaign_id: string }>(
      'SELECT tenant_id, campaign_id FROM system_due_releases($1)', [CAMPAIGNS_PER_ROUND]), { readOnly: true })
    return rows.map((row) => ({ tenantId: row.tenant_id, campaignId: row.campaign_id }))
  }

  /** Promises a batch of due steps; null where none is due. */
  async #batch(sql: SqlClient, tenantId: string, campaignId: string): Promise<Batch | null> {
    const place = await sharePlace(sql, tenantId, campaignId)
    if (place === null) return null
    const campaign = { tenantId, id: campaignId }
    const steps = await lockDueSteps(sql, campaign)
    if (steps.length === 0) return null
    const recalled: Transfer[] = []
    for (const [prizeId, own] of Map.groupBy(steps, (step) => step.prizeId)) {
      const last = own.at(-1)!
      if (last.carryOver !== 'VOID' || !last.begun) continue
      const prize = { id: prizeId, position: last.position }
      recalled.push(...(await this.recall.recall(sql, { tenantId, place }, prize, `void:${last.no}`, last.no)))
      await this.recall.close(place, prize, last.no)
    }
    await promiseSteps(sql, { ...campaign, bucketCount: place.bucketCount }, steps)
    return { place, steps, recalled }
  }
}

const isAway = (error: unknown) =>
  error instanceof LeadershipLostError || isDatabaseUnavailable(error) || isRedisUnavailable(error) || error instanceof ScriptMissingError
