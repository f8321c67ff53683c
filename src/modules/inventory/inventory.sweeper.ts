import { Injectable, type OnModuleInit } from '@nestjs/common'
import { systemContext } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { PublishedService } from '../campaigns/published.service.js'
import { SweepService } from '../campaigns/sweep.service.js'
import { AdjustService } from './adjust.service.js'
import { VAULT } from './domain/transfer.js'
import { campaignsWithPending, pendingRows } from './ledger.store.js'
import { ReleaseService } from './release.service.js'
import { StockFetcher } from './stock-fetcher.js'
import { StockRecall } from './stock-recall.js'
import { StockReturnService } from './stock-return.service.js'
import { StockStore } from './stock.store.js'

const UNFINISHED_MS = 5_000
const CAMPAIGNS_PER_TENANT_MAX = 100
const LEDGER_ROUNDS = 2
const MARKS_ROUNDS = 600
const MARK_AGE_MS = 24 * 3_600_000
const MARK_PAGES_MAX = 20

/** Finishes what a crash interrupted: transfers between buckets, promised stock, reductions. */
@Injectable()
export class InventorySweeper implements OnModuleInit {
  constructor(
    private readonly sweeps: SweepService,
    private readonly published: PublishedService,
    private readonly sql: SqlService,
    private readonly stock: StockStore,
    private readonly fetcher: StockFetcher,
    private readonly recall: StockRecall,
    private readonly release: ReleaseService,
    private readonly adjust: AdjustService,
    private readonly returns: StockReturnService,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.sweeps.every('stock-transfers', 1, (stopping) => this.finishTransfers(UNFINISHED_MS, stopping))
    this.sweeps.every('stock-ledger', LEDGER_ROUNDS, (stopping) => this.finishLedger(UNFINISHED_MS, stopping))
    this.sweeps.every('stock-return', 1, (stopping) => this.returns.returnAll(stopping))
    this.sweeps.every('stock-marks', MARKS_ROUNDS, (stopping) => this.forgetMarks(stopping))
  }

  /** Transfers that were taken more than `ageMs` ago. */
  async finishTransfers(ageMs: number, stopping?: AbortSignal): Promise<void> {
    const before = (await this.stock.nowMs()) - ageMs
    for (const place of await this.published.list()) {
      if (stopping?.aborted === true) return
      if (place.status === 'RECOVERING') continue
      const pending = await Promise.all(Array.from({ length: place.bucketCount }, (_, bucket) => this.stock.pending(place, bucket)))
      await Promise.all(pending.flat().filter(({ takenMs }) => takenMs <= before).map((transfer) =>
        (transfer.to === VAULT ? this.recall.finish(place.tenantId, place, transfer) : this.fetcher.finish(place, transfer))))
    }
  }

  /** Movements that were promised more than `ageMs` ago and are not marked as applied. */
  async finishLedger(ageMs: number, stopping?: AbortSignal): Promise<void> {
    const tenants = new Set((await this.published.list()).map(({ tenantId }) => tenantId))
    for (const tenantId of tenants) {
      const before = new Date(Date.now() - ageMs)
      const find = (sql: SqlClient) => campaignsWithPending(sql, tenantId, before, CAMPAIGNS_PER_TENANT_MAX)
      const ids = await this.sql.tenant(tenantId, find, { readOnly: true })
      for (const campaignId of ids) {
        if (stopping?.aborted === true) return
        await this.#finishCampaign(tenantId, campaignId)
      }
    }
  }

  async #finishCampaign(tenantId: string, campaignId: string): Promise<void> {
    await this.release.fill(tenantId, campaignId)
    const rows = await this.sql.tenant(tenantId, (sql) => pendingRows(sql, tenantId, campaignId), { readOnly: true })
    for (const { ledgerId } of rows.filter(({ movement }) => movement === 'REDUCE')) {
      try {
        await this.adjust.finishReduction(systemContext(tenantId, 'stock-sweep'), campaignId, ledgerId)
      } catch (error) {
        // Called off, or the campaign is busy: the next round sees which.
        if (!(error instanceof AppError)) throw error
        this.logger.info({ campaignId, ledgerId, reason: error.message }, 'A reduction of stock was not made')
      }
    }
  }

  /** Marks of transfers that nobody can put a second time any more. */
  async forgetMarks(stopping?: AbortSignal): Promise<void> {
    const before = (await this.stock.nowMs()) - MARK_AGE_MS
    for (const place of await this.published.list()) {
      for (let bucket = 0; bucket < place.bucketCount && place.bucketCount > 1; bucket++) {
        if (stopping?.aborted === true) return
        await this.stock.forgetReceived(place, bucket, before, MARK_PAGES_MAX)
      }
    }
  }
}
