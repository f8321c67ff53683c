import { Injectable } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { bucketKeys, type BucketKeys, type CampaignPlace } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { AppError } from '../../../common/errors.js'
import { VAULT } from '../../inventory/domain/transfer.js'

const ATTEMPTS_MAX = 20
const FIELDS_PER_COMMAND_MAX = 1_000

/** A bucket at one moment. */
export interface BucketCut {
  readonly bucket: number
  /** Whether the bucket has a state of this epoch at all. */
  readonly exists: boolean
  /** The number of its last entry. */
  readonly seq: number
  /** Of this bucket; another after each transfer that leaves it or comes into it. */
  readonly transfers: string
  /** Units by position. */
  readonly units: ReadonlyMap<number, number>
  /** What its popped units with amounts of their own are worth together, by position, in minor units. */
  readonly amounts: ReadonlyMap<number, number>
  /** What this bucket has used up of its shares of the allowances, by code. */
  readonly used: ReadonlyMap<number, number>
  /** Net units by stock ledger id, as far as this bucket has had them. */
  readonly applied: ReadonlyMap<string, number>
}

/** All buckets of a campaign, with no transfer between the first reading and the last. */
export interface CampaignCut {
  readonly buckets: readonly BucketCut[]
  /** Units by position that have left one bucket and are not in the next. */
  readonly inTransit: ReadonlyMap<number, number>
  /** Of those, what popped units with amounts of their own are worth, in minor units. */
  readonly amountsInTransit: ReadonlyMap<number, number>
  /** Those that have left a bucket for the vault, by transfer: whether they lie there, a row of the ledger tells. */
  readonly toVault: ReadonlyMap<string, { readonly position: number; readonly units: number }>
}

interface Reading extends BucketCut {
  readonly out: ReadonlyArray<{ id: string; position: number; units: number; toBucket: number; amountMinor: number }>
}

export const add = <K>(sums: Map<K, number>, key: K, units: number): void => void sums.set(key, (sums.get(key) ?? 0) + units)

@Injectable()
export class CutStore {
  constructor(private readonly redis: RedisService) {}

  /** Throws OVERLOADED where stock moves between buckets faster than it can be read. */
  async read(place: CampaignPlace, epoch: number): Promise<CampaignCut> {
    const keys = Array.from({ length: place.bucketCount }, (_, bucket) => bucketKeys(place, epoch, bucket))
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const readings = await Promise.all(keys.map((own, bucket) => this.#bucket(own, bucket)))
      const moving = await this.#inTransit(keys, readings)
      const after = await Promise.all(keys.map((own) => this.redis.client.hget(own.stock, 'tv')))
      if (readings.every((reading, n) => reading.transfers === (after[n] ?? ''))) return { buckets: readings, ...moving, toVault: boundForVault(readings) }
      await sleep(attempt * 5 * Math.random())
    }
    throw new AppError('OVERLOADED', 'Stock moves too fast between the buckets to be counted now', { retryAfterMs: 1_000 })
  }

  async #bucket(keys: BucketKeys, bucket: number): Promise<Reading> {
    const results = (await this.redis.client.multi().hgetall(keys.stock).hgetall(keys.out).hgetall(keys.applied).exec()) ?? []
    const [stock, out, applied] = results.map(([error, value]) => {
      if (error !== null) throw error
      return Object.entries(value as Record<string, string>)
    }) as [Array<[string, string]>, Array<[string, string]>, Array<[string, string]>]
    const named = new Map(stock)
    return {
      bucket,
      exists: stock.length > 0,
      seq: Number(named.get('q') ?? 0),
      transfers: named.get('tv') ?? '',
      units: numbered(stock, /^p\d+$/),
      amounts: numbered(stock, /^z\d+$/),
      used: numbered(stock, /^a\d+$/),
      applied: new Map(applied.map(([id, units]) => [id, Number(units)])),
      out: out.map(([id, record]) => {
        const [position, units, toBucket, , popped] = record.split('|')
        return { id, position: Number(position), units: Number(units), toBucket: Number(toBucket), amountMinor: amountOf(popped ?? '') }
      }),
    }
  }

  /** A transfer that was put but not yet ended stands in its source's list and in its destination's units: count it once. */
  async #inTransit(keys: readonly BucketKeys[], readings: readonly Reading[]): Promise<Pick<CampaignCut, 'inTransit' | 'amountsInTransit'>> {
    const between = readings.flatMap((reading) => reading.out).filter(({ toBucket }) => toBucket !== VAULT)
    const byDestination = Map.groupBy(between, (transfer) => transfer.toBucket)
    const inTransit = new Map<number, number>()
    const amountsInTransit = new Map<number, number>()
    for (const [toBucket, transfers] of byDestination) {
      const destination = keys[toBucket]
      for (let i = 0; i < transfers.length; i += FIELDS_PER_COMMAND_MAX) {
        const some = transfers.slice(i, i + FIELDS_PER_COMMAND_MAX)
        const marks = destination === undefined ? [] : await this.redis.client.hmget(destination.in, ...some.map((transfer) => transfer.id))
        some.forEach((transfer, n) => {
          if (marks[n] != null) return
          add(inTransit, transfer.position, transfer.units)
          add(amountsInTransit, transfer.position, transfer.amountMinor)
        })
      }
    }
    return { inTransit, amountsInTransit }
  }
}

export const numbered = (stock: ReadonlyArray<readonly [string, string]>, fields: RegExp): Map<number, number> =>
  new Map(stock.filter(([field]) => fields.test(field)).map(([field, value]) => [Number(field.slice(1)), Number(value)]))

/** Of 'ms;rank:lot:number:position:amount,…'. */
const amountOf = (popped: string): number =>
  popped.split(',').reduce((sum, unit) => sum + Number(unit.slice(unit.lastIndexOf(':') + 1)), 0)

const boundForVault = (readings: readonly Reading[]) => new Map(readings.flatMap(({ out }) => out)
  .filter(({ toBucket }) => toBucket === VAULT).map(({ id, position, units }) => [id, { position, units }] as const))
