import { Injectable } from '@nestjs/common'
import { bucketKeys } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import type { RawEntry } from './domain/stream-entry.js'
import type { StreamRef } from './settlement.types.js'

const FIELDS_PER_COMMAND_MAX = 1_000
const STREAMS_PER_ROUND = 256

/** A stream's first entries, and what was true of its bucket at the very moment that they were read. */
export interface StreamHead {
  readonly entries: RawEntry[]
  /** By the gate; null where it is missing, or of another epoch. */
  readonly run: number | null
  /** The number of the last entry that there ever was; null where the bucket has no stock. */
  readonly seq: number | null
}

const numberOrNull = (text: string | null | undefined): number | null => (text == null ? null : Number(text))

@Injectable()
export class StreamStore {
  constructor(private readonly redis: RedisService) {}

  /** The first entries with a number above `after`, in order. */
  read(stream: StreamRef, after: number, countMax: number): Promise<RawEntry[]> {
    return this.redis.client.xrange(this.#keys(stream).stream, after === 0 ? '-' : `${after + 1}-0`, '+', 'COUNT', countMax)
  }

  /** One transaction: the entries cannot be of one run of Redis and the run number of the next. */
  async head(stream: StreamRef, countMax: number): Promise<StreamHead> {
    const keys = this.#keys(stream)
    const commands = this.redis.client.multi().hmget(keys.gate, 'e', 'n').hget(keys.stock, 'q')
    const results = (await commands.xrange(keys.stream, '-', '+', 'COUNT', countMax).exec()) ?? []
    const [gate, seq, entries] = results.map(([error, value]) => {
      if (error !== null) throw error
      return value
    }) as [Array<string | null>, string | null, RawEntry[]]
    return { entries, run: gate[0] === String(stream.epoch) ? numberOrNull(gate[1]) : null, seq: numberOrNull(seq) }
  }

  /** The number of the last entry that is no longer there; 0 where all are, or where the bucket has no stock. */
  async trimmed(stream: StreamRef): Promise<number> {
    const keys = this.#keys(stream)
    const last = Number((await this.redis.client.hget(keys.stock, 'q')) ?? 0)
    const [first] = await this.redis.client.xrange(keys.stream, '-', '+', 'COUNT', 1)
    return first === undefined ? last : Number(first[0].split('-')[0]) - 1
  }

  /**
   * Takes settled entries out, up to `position`, and their draws from the list of the unsettled. The entries go last:
   * whatever is interrupted here is done again with the next batch.
   */
  async trim(stream: StreamRef, position: number, drawIds: readonly string[]): Promise<void> {
    const keys = this.#keys(stream)
    const commands = this.redis.client.multi()
    for (let i = 0; i < drawIds.length; i += FIELDS_PER_COMMAND_MAX) {
      commands.hdel(keys.pend, ...drawIds.slice(i, i + FIELDS_PER_COMMAND_MAX))
    }
    commands.xtrim(keys.stream, 'MINID', `${position + 1}-0`)
    for (const [error] of (await commands.exec()) ?? []) if (error !== null) throw error
  }

  /** How many entries each stream holds. */
  async lengths(streams: readonly StreamRef[]): Promise<number[]> {
    const lengths: number[] = []
    for (let i = 0; i < streams.length; i += STREAMS_PER_ROUND) {
      const round = streams.slice(i, i + STREAMS_PER_ROUND)
      lengths.push(...(await Promise.all(round.map((stream) => this.redis.client.xlen(this.#keys(stream).stream)))))
    }
    return lengths
  }

  #keys(stream: StreamRef) {
    return bucketKeys(stream.campaign, stream.epoch, stream.bucket)
  }
}
