import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, it } from '@jest/globals'
import { seed } from '../support/seed.js'
import { inLongForm } from './world/form.js'
import { FaultWorld } from './world/fault-world.js'
import { expectKept } from './world/judge.js'
import type { TcpProxy } from './world/tcp-proxy.js'

const HOUR_MS = 3_600_000
const BACK_MS_MAX = 60_000
const OFF_MS = 3_000
/** Long enough for every breaker to open. */
const AWAY_MS = 6_000

async function away(proxy: TcpProxy): Promise<void> {
  proxy.refuse()
  await sleep(AWAY_MS)
  proxy.heal()
}

inLongForm("an app whose clock is not its servers', under steady draws", () => {
  const random = seed('clock')
  let world: FaultWorld

  beforeAll(async () => { world = await FaultWorld.open({ name: 'clock', seed: random }) }, 180_000)
  afterAll(async () => { await world?.close() }, 60_000)

  it.each([['an hour ahead', HOUR_MS], ['right again', 0], ['an hour behind', -HOUR_MS], ['right again', 0]])('%s', async (what, shiftMs) => {
    await world.shiftClock(shiftMs)
    world.say(`${what}: draws answered in ${(await world.answersAgain(BACK_MS_MAX, what)).toFixed(0)} ms`)
    await sleep(OFF_MS)
  }, BACK_MS_MAX * 2)

  it.each([
    ['Postgres was away', (world: FaultWorld) => away(world.postgresProxy)],
    ['Redis was away', (world: FaultWorld) => away(world.redisProxy)],
    ['Redis had lost the scripts', (world: FaultWorld) => world.withRedis((redis) => redis.script('FLUSH'))],
  ])('is set back by an hour while %s: nothing waits for that hour to pass again', async (what, strike) => {
    await world.shiftClock(HOUR_MS)
    await world.answersAgain(BACK_MS_MAX, 'an hour ahead')
    const isBack = strike(world)
    await sleep(AWAY_MS / 2)
    await world.shiftClock(0)
    await isBack
    // What was in doubt while the clock was ahead may be in doubt again.
    if (what.includes('scripts')) await strike(world)
    world.say(`${what}, and the clock was set back: draws answered in ${(await world.answersAgain(BACK_MS_MAX, what)).toFixed(0)} ms`)
  }, BACK_MS_MAX * 3)

  it('starts with a clock that is an hour behind', async () => {
    await world.shiftClock(-HOUR_MS)
    process.kill(await world.appPid(), 'SIGKILL')
    world.say(`a start: draws answered in ${(await world.answersAgain(BACK_MS_MAX, 'a start an hour behind')).toFixed(0)} ms`)
    await world.shiftClock(0)
    await world.answersAgain(BACK_MS_MAX, 'the clock is right again')
  }, BACK_MS_MAX * 3)

  it('keeps every promise', async () => {
    const verdict = await world.judge()
    if (verdict.audit !== '') await world.tellEnd()
    expectKept(verdict, 100)
  }, 180_000)
})
