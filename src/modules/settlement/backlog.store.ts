import { Injectable } from '@nestjs/common'
import { BACKLOG_KEY, sweepKey } from '../../platform/redis/keys.js'
import { isRedisUnavailable } from '../../platform/redis/redis-errors.js'
import { RedisService } from '../../platform/redis/redis.service.js'

/** A count is believed for so long; whoever needs one then makes it. */
const BELIEVED_MS = 1_500
const COUNTING_MS = 1_000

/** How many entries wait to be settled, for all processes, from whichever has counted them last. */
@Injectable()
export class BacklogStore {
  constructor(private readonly redis: RedisService) {}

  /** Null: nobody has counted lately. */
  async told(): Promise<number | null> {
    const entries = await this.redis.client.get(BACKLOG_KEY)
    return entries === null ? null : Number(entries)
  }

  /** Does nothing where Redis cannot take it: a full one takes no writes, and whoever counts has more to do than to tell. */
  async tell(entries: number): Promise<void> {
    await this.redis.client.set(BACKLOG_KEY, entries, 'PX', BELIEVED_MS).catch((error: unknown) => {
      if (!isRedisUnavailable(error)) throw error
    })
  }

  /** Whether it is for this process to count: of several that want to know, one does. */
  async mayCount(): Promise<boolean> {
    return (await this.redis.client.set(sweepKey('backlog'), '1', 'PX', COUNTING_MS, 'NX')) === 'OK'
  }

  /** How much of its `maxmemory` Redis uses, 0 to 1; 0 where it has none. */
  async memoryShare(): Promise<number> {
    const info = await this.redis.client.info('memory')
    const value = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
    const max = value('maxmemory')
    // What its replicas have yet to read, and its log to write, does not count toward the bound.
    return max === 0 ? 0 : (value('used_memory') - value('mem_not_counted_for_evict')) / max
  }
}
