import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '../embedded/harness.js'
import { seed } from '../support/seed.js'
import { asOwner } from '../support/database.js'
import { isLong } from './world/form.js'
import { FaultWorld } from './world/fault-world.js'
import { expectKept } from './world/judge.js'

const BACK_MS_MAX = 60_000
/** Above every time-out of the product, so that each of them is met. */
const STUCK_MS = isLong ? 30_000 : 6_000
const ON_ITS_WAY_MS = 500
const CASE_MS_MAX = STUCK_MS * 5 + BACK_MS_MAX

describe('servers and networks that hang, under steady draws', () => {
  const random = seed('stuck')
  let world: FaultWorld

  beforeAll(async () => { world = await FaultWorld.open({ name: 'stuck', seed: random, postgresSettings: { max_slot_wal_keep_size: '256MB' } }) }, 180_000)
  afterAll(async () => { await world?.close() }, 60_000)

  async function back(after: string): Promise<void> {
    const ms = await world.answersAgain(BACK_MS_MAX, after)
    // Since it was last asked. Told, not asserted: a loaded machine stalls everybody.
    const stall = /^\w*nodejs_eventloop_lag_max_seconds (\S+)/m.exec(await world.metrics())?.[1]
    world.say(`${after}: draws answered again in ${ms.toFixed(0)} ms; the event loop stood still for ${(Number(stall) * 1_000).toFixed(0)} ms at most`)
  }

  it('a stopped Redis (SIGSTOP)', async () => {
    world.redis.signal('SIGSTOP')
    await sleep(STUCK_MS)
    // Callers were not made to wait for it, one time-out each.
    expect(await world.metrics()).toContain('\ndrawbridge_redis_breaker_open 1')
    world.redis.signal('SIGCONT')
    await back('a stopped Redis')
  }, CASE_MS_MAX)

  it('a Redis that lets its clients wait (CLIENT PAUSE)', async () => {
    await world.withRedis((redis) => redis.call('CLIENT', 'PAUSE', STUCK_MS))
    await sleep(STUCK_MS)
    await back('CLIENT PAUSE')
  }, CASE_MS_MAX)

  it('a stopped Postgres (SIGSTOP): no win is told', async () => {
    await world.stopPostgres(async () => {
      // What was committed before may still be on its way to its caller.
      await sleep(ON_ITS_WAY_MS)
      const { won } = world.draws.counts
      await sleep(STUCK_MS)
      expect(world.draws.counts.won).toBe(won)
    })
    await back('a stopped Postgres')
  }, CASE_MS_MAX)

  it('a locked table', async () => {
    await asOwner(world.databaseUrl, async (client) => {
      await client.query('BEGIN')
      await client.query('LOCK TABLE draw IN ACCESS EXCLUSIVE MODE')
      await sleep(STUCK_MS)
      await client.query('ROLLBACK')
    })
    await back('a locked table')
  }, CASE_MS_MAX)

  it('an app that is stopped and goes on with what it had begun', async () => {
    const pid = await world.appPid()
    process.kill(pid, 'SIGSTOP')
    await sleep(STUCK_MS)
    process.kill(pid, 'SIGCONT')
    await back('a stopped app')
  }, CASE_MS_MAX)

  it.each(['redis', 'postgres'] as const)('a network to %s that breaks, refuses, is silent, is slow', async (name) => {
    const proxy = name === 'redis' ? world.redisProxy : world.postgresProxy
    proxy.reset()
    await back(`connections to ${name} that break`)
    proxy.refuse()
    await sleep(STUCK_MS / 2)
    proxy.heal()
    await back(`a ${name} that refuses`)
    proxy.silence()
    await sleep(STUCK_MS)
    proxy.heal()
    await back(`a half-open network to ${name}`)
    proxy.delay(150)
    await back(`a slow network to ${name}, which still is`)
    proxy.heal()
  }, CASE_MS_MAX * 3)

  it('answers to COMMIT that are lost', async () => {
    world.postgresProxy.dropReplyTo(/COMMIT/, 20)
    await sleep(3_000)
    expect(world.postgresProxy.dropped).toBeGreaterThan(0)
    world.postgresProxy.heal()
    await back('lost answers to COMMIT')
  }, CASE_MS_MAX)

  it('answers of the decision script that are lost', async () => {
    world.redisProxy.dropReplyTo(/evalsha/i, 10)
    await sleep(3_000)
    expect(world.redisProxy.dropped).toBeGreaterThan(0)
    world.redisProxy.heal()
    await back('lost answers of the decision script')
  }, CASE_MS_MAX)

  it('consumers that stand still until Postgres gives their slot up: they are told from the tables, once', async () => {
    await asOwner(world.databaseUrl, async (client) => {
      await client.query('BEGIN')
      await client.query('SELECT FROM cdc_position FOR UPDATE')
      const told = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM consumed_event')
      await eventually(async () => {
        await asOwner(world.databaseUrl, (other) => other.query(`SELECT pg_logical_emit_message(false, 'filler', repeat('x', 16000000))`))
        await asOwner(world.databaseUrl, (other) => other.query('CHECKPOINT'))
        const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM pg_replication_slots WHERE wal_status = 'lost'`)
        return rows[0]!.n > 0
      }, BACK_MS_MAX, 'Postgres gives the slot up')
      expect((await client.query<{ n: number }>('SELECT count(*)::int AS n FROM consumed_event')).rows).toEqual(told.rows)
      await client.query('COMMIT')
    })
    await eventually(async () => (await world.metrics()).includes('\ndrawbridge_replication_slots_lost_total 1'), BACK_MS_MAX, 'the lost slot is told')
    await back('a lost replication slot')
  }, CASE_MS_MAX + BACK_MS_MAX)

  it('keeps every promise', async () => {
    const verdict = await world.judge()
    if (verdict.audit !== '') await world.tellEnd()
    expectKept(verdict, 100)
    expect(verdict.redrawn).toBe(0)
  }, 180_000)
})
