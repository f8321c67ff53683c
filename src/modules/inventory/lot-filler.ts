import { Inject, Injectable } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { lotUnits, type LotUnit, shareOf } from './domain/lot.js'
import { type PendingRow, pendingRows, sharePlace } from './ledger.store.js'
import { lotOfKey, type LotRow, readLot } from './lot.store.js'
import { StockStore } from './stock.store.js'

/** A step holds the campaign's row: a lot of a million units must not keep recovery waiting. */
const UNITS_PER_STEP = 20_000

/** Puts promised lots into their buckets, unit by unit. Cut off at any point, it goes on where the buckets say that it was. */
@Injectable()
export class LotFiller {
  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly sql: SqlService,
    private readonly stock: StockStore,
  ) {}

  /** Returns the ledger rows that are whole in their bucket now, as `epoch/ledger id`; they are still to be marked. */
  async fill(tenantId: string, campaignId: string): Promise<Set<string>> {
    const whole = new Set<string>()
    const made = new Map<number, readonly LotUnit[]>()
    const share = async (row: LotRow) => {
      const units = made.get(row.no) ?? (await this.#make(tenantId, campaignId, row.no))
      // One lot at a time: a campaign may have many, and each may be large.
      if (!made.has(row.no)) made.clear()
      made.set(row.no, units)
      return shareOf(units, row.bucket, row.bucketCount)
    }
    for (const { row, lot } of await this.#promised(tenantId, campaignId)) {
      const units = await share(lot)
      for (let had = 0; ;) {
        const step = await this.#step(tenantId, campaignId, row, units, had)
        if (step === null) break
        had = step.has
        if (had < units.length) continue
        whole.add(`${step.epoch}/${row.ledgerId}`)
        break
      }
    }
    return whole
  }

  async #promised(tenantId: string, campaignId: string): Promise<Array<{ row: PendingRow; lot: LotRow }>> {
    const rows = await this.sql.tenant(tenantId, (sql) => pendingRows(sql, tenantId, campaignId), { readOnly: true })
    return rows.flatMap((row) => {
      const lot = row.movement === 'RELEASE' ? lotOfKey(row.key) : null
      return lot === null ? [] : [{ row, lot }]
    })
  }

  async #make(tenantId: string, campaignId: string, no: number): Promise<LotUnit[]> {
    const read = (sql: SqlClient) => readLot(sql, this.config.secretKey, tenantId, campaignId, no)
    const found = await this.sql.tenant(tenantId, read, { readOnly: true })
    if (found === null) throw new Error(`Campaign ${campaignId} has released lot ${no}, and has none of that number`)
    return lotUnits(found.seed, campaignId, found.lot)
  }

  /** Null where there is nothing more to do: recovery has had the row, or is about to. */
  #step(
    tenantId: string, campaignId: string, row: PendingRow, share: readonly LotUnit[], had: number,
  ): Promise<{ has: number; epoch: number } | null> {
    return this.sql.tenant(tenantId, async (sql) => {
      const place = await sharePlace(sql, tenantId, campaignId)
      if (place === null) return null
      const pending = await pendingRows(sql, tenantId, campaignId)
      if (!pending.some(({ ledgerId }) => ledgerId === row.ledgerId)) return null
      return { has: await this.stock.applyPopped(place, row, share, had, UNITS_PER_STEP), epoch: place.epoch }
    })
  }
}
