import { Injectable } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../common/errors.js'
import { newId } from '../../common/ids.js'
import { failpoint } from '../../common/failpoint.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import type { EpochPlace } from './domain/split.js'
import { type Look, planTakes, sameCut, type Transfer, VAULT } from './domain/transfer.js'
import type { FetchResult } from './inventory.types.js'
import { StockStore } from './stock.store.js'

const FETCH_MS_MAX = 1_500
const ROUNDS_MAX = 64
const LOCK_MS = 400
const LOCK_WAIT_MS_MAX = 100
const WAITERS_MAX = 10_000
/** As in put-5.lua: what is older cannot arrive any more. */
export const PUT_AGE_MS_MAX = 12 * 3_600_000

interface Waiter { readonly bucket: number; readonly need: number; resolve(result: FetchResult): void; reject(error: unknown): void }
interface Line { readonly waiters: Waiter[] }

/**
 * Brings units of a prize to a bucket that has none. A unit is at every moment in one bucket, or in its source's list
 * of transfers (take → put → done): whoever meets a transfer that was left there finishes it.
 */
@Injectable()
export class StockFetcher {
  readonly #lines = new Map<string, Line>()
  #waiting = 0

  constructor(private readonly stock: StockStore, private readonly metrics: Metrics, private readonly logger: Logger) {}

  /**
   * Of a prize, or of an allowance, whose code `position` is then, and whose `limit` is what there is of it.
   * FETCHED: the bucket had at least `need` units a moment ago. GONE: at a moment after the call, all buckets together
   * had fewer, and nothing was in transit. Throws OVERLOADED when neither could be told in time; nothing is lost then.
   */
  async fetch(place: EpochPlace, bucket: number, position: number, need: number, limit?: number): Promise<FetchResult> {
    if (place.bucketCount === 1) return (await this.stock.units(place, bucket, position, limit)) >= need ? 'FETCHED' : 'GONE'
    if (this.#waiting >= WAITERS_MAX) throw busy()
    const name = `${place.id}/${place.epoch}/${position}/${limit ?? ''}`
    return new Promise<FetchResult>((resolve, reject) => {
      const waiter = { bucket, need, resolve, reject }
      const line = this.#lines.get(name)
      this.#waiting += 1
      if (line !== undefined) {
        line.waiters.push(waiter)
        return
      }
      const begun = { waiters: [waiter] }
      this.#lines.set(name, begun)
      void this.#serve(name, begun, place, position, limit)
    })
  }

  /**
   * Puts a transfer's units where they were bound for, and ends it. Returns false where that cannot be: the epoch is
   * over. One that is too old to be put goes back to its source while its mark could not have been swept.
   */
  async finish(place: EpochPlace, transfer: Transfer): Promise<boolean> {
    const result = await this.stock.put(place, transfer)
    if (result === 'FENCED') return false
    if (result === 'EXPIRED') return this.#expire(place, transfer)
    failpoint('transfer.after_put')
    await this.stock.done(place, transfer)
    failpoint('transfer.after_done')
    return true
  }

  /** Serves one bucket's waiters after another, so that the last units are drawn and not carried around. */
  async #serve(name: string, line: Line, place: EpochPlace, position: number, limit?: number): Promise<void> {
    while (line.waiters.length > 0) {
      const { bucket } = line.waiters[0]!
      const need = Math.max(...line.waiters.filter((waiter) => waiter.bucket === bucket).map((waiter) => waiter.need))
      const joined = new Set(line.waiters.filter((waiter) => waiter.bucket === bucket))
      const queued = new Set(line.waiters)
      try {
        const result = await this.metrics.stage('fetch_stock', {}, () => this.#locked(place, bucket, position, need, limit), place.test !== true)
        // Gone everywhere is true for every bucket that was asking when the search began.
        if (result === 'GONE') this.#answer(line, (waiter) => queued.has(waiter) && waiter.need >= need, (waiter) => waiter.resolve('GONE'))
        else this.#answer(line, (waiter) => joined.has(waiter), (waiter) => waiter.resolve('FETCHED'))
      } catch (error) {
        this.#answer(line, (waiter) => queued.has(waiter), (waiter) => waiter.reject(error))
      }
    }
    this.#lines.delete(name)
  }

  #answer(line: Line, which: (waiter: Waiter) => boolean, tell: (waiter: Waiter) => void): void {
    for (const waiter of line.waiters.filter(which)) {
      line.waiters.splice(line.waiters.indexOf(waiter), 1)
      this.#waiting -= 1
      tell(waiter)
    }
  }

  async #locked(place: EpochPlace, bucket: number, position: number, need: number, limit?: number): Promise<FetchResult> {
    const token = newId()
    const giveUpAt = performance.now() + LOCK_WAIT_MS_MAX
    let held = await this.stock.tryLock(place, position, token, LOCK_MS)
    while (!held && performance.now() < giveUpAt) {
      await sleep(5 + Math.random() * 10)
      if ((await this.stock.units(place, bucket, position, limit)) >= need) return 'FETCHED'
      held = await this.stock.tryLock(place, position, token, LOCK_MS)
    }
    try {
      return await this.#search(place, bucket, position, need, limit)
    } finally {
      // Left to expire if it cannot be let go: nobody depends on it.
      if (held) await this.stock.unlock(place, position, token).catch(() => undefined)
    }
  }

  async #search(place: EpochPlace, bucket: number, position: number, need: number, limit?: number): Promise<FetchResult> {
    const endsAt = performance.now() + FETCH_MS_MAX
    let before: Look[] | undefined
    for (let round = 0; round < ROUNDS_MAX && performance.now() < endsAt; round++) {
      const now = await this.stock.lookEverywhere(place, position, limit)
      if (now.some((look) => !look.current)) throw busy() // no whole state of this epoch: the next draw's gate says so
      const own = now[bucket]?.units ?? 0
      if (own >= need) return 'FETCHED'
      // What is bound for the vault can be drawn no more.
      const pending = now.flatMap((look) => look.pending)
        .filter((transfer) => transfer.to !== VAULT && transfer.takenMs > Date.now() - PUT_AGE_MS_MAX)
      const free = now.reduce((sum, look) => sum + look.units, 0)
      if (free >= need) {
        const takes = planTakes(now, bucket, need - own)
        if ((await this.#bring(place, bucket, position, takes, limit)) >= need - own) return 'FETCHED'
        before = undefined
      } else if (pending.length > 0) {
        await Promise.all(pending.map((transfer) => this.finish(place, transfer)))
        before = undefined
      } else if (before !== undefined && sameCut(before, now)) {
        return 'GONE'
      } else {
        before = now
      }
    }
    throw busy()
  }

  /** Returns the units that reached the bucket by our own hands. */
  async #bring(
    place: EpochPlace, to: number, position: number, takes: ReadonlyArray<{ from: number; units: number }>, limit?: number,
  ): Promise<number> {
    let brought = 0
    for (const { from, units } of takes) {
      const transfer = await this.stock.take(place, { id: newId(), position, units, from, to }, limit)
      failpoint('transfer.after_take')
      if (transfer !== null && (await this.finish(place, transfer))) brought += transfer.units
    }
    return brought
  }

  async #expire(place: EpochPlace, transfer: Transfer): Promise<boolean> {
    const ageHours = ((await this.stock.nowMs()) - transfer.takenMs) / 3_600_000
    // Marks are kept for 24 h: up to then, no mark means never put; and a put that is under way is refused at 12 h by itself.
    if (ageHours < 23 && !(await this.stock.wasReceived(place, transfer))) {
      await this.stock.giveBack(place, transfer)
      return true
    }
    this.logger.error({ transfer, campaignId: place.id }, 'A stock transfer is too old to be finished: nobody can tell whether its units arrived')
    return false
  }
}

const busy = () => new AppError('OVERLOADED', 'The stock is being moved; try again', { retryAfterMs: 100 })
