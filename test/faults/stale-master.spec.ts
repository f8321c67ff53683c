import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ask } from '../../src/cli/rush/client.js'
import { eventually } from '../embedded/harness.js'
import { asOwner } from '../support/database.js'
import { seed } from '../support/seed.js'
import { FaultWorld } from './world/fault-world.js'
import { expectKept } from './world/judge.js'

const BACK_MS_MAX = 60_000
const QUIET_MS = 2_000
/** Until what was being answered has been. */
const UNDER_WAY_MS = 1_000

describe('a failover that one process does not hear of, under steady draws', () => {
  const random = seed('stale-master')
  let world: FaultWorld

  beforeAll(async () => {
    world = await FaultWorld.open({ name: 'stale-master', seed: random, env: { ROLE: 'api' }, workers: 1 })
  }, 180_000)
  afterAll(async () => { await world?.close() }, 60_000)

  it('stops deciding on the former master by itself, and goes on when it is led to the new one', async () => {
    const former = world.redis
    const replica = await world.newReplica()
    world.promote(replica, { app: false })
    const worker = world.workers[0]!
    // The worker verifies the new master; the app still talks to the former one, which takes its draws.
    await world.loseRedis(async () => { worker.redisProxy.reset() })
    const began = performance.now()
    // Not from its silence: on a slow machine it may just not have come to answer.
    await eventually(async () => {
      const ready = await fetch(new URL('/readyz', world.demo.graphqlUrl))
      return ready.status === 503 && (await ready.text()).includes('superseded')
    }, BACK_MS_MAX, 'the app says that its Redis was superseded')
    world.say(`a former master: nothing is told after ${(performance.now() - began).toFixed(0)} ms`)
    await sleep(UNDER_WAY_MS)
    const { won, lost } = world.draws.counts
    await sleep(QUIET_MS)
    expect(world.draws.counts).toMatchObject({ won, lost })
    // What it told meanwhile is lost where it was not a win: the last moment of that counts.
    await world.loseRedis(() => Promise.resolve())
    world.redisProxy.retarget(replica.port)
    // The app opens its connections anew by itself.
    world.say(`the new master: draws answered again in ${(await world.answersAgain(BACK_MS_MAX, 'the app hears of the new master')).toFixed(0)} ms`)
    expect(await world.withRedis((redis) => redis.ping(), former)).toBe('PONG')
  }, BACK_MS_MAX * 3)

  it('shows the operators what the former master had decided for nothing', async () => {
    const query = `query ($c: ID!) { quarantinedDraws(campaignId: $c, first: 100) { edges { node { id userId idempotencyKey draws wins decidedAt } } } }`
    interface Answer { quarantinedDraws: { edges: Array<{ node: { id: string; userId: string; idempotencyKey: string; draws: number } }> } }
    const answers = await Promise.all(world.campaignIds.map((c) => ask<Answer>(world.admin, query, { c })))
    const nodes = answers.flatMap(({ quarantinedDraws }) => quarantinedDraws.edges.map(({ node }) => node))
    world.say(`${nodes.length} requests are in quarantine`)
    expect(nodes.length).toBeGreaterThan(0)
    const entries = await world.readLedger()
    for (const { idempotencyKey, userId, draws } of nodes) {
      expect({ userId, draws }).toEqual({ userId: entries.get(idempotencyKey)?.userId, draws: 1 })
    }
    const ids = nodes.map(({ id }) => id)
    const found = await asOwner(world.databaseUrl, (client) => client.query('SELECT FROM draw WHERE id = ANY($1::bigint[])', [ids]))
    expect(found.rowCount).toBe(0)
  }, BACK_MS_MAX)

  it('keeps every promise', async () => {
    const verdict = await world.judge()
    if (verdict.audit !== '') await world.tellEnd()
    expectKept(verdict, 50)
  }, 180_000)
})
