import { Injectable } from '@nestjs/common'
import { AppError } from '../../common/errors.js'
import { newId } from '../../common/ids.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { bucketPlace, type EpochPlace } from './domain/split.js'
import { type Look, returnKey, sameCut, type Transfer, VAULT } from './domain/transfer.js'
import { insertMovements, type LedgerMovement, sharePlace } from './ledger.store.js'
import { StockFetcher } from './stock-fetcher.js'
import { StockStore } from './stock.store.js'

const ROUNDS_MAX = 200

export interface RecalledPrize { readonly id: string; readonly position: number }

/**
 * Units on their way back from the buckets to the vault. Redis gives them first, all that a bucket has in one step, and
 * remembers them as in transit; then a row of the ledger says that they lie in the vault; then Redis forgets them. Cut
 * off before the row, they are on their way until the sweep writes it, or until a rebuild, which knows rows alone, finds
 * them in the buckets; cut off after it, the sweep makes Redis forget.
 */
@Injectable()
export class StockRecall {
  constructor(private readonly sql: SqlService, private readonly stock: StockStore, private readonly fetcher: StockFetcher) {}

  /**
   * Takes until at one moment no bucket had a unit and none was between them, and writes the rows. `sql` is a transaction
   * that shares the campaign's row, so that recovery waits; `settle` after its commit. `why` begins the keys of the rows.
   * `step`: of the schedule, for which they make room. Throws OVERLOADED where it does not come to an end.
   */
  async recall(
    sql: SqlClient, { tenantId, place }: { tenantId: string; place: EpochPlace }, prize: RecalledPrize, why: string, step: number,
  ): Promise<Transfer[]> {
    const { position } = prize
    const taken: Transfer[] = []
    let before: Look[] | undefined
    for (let round = 0; ; round++) {
      if (round >= ROUNDS_MAX) throw new AppError('OVERLOADED', 'The stock is being moved; it is taken back later', { retryAfterMs: 1_000 })
      const looks = await this.stock.lookEverywhere(place, position)
      const between = looks.flatMap(({ pending }) => pending).filter(({ to }) => to !== VAULT)
      const full = looks.filter(({ units }) => units > 0)
      if (full.length === 0 && between.length === 0 && before !== undefined && sameCut(before, looks)) break
      before = full.length === 0 && between.length === 0 ? looks : undefined
      await Promise.all(between.map((transfer) => this.fetcher.finish(place, transfer)))
      const got = await Promise.all(full.map(({ bucket }) => this.stock.recall(place, { id: `${why}:${newId()}`, position, from: bucket, step })))
      taken.push(...got.filter((transfer) => transfer !== null))
    }
    await this.#write(sql, { tenantId, id: place.id }, prize, taken)
    return taken
  }

  /** The step is about to be released: a recall for it that comes late finds the buckets closed. */
  async close(place: EpochPlace, prize: RecalledPrize, step: number): Promise<void> {
    await this.stock.closeStep(place, prize.position, step)
  }

  /** Their rows are committed: they are in transit no more. */
  async settle(place: EpochPlace, transfers: readonly Transfer[]): Promise<void> {
    await Promise.all(transfers.map((transfer) => this.stock.done(place, transfer)))
  }

  /** Finishes one that was cut off. False where that cannot be: the epoch is over, or the campaign is being recovered. */
  async finish(tenantId: string, place: EpochPlace, transfer: Transfer): Promise<boolean> {
    const written = await this.sql.tenant(tenantId, async (sql) => {
      const now = await sharePlace(sql, tenantId, place.id)
      if (now?.epoch !== place.epoch) return false
      // While the row is shared no other run of Redis can be vouched for: what it remembers now, it remembers then.
      if (!(await this.stock.isUnderWay(place, transfer))) return true
      const { rows } = await sql.query<{ id: string }>(
        'SELECT id FROM prize WHERE tenant_id = $1 AND campaign_id = $2 AND position = $3', [tenantId, place.id, transfer.position])
      if (rows[0] === undefined) return false
      await this.#write(sql, { tenantId, id: place.id }, { id: rows[0].id, position: transfer.position }, [transfer])
      return true
    })
    if (written) await this.settle(place, [transfer])
    return written
  }

  async #write(
    sql: SqlClient, campaign: { tenantId: string; id: string }, prize: RecalledPrize, transfers: readonly Transfer[],
  ): Promise<void> {
    const rows = transfers.map(({ id, units, from }): LedgerMovement =>
      ({ prizeId: prize.id, movement: 'RETURN', quantity: units, from: bucketPlace(from), to: 'vault', key: returnKey(id), applied: true }))
    await insertMovements(sql, campaign, rows, { operatorId: null, reason: null }, true)
  }
}
