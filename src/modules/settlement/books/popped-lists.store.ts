import { Injectable } from '@nestjs/common'
import { isDeepStrictEqual } from 'node:util'
import { bucketKeys, type BucketKeys, type CampaignPlace } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { add } from './cut.store.js'
import type { BooksViolation } from './books.types.js'

/** Read in one step with the counts: what Redis needs a millisecond for. */
const UNITS_PER_PAGE = 2_000

/** The counts, and what no two of them have in common: every change of a list changes one of the three hashes. */
interface Counts {
  readonly stock: Readonly<Record<string, string>>
  readonly applied: Readonly<Record<string, string>>
  readonly out: Readonly<Record<string, string>>
  readonly listed: number
}

interface Page extends Counts { readonly names: readonly string[] }

/**
 * Whether each bucket's list of popped units is what its counts say (I7). How many it holds in all is told at any time. Of
 * which prize, and worth what, for a list of one page too; a longer one is read page by page, and says so only where nothing
 * happened in its bucket meanwhile.
 */
@Injectable()
export class PoppedListsStore {
  constructor(private readonly redis: RedisService) {}

  async compare(place: CampaignPlace, epoch: number): Promise<BooksViolation[]> {
    const found: BooksViolation[] = []
    for (let bucket = 0; bucket < place.bucketCount; bucket++) {
      const wrong = await this.#bucket(bucketKeys(place, epoch, bucket))
      found.push(...wrong.map((what): BooksViolation => ({ invariant: 'I7', detail: `bucket ${bucket}: ${what}` })))
    }
    return found
  }

  async #bucket(keys: BucketKeys): Promise<string[]> {
    const first = await this.#page(keys, 0)
    const positions = poppedIn(first.stock)
    const counted = positions.reduce((sum, position) => sum + numberOf(first.stock, `p${position}`), 0)
    if (counted !== first.listed) return [`${counted} popped units are counted, and ${first.listed} are listed`]
    const units = new Map<number, number>()
    const amounts = new Map<number, number>()
    const count = (names: readonly string[]) => {
      for (const name of names) {
        const [position, amount] = name.split(':').slice(3).map(Number)
        add(units, position ?? NaN, 1)
        add(amounts, position ?? NaN, amount ?? NaN)
      }
    }
    count(first.names)
    for (let from = UNITS_PER_PAGE; from < first.listed; from += UNITS_PER_PAGE) {
      const page = await this.#page(keys, from)
      if (!sameCounts(first, page)) return []
      count(page.names)
    }
    return [...new Set([...positions, ...units.keys()])].flatMap((position) => {
      const [listed, worth] = [units.get(position) ?? 0, amounts.get(position) ?? 0]
      const [p, z] = [numberOf(first.stock, `p${position}`), numberOf(first.stock, `z${position}`)]
      if (listed !== p) return [`${p} popped units of the prize at position ${position} are counted, and ${listed} are listed`]
      return worth === z ? [] : [`the popped units of the prize at position ${position} are counted as worth ${z}, and those listed are worth ${worth}`]
    })
  }

  async #page(keys: BucketKeys, from: number): Promise<Page> {
    const results = (await this.redis.client.multi().hgetall(keys.stock).hgetall(keys.applied).hgetall(keys.out).zcard(keys.due)
      .zrange(keys.due, from, from + UNITS_PER_PAGE - 1).exec()) ?? []
    const [stock, applied, out, listed, names] = results.map(([error, value]) => {
      if (error !== null) throw error
      return value
    }) as [Counts['stock'], Counts['applied'], Counts['out'], number, string[]]
    return { stock, applied, out, listed, names }
  }
}

const numberOf = (stock: Counts['stock'], field: string): number => Number(stock[field] ?? 0)

const poppedIn = (stock: Counts['stock']): number[] =>
  Object.keys(stock).filter((field) => /^z\d+$/.test(field)).map((field) => Number(field.slice(1)))

const sameCounts = (one: Counts, other: Counts): boolean =>
  one.listed === other.listed && isDeepStrictEqual([one.stock, one.applied, one.out], [other.stock, other.applied, other.out])
