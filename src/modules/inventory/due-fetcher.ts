import { Injectable } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../common/errors.js'
import { newId } from '../../common/ids.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import type { EpochPlace } from './domain/split.js'
import { type DueLook, planTakes, sameCut } from './domain/transfer.js'
import type { DueCount } from './inventory.types.js'
import { PUT_AGE_MS_MAX, StockFetcher } from './stock-fetcher.js'
import { StockStore } from './stock.store.js'

const FETCH_MS_MAX = 1_500
const ROUNDS_MAX = 64
const LOCK_MS = 400
const LOCK_WAIT_MS_MAX = 100
const WAITERS_MAX = 10_000
/** A lock of its own beside those of the prizes. */
const ANY_PRIZE = 0

interface Waiter { readonly bucket: number; readonly need: number; resolve(found: DueCount | null): void; reject(error: unknown): void }

/** Brings units that are due to a bucket that has none: of whatever prize, since a draw of popped stock takes what comes first. */
@Injectable()
export class DueFetcher {
  readonly #lines = new Map<string, Waiter[]>()
  #waiting = 0

  constructor(private readonly stock: StockStore, private readonly fetcher: StockFetcher, private readonly metrics: Metrics) {}

  /**
   * Null: the bucket had at least `need` due units a moment ago. Else, of a moment after the call: how many were due in all
   * buckets together, all of them in this bucket; and before when no more will be. Throws OVERLOADED when neither could be told in time.
   */
  fetch(place: EpochPlace, bucket: number, need: number): Promise<DueCount | null> {
    if (this.#waiting >= WAITERS_MAX) throw busy()
    const name = `${place.id}/${place.epoch}`
    return new Promise((resolve, reject) => {
      const waiter = { bucket, need, resolve, reject }
      const line = this.#lines.get(name)
      this.#waiting += 1
      if (line !== undefined) {
        line.push(waiter)
        return
      }
      this.#lines.set(name, [waiter])
      void this.#serve(name, this.#lines.get(name)!, place)
    })
  }

  /** One bucket's waiters after another's: the last units are drawn, and not carried around. */
  async #serve(name: string, line: Waiter[], place: EpochPlace): Promise<void> {
    while (line.length > 0) {
      const { bucket } = line[0]!
      const joined = line.filter((waiter) => waiter.bucket === bucket)
      // A search that began before a waiter came says nothing of its moment.
      const queued = [...line]
      const need = Math.max(...joined.map((waiter) => waiter.need))
      try {
        const found = await this.metrics.stage('fetch_stock', {}, () => this.#locked(place, bucket, need))
        if (found?.units === 0) this.#answer(line, queued, (waiter) => waiter.resolve(found))
        else this.#answer(line, joined, (waiter) => waiter.resolve(found))
      } catch (error) {
        this.#answer(line, queued, (waiter) => waiter.reject(error))
      }
    }
    this.#lines.delete(name)
  }

  #answer(line: Waiter[], whom: readonly Waiter[], tell: (waiter: Waiter) => void): void {
    for (const waiter of whom) {
      line.splice(line.indexOf(waiter), 1)
      this.#waiting -= 1
      tell(waiter)
    }
  }

  async #locked(place: EpochPlace, bucket: number, need: number): Promise<DueCount | null> {
    const token = newId()
    const giveUpAt = performance.now() + LOCK_WAIT_MS_MAX
    let held = await this.stock.tryLock(place, ANY_PRIZE, token, LOCK_MS)
    while (!held && performance.now() < giveUpAt) {
      await sleep(5 + Math.random() * 10)
      held = await this.stock.tryLock(place, ANY_PRIZE, token, LOCK_MS)
    }
    try {
      return await this.#search(place, bucket, need)
    } finally {
      if (held) await this.stock.unlock(place, ANY_PRIZE, token).catch(() => undefined)
    }
  }

  async #search(place: EpochPlace, bucket: number, need: number): Promise<DueCount | null> {
    const endsAt = performance.now() + FETCH_MS_MAX
    let before: DueLook[] | undefined
    for (let round = 0; round < ROUNDS_MAX && performance.now() < endsAt; round++) {
      const now = await this.stock.lookDue(place)
      if (now.some((look) => !look.current)) throw busy() // no whole state of this epoch: the next draw's gate says so
      const own = now[bucket]?.units ?? 0
      if (own >= need) return null
      const pending = now.flatMap((look) => look.pending).filter((transfer) => transfer.takenMs > Date.now() - PUT_AGE_MS_MAX)
      const takes = planTakes(now, bucket, need - own)
      if (takes.length > 0) {
        if ((await this.#bring(place, bucket, takes)) >= need - own) return null
        before = undefined
      } else if (pending.length > 0) {
        await Promise.all(pending.map((transfer) => this.fetcher.finish(place, transfer)))
        before = undefined
      } else if (before !== undefined && sameCut(before, now)) {
        const next = now.flatMap(({ nextMs }) => (nextMs === null ? [] : [nextMs]))
        return { units: own, untilMs: next.length === 0 ? null : Math.min(...next) }
      } else {
        before = now
      }
    }
    throw busy()
  }

  async #bring(place: EpochPlace, to: number, takes: ReadonlyArray<{ from: number; units: number }>): Promise<number> {
    let brought = 0
    for (const { from, units } of takes) {
      const transfer = await this.stock.take(place, { id: newId(), position: null, units, from, to })
      if (transfer !== null && (await this.fetcher.finish(place, transfer))) brought += transfer.units
    }
    return brought
  }
}

const busy = () => new AppError('OVERLOADED', 'The stock is being moved; try again', { retryAfterMs: 100 })
