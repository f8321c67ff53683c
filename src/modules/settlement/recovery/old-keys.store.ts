import { Injectable } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { RedisService } from '../../../platform/redis/redis.service.js'

const SCAN_COUNT = 1_000
const PAUSE_MS = 2
// d:{p07}:<campaign no, base 36>:<epoch>:…
const OWN_KEY = /^d:\{p\d\d\}:([0-9a-z]+):(\d+):/

@Injectable()
export class OldKeysStore {
  constructor(private readonly redis: RedisService) {}

  /** Deletes what older epochs left behind, in small steps beside the traffic. `epochs`: the present one by campaign number. */
  async sweep(epochs: ReadonlyMap<number, number>, goOn: () => void): Promise<number> {
    const { client } = this.redis
    let cursor = '0'
    let deleted = 0
    do {
      goOn()
      const [next, keys] = await client.scan(cursor, 'MATCH', 'd:{p??}:*', 'COUNT', SCAN_COUNT)
      const old = keys.filter((key) => {
        const match = OWN_KEY.exec(key)
        const epoch = match === null ? undefined : epochs.get(parseInt(match[1]!, 36))
        return epoch !== undefined && Number(match![2]) < epoch
      })
      // One command a key: keys of different slots cannot share one, and auto-pipelining sends them together.
      await Promise.all(old.map((key) => client.unlink(key)))
      deleted += old.length
      cursor = next
      await sleep(PAUSE_MS)
    } while (cursor !== '0')
    return deleted
  }
}
