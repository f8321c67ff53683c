import { Injectable } from '@nestjs/common'
import type { ChainableCommander } from 'ioredis'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { type BucketKeys, bucketKeys, bucketOf, testRequestsKey } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'

/** From its first draw on: long enough to see a local day begin anew, in any zone. */
export const WORLD_LIFETIME_MS = 2 * 86_400_000
const DAY_MS = 86_400_000
const LOCK_MS = 5_000
const SCAN_COUNT = 500
/** A field that means nothing: it makes a key that can be given its end before anything lies in it. */
const TOUCHED = '_'

type World = Pick<CampaignSnapshot, 'id' | 'no' | 'bucketCount' | 'epoch' | 'test'>

/** What the gates of all buckets say: the newest epoch and version among them, the oldest risk version. */
export interface GatesSeen {
  readonly epoch: number
  readonly version: number
  readonly riskVersion: number
  /** Whether all say the same, so that there is a world. */
  readonly whole: boolean
}

/**
 * A test world's keys. An epoch is the moment (ms) in which its world began, and all of its keys end together, two days
 * after it: nobody needs to remember them.
 */
@Injectable()
export class TestWorldStore {
  constructor(private readonly redis: RedisService) {}

  async nowMs(): Promise<number> {
    const [seconds, micros] = await this.redis.client.time()
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
  }

  async look(world: World): Promise<GatesSeen> {
    const gates = await Promise.all(bucketsOf(world).map((bucket) => this.redis.client.hmget(bucketKeys(world, 0, bucket).gate, 'e', 'v', 'r')))
    const numbers = gates.map((fields) => fields.map((field) => Number(field ?? 0)))
    const column = (n: number) => numbers.map((gate) => gate[n] ?? 0)
    const [epoch, version] = [Math.max(...column(0)), Math.max(...column(1))]
    const whole = epoch > 0 && numbers.every((gate) => gate[0] === epoch && gate[1] === version)
    return { epoch, version, riskVersion: Math.min(...column(2)), whole }
  }

  /** Who may begin a world. Spares work and nothing else: of two that begin one, the newer epoch stays. */
  async tryLock(world: World): Promise<boolean> {
    return (await this.redis.client.set(lockOf(world), '1', 'PX', LOCK_MS, 'NX')) === 'OK'
  }

  async unlock(world: World): Promise<void> {
    await this.redis.client.unlink(lockOf(world))
  }

  /** Makes every key of the world, each with its end: one whose writer dies here ends too. */
  async prepare(world: World): Promise<void> {
    await Promise.all(bucketsOf(world).map((bucket) => {
      const keys = bucketKeys(world, world.epoch, bucket)
      const commands = this.redis.client.multi()
      for (const hash of [keys.gate, keys.stock, keys.out, keys.in, keys.applied, keys.pend]) commands.hset(hash, TOUCHED, '')
      commands.xadd(keys.stream, '0-1', TOUCHED, '').xdel(keys.stream, '0-1').sadd(keys.members, '')
      for (const key of wholeKeys(keys)) commands.pexpireat(key, endOf(world))
      return done(commands)
    }))
  }

  /** Before a participant does anything in the world: its hash is known, and ends with the others. */
  async enter(world: World, participantId: string): Promise<void> {
    const keys = bucketKeys(world, world.epoch, bucketOf(world, participantId))
    const participant = keys.participants + participantId
    await done(this.redis.client.multi()
      .sadd(keys.members, participantId).pexpireat(keys.members, endOf(world))
      .hsetnx(participant, TOUCHED, '').pexpireat(participant, endOf(world)))
  }

  /** After anything was done in a bucket (by a participant), or in all of them: whatever key it made ends with the others. */
  async expire(world: World, participantId: string | null): Promise<void> {
    const buckets = participantId === null ? bucketsOf(world) : [bucketOf(world, participantId)]
    const keys = buckets.flatMap((bucket) => wholeKeys(bucketKeys(world, world.epoch, bucket)))
    await Promise.all(keys.map((key) => this.redis.client.pexpireat(key, endOf(world))))
  }

  /** Keeps `value` under a name of the participant's, once. Returns what is kept. */
  async keepOnce(world: World, participantId: string, name: string, value: string): Promise<string> {
    const participant = bucketKeys(world, world.epoch, bucketOf(world, participantId)).participants + participantId
    const [, kept] = await Promise.all([
      this.redis.client.hsetnx(participant, `${TOUCHED}${name}`, value),
      this.redis.client.hget(participant, `${TOUCHED}${name}`),
    ])
    return kept ?? value
  }

  /** Ends a world for whoever draws in it now. */
  async close(world: World): Promise<void> {
    await Promise.all(bucketsOf(world).map((bucket) => this.redis.client.unlink(bucketKeys(world, 0, bucket).gate)))
  }

  /** Takes away what a world that is closed, or has a newer epoch, left behind. */
  async purge(world: World): Promise<void> {
    for (const bucket of bucketsOf(world)) {
      const keys = bucketKeys(world, world.epoch, bucket)
      let cursor = '0'
      do {
        const [next, members] = await this.redis.client.sscan(keys.members, cursor, 'COUNT', SCAN_COUNT)
        await Promise.all(members.map((member) => this.redis.client.unlink(keys.participants + member)))
        cursor = next
      } while (cursor !== '0')
      await Promise.all(wholeKeys(keys).filter((key) => key !== keys.gate).map((key) => this.redis.client.unlink(key)))
    }
  }

  /** Counts one more request of the tenant's within a day. Returns their number, and when the day is over. */
  async countRequest(tenantId: string): Promise<{ readonly requests: number; readonly leftMs: number }> {
    const key = testRequestsKey(tenantId)
    const [requests, , leftMs] = await Promise.all([
      this.redis.client.incr(key), this.redis.client.pexpire(key, DAY_MS, 'NX'), this.redis.client.pttl(key),
    ])
    return { requests, leftMs: Math.max(leftMs, 1) }
  }
}

const bucketsOf = ({ bucketCount }: World) => Array.from({ length: bucketCount }, (_, bucket) => bucket)
const endOf = ({ epoch }: World) => epoch + WORLD_LIFETIME_MS
const lockOf = (world: World) => `${bucketKeys(world, 0, 0).locks}begin`

/** Those of a bucket that are keys, and not the beginnings of keys. */
const wholeKeys = ({ locks: _locks, participants: _participants, ...keys }: BucketKeys): string[] => Object.values(keys)

/** Throws the first error of a transaction. */
async function done(commands: ChainableCommander): Promise<void> {
  for (const [error] of (await commands.exec()) ?? []) if (error !== null) throw error
}
