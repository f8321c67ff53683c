import { Injectable } from '@nestjs/common'
import { AppError } from '../../common/errors.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { GateService } from '../campaigns/gate.service.js'
import type { EpochPlace } from './domain/split.js'
import { pendingRows, sharePlace } from './ledger.store.js'
import { cancelSteps } from './release-step.store.js'
import { ReleaseService } from './release.service.js'
import { type RecalledPrize, StockRecall } from './stock-recall.js'
import { StockStore } from './stock.store.js'

const CAMPAIGNS_PER_ROUND = 100
/** After every step: nothing is released any more. */
const LAST_STEP = 2_147_483_647
/** What is numbered above is no prize's stock. */
const POSITION_MAX = 1_000

/**
 * After a campaign's end: what was not won goes from the buckets back to the vault. Not before its gates say that it has
 * ended: then no draw takes a unit any more. A rebuild may find units again that were thought to be won; the campaign
 * remembers which epoch's buckets were emptied, and those of a later one are emptied too.
 */
@Injectable()
export class StockReturnService {
  constructor(
    private readonly sql: SqlService,
    private readonly stock: StockStore,
    private readonly gates: GateService,
    private readonly release: ReleaseService,
    private readonly recall: StockRecall,
    private readonly logger: Logger,
  ) {}

  /** Every campaign that has ended and whose stock was not returned. */
  async returnAll(stopping?: AbortSignal): Promise<void> {
    const { rows } = await this.sql.system((sql) => sql.query<{ tenant_id: string; campaign_id: string }>(
      'SELECT tenant_id, campaign_id FROM system_unreturned_campaigns($1)', [CAMPAIGNS_PER_ROUND]), { readOnly: true })
    for (const { tenant_id: tenantId, campaign_id: campaignId } of rows) {
      if (stopping?.aborted === true) return
      try {
        await this.returnStock(tenantId, campaignId)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        this.logger.info({ campaignId, reason: error.message }, 'The stock of a campaign that has ended is returned later')
      }
    }
  }

  /** False where it is too early, or something stands in the way that a later round finds gone. */
  async returnStock(tenantId: string, campaignId: string): Promise<boolean> {
    // What was promised to the buckets before the end comes there first, and back again.
    await this.release.fill(tenantId, campaignId)
    const place = await this.sql.tenant(tenantId, async (sql) => {
      const ended = await this.#shareEnded(sql, tenantId, campaignId)
      if (ended !== null) await cancelSteps(sql, { tenantId, id: campaignId })
      return ended
    })
    if (place === null || !(await this.gates.allSay(place, 'ENDED'))) return false
    for (const prize of await this.#prizesToRecall(tenantId, place)) {
      const taken = await this.sql.tenant(tenantId, async (sql) => {
        const now = await this.#shareEnded(sql, tenantId, campaignId)
        return now?.epoch === place.epoch ? this.recall.recall(sql, { tenantId, place }, prize, 'end', LAST_STEP) : null
      })
      if (taken === null) return false
      await this.recall.settle(place, taken)
    }
    return this.#conclude(tenantId, place)
  }

  /** The campaign's place, shared until the transaction ends; null unless it has ended, and nothing is promised that Redis has not had. */
  async #shareEnded(sql: SqlClient, tenantId: string, campaignId: string): Promise<EpochPlace | null> {
    const place = await sharePlace(sql, tenantId, campaignId)
    if (place === null) return null
    const { rows } = await sql.query<{ status: string }>('SELECT status::text AS status FROM campaign WHERE tenant_id = $1 AND id = $2', [tenantId, campaignId])
    if (rows[0]?.status !== 'ENDED' || (await pendingRows(sql, tenantId, campaignId)).length > 0) return null
    return place
  }

  /** Prizes of which something lies in a bucket or is under way. */
  async #prizesToRecall(tenantId: string, place: EpochPlace): Promise<RecalledPrize[]> {
    const cut = await Promise.all(Array.from({ length: place.bucketCount }, (_, bucket) => this.stock.cut(place, bucket, false)))
    if (cut.some(({ exists }) => !exists)) throw new AppError('OVERLOADED', 'Redis lacks a bucket, which recovery mends', { retryAfterMs: 1_000 })
    const positions = new Set(cut.flatMap(({ stock, pending }) => [
      ...[...stock].filter(([, units]) => units > 0).map(([position]) => position), ...pending.map(({ position }) => position),
    ].filter((position) => position <= POSITION_MAX)))
    const { rows } = await this.sql.tenant(tenantId, (sql) => sql.query<RecalledPrize>(
      'SELECT id, position FROM prize WHERE tenant_id = $1 AND campaign_id = $2 AND position = ANY($3::smallint[]) ORDER BY position',
      [tenantId, place.id, [...positions]],
    ), { readOnly: true })
    return rows
  }

  /** Finishes transfers to the vault that were cut off, and remembers that all is done. */
  async #conclude(tenantId: string, place: EpochPlace): Promise<boolean> {
    const pending = (await Promise.all(Array.from({ length: place.bucketCount }, (_, bucket) => this.stock.pending(place, bucket)))).flat()
    const finished = await Promise.all(pending.map((transfer) => this.recall.finish(tenantId, place, transfer)))
    if (finished.includes(false)) return false
    const { rowCount } = await this.sql.tenant(tenantId, (sql) => sql.query(
      `UPDATE campaign SET stock_returned_epoch = epoch WHERE tenant_id = $1 AND id = $2 AND epoch = $3 AND status = 'ENDED'`,
      [tenantId, place.id, place.epoch],
    ))
    return rowCount === 1
  }
}
