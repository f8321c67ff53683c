import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { eventually } from '../embedded/harness.js'
import { asOwner } from '../support/database.js'
import { seed } from '../support/seed.js'
import { inLongForm } from './world/form.js'
import { FaultWorld } from './world/fault-world.js'
import { expectKept } from './world/judge.js'
import type { Worker } from './world/worker.js'

const BACK_MS_MAX = 60_000
/** Beyond the time after which Bull gives a worker's job to another. */
const STALLED_MS = 22_000
const POINTS = ['settle.before_commit', 'settle.after_commit', 'settle.before_trim', 'event.before_commit', 'event.after_commit'] as const

inLongForm('two workers, of which one hangs and comes back to its work, under steady draws', () => {
  const random = seed('workers')
  let world: FaultWorld
  let workers: Worker[]

  beforeAll(async () => {
    world = await FaultWorld.open({ name: 'workers', seed: random, env: { ROLE: 'api' }, workers: 2 })
    workers = [...world.workers]
  }, 180_000)
  afterAll(async () => { await world?.close() }, 60_000)

  const unsettled = () => asOwner(world.databaseUrl, async (client) =>
    Number((await client.query<{ n: string }>("SELECT count(*) AS n FROM draw WHERE state <> 'SETTLED'")).rows[0]!.n))

  it.each(POINTS)('stopped at %s', async (name) => {
    await world.arm(name, 'stop')
    await world.untilMet(name, BACK_MS_MAX)
    const stopped = (await eventually(async () => {
      for (const worker of workers) if (await worker.isStopped()) return worker
      return undefined
    }, 5_000, 'one of the workers stands still'))
    await sleep(STALLED_MS)
    await world.answersAgain(BACK_MS_MAX, 'a worker that hangs')
    // The other has gone on: what was decided while the first stood still is settled, but for the last moment's.
    const settledTo = await asOwner(world.databaseUrl, async (client) =>
      (await client.query<{ age: number }>("SELECT extract(epoch FROM now() - max(settled_at))::float8 AS age FROM draw WHERE state = 'SETTLED'")).rows[0]!.age)
    stopped.signal('SIGCONT')
    expect(settledTo).toBeLessThan(STALLED_MS / 1_000)
    await world.answersAgain(BACK_MS_MAX, 'it goes on')
  }, BACK_MS_MAX * 3)

  it('one is killed, and then the other', async () => {
    for (const worker of workers) {
      await worker.kill()
      await world.answersAgain(BACK_MS_MAX, 'a worker was killed')
    }
    // Nobody settles now: draws go on, and wins are told.
    await sleep(2_000)
    await world.startWorker()
    await eventually(async () => (await unsettled()) < 200, BACK_MS_MAX, 'a new worker settles what was left')
  }, BACK_MS_MAX * 3)

  it('keeps every promise', async () => {
    const verdict = await world.judge()
    if (verdict.audit !== '') await world.tellEnd()
    expectKept(verdict, 200)
    expect(verdict.redrawn).toBe(0)
  }, 180_000)
})
