import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { ask } from '../../src/cli/rush/client.js'
import { type Failpoint, FAILPOINTS } from '../../src/common/failpoint.js'
import { seed, type Seed } from '../support/seed.js'
import { isLong } from './world/form.js'
import { FaultWorld } from './world/fault-world.js'
import { expectKept } from './world/judge.js'

/** Of the short form. */
const SHORT_COUNT = 6
const MET_MS_MAX = 30_000
const BACK_MS_MAX = 60_000
const RESTOCK = `mutation ($prizeId: ID!, $key: ID!) { adjustStock(prizeId: $prizeId, delta: 40, reason: "faults", idempotencyKey: $key) { __typename } }`

/** What makes the product come there, beside the draws. */
type Cause = 'draws' | 'stock' | 'recovery'
const causeOf = (name: Failpoint): Cause =>
  name.startsWith('recovery.') ? 'recovery' : name.startsWith('transfer.') || name.startsWith('release.') ? 'stock' : 'draws'

function some<T>(all: readonly T[], count: number, random: Seed): T[] {
  const rest = [...all]
  return Array.from({ length: count }, () => rest.splice(random.int(rest.length), 1)[0]!)
}

describe('kill -9 at each failpoint in turn, under steady draws', () => {
  const random = seed('failpoints')
  const played = isLong ? FAILPOINTS : some(FAILPOINTS, SHORT_COUNT, random)
  let world: FaultWorld
  let prizes: string[]
  let restocks = 0

  beforeAll(async () => {
    world = await FaultWorld.open({ name: 'failpoints', seed: random })
    prizes = []
    for (const campaignId of world.campaignIds) {
      const { campaign } = await ask<{ campaign: { prizes: Array<{ id: string; name: string }> } }>(
        world.admin, 'query ($id: ID!) { campaign(id: $id) { prizes { id name } } }', { id: campaignId })
      const scarce = campaign.prizes.find(({ name }) => name === 'Headphones' || name === 'Telephone')
      if (scarce !== undefined) prizes.push(scarce.id)
    }
  }, 180_000)
  afterAll(async () => { await world?.close() }, 60_000)

  async function bring(cause: Cause): Promise<void> {
    if (cause === 'recovery') await world.loseRedis(() => world.withRedis((redis) => redis.flushall()))
    // So few units in each bucket that they soon fetch from one another.
    if (cause === 'stock') for (const prizeId of prizes) await ask(world.admin, RESTOCK, { prizeId, key: `restock-${restocks++}` })
  }

  it.each(played)('goes on after %s', async (name) => {
    const cause = causeOf(name)
    await world.arm(name, 'kill')
    try {
      await bring(cause)
      await world.untilMet(name, MET_MS_MAX)
    } catch (error) {
      await world.disarm()
      await world.tellEnd()
      throw error
    }
    world.say(`${name}: draws answered again in ${(await world.answersAgain(BACK_MS_MAX, name)).toFixed(0)} ms`)
  }, MET_MS_MAX + BACK_MS_MAX)

  it('keeps every promise', async () => {
    const verdict = await world.judge()
    if (verdict.audit !== '') await world.tellEnd()
    expectKept(verdict, 100)
  }, 180_000)
})
