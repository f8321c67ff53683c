import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { asOwner } from '../support/database.js'
import { seed } from '../support/seed.js'
import { inLongForm } from './world/form.js'
import { FaultWorld } from './world/fault-world.js'
import { expectKept } from './world/judge.js'

const BACK_MS_MAX = 60_000
const ROUNDS = 3

inLongForm('change events from the outbox, with two workers, under steady draws', () => {
  const random = seed('outbox')
  let world: FaultWorld

  beforeAll(async () => { world = await FaultWorld.open({ name: 'outbox', seed: random, workers: 1, env: { EVENT_SOURCE: 'outbox' } }) }, 180_000)
  afterAll(async () => { await world?.close() }, 60_000)

  it.each(['event.before_send', 'event.before_commit', 'event.after_commit'] as const)('whoever comes to %s is killed', async (name) => {
    for (let round = 0; round < ROUNDS; round++) {
      await world.arm(name, 'kill')
      await world.untilMet(name, BACK_MS_MAX)
      await world.answersAgain(BACK_MS_MAX, name)
      if (world.workers.at(-1)!.hasEnded) await world.startWorker()
    }
  }, BACK_MS_MAX * 3 * ROUNDS)

  it('Redis forgets the queues, and Postgres is killed', async () => {
    await world.loseRedis(() => world.withRedis((redis) => redis.flushall()))
    await world.answersAgain(BACK_MS_MAX, 'FLUSHALL')
    await world.postgres.kill()
    await world.postgres.start()
    await world.answersAgain(BACK_MS_MAX, 'a killed Postgres')
  }, BACK_MS_MAX * 3)

  it('keeps every promise', async () => {
    const verdict = await world.judge()
    if (verdict.audit !== '') await world.tellEnd()
    expectKept(verdict, 100)
    await asOwner(world.databaseUrl, async (client) => {
      expect((await client.query(`SELECT DISTINCT source::text AS source FROM cdc_position`)).rows).toEqual([{ source: 'OUTBOX' }])
    })
  }, 180_000)
})
