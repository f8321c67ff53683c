import { Injectable } from '@nestjs/common'
import { bucketKeys } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import type { RawEntry } from './domain/stream-entry.js'
import type { StreamRef } from './settlement.types.js'

const FIELDS_PER_COMMAND_MAX = 1_000
const STREAMS_PER_ROUND = 256

@Injectable()
export class StreamStore {
  constructor(private readonly redis: RedisService) {}

  /** The first entries with a number above `after`, in order. */
  read(stream: StreamRef, after: number, countMax: number): Promise<RawEntry[]> {
    return this.redis.client.xrange(this.#keys(stream).stream, after === 0 ? '-' : `${after + 1}-0`, '+', 'COUNT', countMax)
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
