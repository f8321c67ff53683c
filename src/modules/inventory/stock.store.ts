import { Injectable } from '@nestjs/common'
import { bucketKeys } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { defineScript } from '../../platform/redis/script.js'
import { shareOf } from './domain/allowance.js'
import type { EpochPlace } from './domain/split.js'
import { type LotUnit, unitName } from './domain/lot.js'
import { type DueLook, type Look, parseTransfer, type Transfer, VAULT } from './domain/transfer.js'
import type { BucketCut } from './inventory.types.js'

const script = (file: string) => defineScript(new URL(`./lua/${file}`, import.meta.url))
const take = script('take-3.lua')
const recall = script('recall-3.lua')
const closeStep = script('close-step-1.lua')
const put = script('put-5.lua')
const done = script('done-1.lua')
const giveBack = script('give-back-3.lua')
const look = script('look-3.lua')
const applyStock = script('apply-stock-2.lua')
const withdraw = script('withdraw-3.lua')
const callOff = script('call-off-1.lua')
const cut = script('cut-4.lua')
const applyDue = script('apply-due-3.lua')
const lookDue = script('look-due-4.lua')
const unlock = script('unlock-1.lua')

const SCAN_COUNT = 500
const ROWS_PER_CALL_MAX = 500
const UNITS_PER_CALL_MAX = 500

/** `position` null: that of the source's first popped unit. */
export type WantedUnits = Omit<Transfer, 'takenMs' | 'popped' | 'position'> & { readonly position: number | null }
export type PutResult = 'PUT' | 'ALREADY' | 'EXPIRED' | 'FENCED'
export type ReleasedUnits = Readonly<{ ledgerId: string; position: number; units: number }>

const fields = (flat: unknown): Array<[string, string]> => {
  const list = flat as string[]
  return Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i]!, list[2 * i + 1]!])
}

type Entry = [id: string, fields: string[]]

const shareIn = (place: EpochPlace, bucket: number, limit: number | undefined): number | '' => (limit === undefined ? '' : shareOf(limit, place.bucketCount, bucket))

/** The buckets' stock in Redis: one call per slot, each idempotent by the id that it is given. */
@Injectable()
export class StockStore {
  constructor(private readonly redis: RedisService) {}

  /** Of a prize, or of an allowance: `position` is its code then, and `limit` what all buckets together have of it. So below. */
  async units(place: EpochPlace, bucket: number, position: number, limit?: number): Promise<number> {
    const { stock } = bucketKeys(place, place.epoch, bucket)
    const found = Number((await this.redis.client.hget(stock, `${limit === undefined ? 'p' : 'a'}${position}`)) ?? 0)
    return limit === undefined ? found : shareOf(limit, place.bucketCount, bucket) - found
  }

  async look(place: EpochPlace, bucket: number, position: number, limit?: number): Promise<Look> {
    const keys = bucketKeys(place, place.epoch, bucket)
    const args = [position, place.epoch, shareIn(place, bucket, limit)]
    const answer = await look.run(this.redis.client, [keys.gate, keys.stock, keys.out], args)
    const [current, units, transfers, pending] = answer as [number, string, string, string[]]
    return {
      bucket,
      current: current === 1,
      units: Number(units),
      transfers: Number(transfers),
      pending: fields(pending).map(([id, record]) => parseTransfer(id, bucket, record)).filter((transfer) => transfer !== null),
    }
  }

  lookEverywhere(place: EpochPlace, position: number, limit?: number): Promise<Look[]> {
    return Promise.all(Array.from({ length: place.bucketCount }, (_, bucket) => this.look(place, bucket, position, limit)))
  }

  /** Null when the source had none. */
  async take(place: EpochPlace, wanted: WantedUnits, limit?: number): Promise<Transfer | null> {
    const keys = bucketKeys(place, place.epoch, wanted.from)
    const args = [wanted.id, wanted.position ?? '', wanted.units, wanted.to, shareIn(place, wanted.from, limit)]
    const answer = await take.run(this.redis.client, [keys.stock, keys.out, keys.due], args)
    const [units, takenMs, position, popped] = answer as [number, string, string, string]
    return units === 0 ? null : { ...wanted, units, position: Number(position), takenMs: Number(takenMs), popped }
  }

  /** All that a bucket has of a prize, bound for the vault; null when it has none, or is closed to this step and those before. */
  async recall(place: EpochPlace, wanted: { id: string; position: number; from: number; step: number }): Promise<Transfer | null> {
    const keys = bucketKeys(place, place.epoch, wanted.from)
    const answer = await recall.run(this.redis.client, [keys.stock, keys.out, keys.due], [wanted.id, wanted.position, wanted.step, VAULT])
    const [units, takenMs] = answer as [number, string]
    return units === 0 ? null : { id: wanted.id, position: wanted.position, from: wanted.from, to: VAULT, units, takenMs: Number(takenMs), popped: '' }
  }

  /** From now on nobody recalls this prize's units for this step. */
  async closeStep(place: EpochPlace, position: number, step: number): Promise<void> {
    await Promise.all(Array.from({ length: place.bucketCount }, (_, bucket) =>
      closeStep.run(this.redis.client, [bucketKeys(place, place.epoch, bucket).stock], [position, step])))
  }

  /** Whether its source still remembers a transfer. */
  async isUnderWay(place: EpochPlace, { from, id }: Transfer): Promise<boolean> {
    return (await this.redis.client.hexists(bucketKeys(place, place.epoch, from).out, id)) === 1
  }

  async put(place: EpochPlace, transfer: Transfer): Promise<PutResult> {
    const keys = bucketKeys(place, place.epoch, transfer.to)
    const args = [transfer.id, transfer.position, transfer.units, transfer.from, transfer.takenMs, place.epoch, transfer.popped]
    return (await put.run(this.redis.client, [keys.gate, keys.stock, keys.in, keys.stream, keys.due], args)) as PutResult
  }

  async done(place: EpochPlace, transfer: Pick<Transfer, 'id' | 'from'>): Promise<void> {
    await done.run(this.redis.client, [bucketKeys(place, place.epoch, transfer.from).out], [transfer.id])
  }

  async giveBack(place: EpochPlace, transfer: Pick<Transfer, 'id' | 'from'>): Promise<number> {
    const keys = bucketKeys(place, place.epoch, transfer.from)
    return Number(await giveBack.run(this.redis.client, [keys.stock, keys.out, keys.due], [transfer.id]))
  }

  async wasReceived(place: EpochPlace, transfer: Pick<Transfer, 'id' | 'to'>): Promise<boolean> {
    return (await this.redis.client.hexists(bucketKeys(place, place.epoch, transfer.to).in, transfer.id)) === 1
  }

  async pending(place: EpochPlace, bucket: number): Promise<Transfer[]> {
    const all = await this.redis.client.hgetall(bucketKeys(place, place.epoch, bucket).out)
    return Object.entries(all).map(([id, record]) => parseTransfer(id, bucket, record)).filter((transfer) => transfer !== null)
  }

  /** Makes the bucket, and puts into it what of these rows is not in it yet. */
  async apply(place: EpochPlace, bucket: number, rows: readonly ReleasedUnits[]): Promise<void> {
    const keys = bucketKeys(place, place.epoch, bucket)
    for (let from = 0; from === 0 || from < rows.length; from += ROWS_PER_CALL_MAX) {
      const args = rows.slice(from, from + ROWS_PER_CALL_MAX).flatMap(({ ledgerId, position, units }) => [ledgerId, position, units])
      await applyStock.run(this.redis.client, [keys.stock, keys.applied], args)
    }
  }

  /**
   * Puts the next units of a lot's share into its bucket, `unitsMax` of them or a few more. `share`: the whole of the row, in
   * turn; `had`: as far as is known to be in the bucket. Returns as far as is now.
   */
  async applyPopped(
    place: EpochPlace, row: Omit<ReleasedUnits, 'units'> & { readonly bucket: number }, share: readonly LotUnit[], had: number, unitsMax: number,
  ): Promise<number> {
    const keys = bucketKeys(place, place.epoch, row.bucket)
    const names = [keys.stock, keys.applied, keys.due]
    let has = had
    while (has < share.length && has < had + unitsMax) {
      const piece = share.slice(has, has + UNITS_PER_CALL_MAX).flatMap((unit) => [unit.ms, unitName(unit)])
      const then = Number(await applyDue.run(this.redis.client, names, [row.ledgerId, row.position, has, ...piece]))
      if (then === has) throw new Error(`No unit of ledger row ${row.ledgerId} could be put behind the ${has} that are there`)
      has = then
    }
    return has
  }

  /** What is due in every bucket, each at a moment of its own. */
  lookDue(place: EpochPlace): Promise<DueLook[]> {
    return Promise.all(Array.from({ length: place.bucketCount }, async (_, bucket) => {
      const keys = bucketKeys(place, place.epoch, bucket)
      const answer = await lookDue.run(this.redis.client, [keys.gate, keys.stock, keys.out, keys.due], [place.epoch])
      const [current, units, nextMs, transfers, pending] = answer as [number, number, string, string, string[]]
      return {
        bucket,
        current: current === 1,
        units,
        nextMs: nextMs === '' ? null : Number(nextMs),
        transfers: Number(transfers),
        pending: fields(pending).map(([id, record]) => parseTransfer(id, bucket, record)).filter((transfer) => transfer !== null),
      }
    }))
  }

  /** All of the units or none, once by ledger id. */
  async withdraw(place: EpochPlace, bucket: number, { ledgerId, position, units }: ReleasedUnits): Promise<'HAS_THEM' | 'TOO_FEW' | 'CALLED_OFF'> {
    const keys = bucketKeys(place, place.epoch, bucket)
    const answer = await withdraw.run(this.redis.client, [keys.stock, keys.applied, keys.due], [ledgerId, position, units])
    return answer === 1 ? 'HAS_THEM' : answer === 0 ? 'TOO_FEW' : 'CALLED_OFF'
  }

  /** False when the reduction has its units already. */
  async callOff(place: EpochPlace, bucket: number, ledgerId: string): Promise<boolean> {
    return (await callOff.run(this.redis.client, [bucketKeys(place, place.epoch, bucket).applied], [ledgerId])) === 1
  }

  async cut(place: EpochPlace, bucket: number, withReceived: boolean): Promise<BucketCut> {
    const keys = bucketKeys(place, place.epoch, bucket)
    const answer = await cut.run(this.redis.client, [keys.stock, keys.out, keys.in, keys.applied], [withReceived ? '1' : '0'])
    const [stock, out, received, applied] = (answer as unknown[]).map(fields)
    const counters = new Map(stock)
    return {
      bucket,
      exists: counters.size > 0,
      stock: new Map((stock ?? []).filter(([name]) => /^p\d+$/.test(name)).map(([name, units]) => [Number(name.slice(1)), Number(units)])),
      seq: Number(counters.get('q') ?? 0),
      transfers: Number(counters.get('tv') ?? 0),
      pending: (out ?? []).map(([id, record]) => parseTransfer(id, bucket, record)).filter((transfer) => transfer !== null),
      received: new Map((received ?? []).map(([id, ms]) => [id, Number(ms)])),
      applied: new Map((applied ?? []).map(([id, units]) => [id, Number(units)])),
    }
  }

  /** A page of the bucket's stream from after `seq`: entries as Redis has them. */
  async entries(place: EpochPlace, bucket: number, seq: number, limit: number): Promise<Entry[]> {
    return this.redis.client.xrange(bucketKeys(place, place.epoch, bucket).stream, `(${seq}-0`, '+', 'COUNT', limit)
  }

  /** Removes marks of transfers that were received before `beforeMs`; `pagesMax` bounds one visit. Returns how many. */
  async forgetReceived(place: EpochPlace, bucket: number, beforeMs: number, pagesMax: number): Promise<number> {
    const key = bucketKeys(place, place.epoch, bucket).in
    let cursor = '0'
    let removed = 0
    for (let page = 0; page < pagesMax; page++) {
      const [next, flat] = await this.redis.client.hscan(key, cursor, 'COUNT', SCAN_COUNT)
      const old = fields(flat).filter(([, ms]) => Number(ms) < beforeMs).map(([id]) => id)
      if (old.length > 0) removed += await this.redis.client.hdel(key, ...old)
      if (next === '0') break
      cursor = next
    }
    return removed
  }

  /** One process at a time fetches a prize: a courtesy that keeps the last units from being passed around, and no more. */
  async tryLock(place: EpochPlace, position: number, token: string, ms: number): Promise<boolean> {
    return (await this.redis.client.set(this.#lockKey(place, position), token, 'PX', ms, 'NX')) === 'OK'
  }

  async unlock(place: EpochPlace, position: number, token: string): Promise<void> {
    await unlock.run(this.redis.client, [this.#lockKey(place, position)], [token])
  }

  /** Redis' own clock, in ms: the one that judges draws and transfers. */
  async nowMs(): Promise<number> {
    const [seconds, micros] = await this.redis.client.time()
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
  }

  #lockKey(place: EpochPlace, position: number): string {
    return `${bucketKeys(place, place.epoch, position % place.bucketCount).locks}${position}`
  }
}
