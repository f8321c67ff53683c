import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { seed } from '../support/seed.js'
import { FaultWorld } from './world/fault-world.js'
import { expectKept } from './world/judge.js'

const BACK_MS_MAX = 60_000
const CASE_MS_MAX = BACK_MS_MAX * 2
const TAIL_BYTES_MAX = 20_000
/** How far the replica is behind when it is promoted: draws that were settled meanwhile are nothing to it. */
const LAG_MS = 2_000

describe('a Redis that loses what it knew, under steady draws', () => {
  const random = seed('redis-loss')
  let world: FaultWorld

  beforeAll(async () => { world = await FaultWorld.open({ name: 'redis-loss', seed: random }) }, 180_000)
  afterAll(async () => { await world?.close() }, 60_000)

  async function back(after: string): Promise<void> {
    world.say(`${after}: draws answered again in ${(await world.answersAgain(BACK_MS_MAX, after)).toFixed(0)} ms`)
  }

  it('SCRIPT FLUSH', async () => {
    await world.withRedis((redis) => redis.script('FLUSH'))
    await back('SCRIPT FLUSH')
  }, CASE_MS_MAX)

  it('FLUSHALL', async () => {
    await world.loseRedis(() => world.withRedis((redis) => redis.flushall()))
    await back('FLUSHALL')
  }, CASE_MS_MAX)

  it('its folder is gone', async () => {
    await world.loseRedis(() => world.redis.kill())
    await rm(join(world.redis.folder, 'appendonlydir'), { recursive: true, force: true })
    await world.redis.start()
    await back('a lost folder')
  }, CASE_MS_MAX)

  it('the tail of its append-only file is cut, anywhere', async () => {
    for (let cut = 0; cut < 3; cut++) {
      const bytes = 1 + random.int(TAIL_BYTES_MAX)
      await world.cutRedisTail(bytes)
      await back(`a tail of ${bytes} bytes that was cut`)
    }
  }, CASE_MS_MAX * 3)

  it('a replica that lags is promoted', async () => {
    const replica = await world.newReplica()
    await sleep(LAG_MS)
    const former = world.redis
    world.promote(replica)
    await world.loseRedis(async () => { world.redisProxy.reset() })
    await back('a replica that lagged')
    // It comes back as what it was, and nobody is led to it.
    expect(await world.withRedis((redis) => redis.ping(), former)).toBe('PONG')
  }, CASE_MS_MAX)

  it('keeps every promise', async () => {
    const verdict = await world.judge()
    if (verdict.audit !== '') await world.tellEnd()
    expectKept(verdict, 100)
  }, 180_000)
})
