import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { seed } from '../support/seed.js'
import { isLong } from './world/form.js'
import { FaultWorld } from './world/fault-world.js'
import { expectKept } from './world/judge.js'
import { haunt } from './world/nemesis.js'

/** FAULT_MINUTES=30 npm run test:faults -- test/faults/nemesis.spec.ts */
const MINUTES = Number(process.env.FAULT_MINUTES ?? (isLong ? 10 : 0.5))
const BACK_MS_MAX = 60_000

describe(`a random mix of faults for ${MINUTES} minutes, under steady draws`, () => {
  const random = seed('nemesis')
  let world: FaultWorld

  beforeAll(async () => { world = await FaultWorld.open({ name: 'nemesis', seed: random, workers: 1, users: 2_000 }) }, 180_000)
  afterAll(async () => { await world?.close() }, 60_000)

  it('goes on', async () => {
    const struck = await haunt(world, random, MINUTES * 60_000)
    world.say(`${struck} faults; draws answered again in ${(await world.answersAgain(BACK_MS_MAX, 'all is healed')).toFixed(0)} ms`)
    expect(struck).toBeGreaterThan(MINUTES * 6)
  }, MINUTES * 60_000 + BACK_MS_MAX * 3)

  it('keeps every promise', async () => {
    const verdict = await world.judge()
    if (verdict.audit !== '' || verdict.unanswered.length > 0) await world.tellEnd()
    expectKept(verdict, 20)
  }, 300_000)
})
