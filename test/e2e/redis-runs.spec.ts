import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { Leadership } from '../../src/platform/prisma/leadership.js'
import { OldKeysStore } from '../../src/modules/settlement/recovery/old-keys.store.js'
import { RecoveryService } from '../../src/modules/settlement/recovery/recovery.service.js'
import { RedisHistoryStore } from '../../src/modules/settlement/recovery/redis-history.store.js'
import { RedisIncarnation } from '../../src/modules/settlement/recovery/redis-incarnation.js'
import { type BatchResult, SettleBatchStore } from '../../src/modules/settlement/settle-batch.store.js'
import { Readiness } from '../../src/platform/http/readiness.js'
import { bucketKeys, INCARNATION_KEY } from '../../src/platform/redis/keys.js'
import { loadScripts } from '../../src/platform/redis/script.js'
import { type Planted, startSettlement, type SettlementKit } from '../support/settlement.js'

const ODD_ROUNDS = 3

let kit: SettlementKit
let incarnation: RedisIncarnation
let recovery: RecoveryService

beforeAll(async () => {
  kit = await startSettlement()
  incarnation = new RedisIncarnation(kit.redisService, new RedisHistoryStore(kit.sql), kit.logger)
  // As on a process that does not watch by itself: each look is the test's.
  recovery = new RecoveryService(
    { ...kit.config, role: 'api' }, kit.redisService, incarnation, new Leadership(kit.sql), kit.published, kit.verify, kit.rebuilds,
    new OldKeysStore(kit.redisService), kit.gates, kit.suspicions, kit.logger, kit.metrics, new Readiness(),
  )
})
afterAll(async () => {
  incarnation.onApplicationShutdown()
  await kit.close()
})
beforeEach(async () => {
  // Campaigns of other tests would be recovered too.
  await kit.owner.query(`UPDATE campaign SET status = 'ARCHIVED'`)
  await kit.redis.flushdb()
  await loadScripts(kit.redis)
})

/** Redis as it is now; called, it brings that back: as another run, like an append-only file that lost its tail, or unnoticed. */
async function remember(): Promise<(noticed?: boolean) => Promise<void>> {
  const keys = await kit.redis.keys('*')
  const values = await Promise.all(keys.map((key) => kit.redis.dumpBuffer(key)))
  return async (noticed = true) => {
    await kit.redis.flushdb()
    await Promise.all(keys.map((key, n) => kit.redis.restore(key, 0, values[n]!)))
    if (noticed) await kit.redis.set(INCARNATION_KEY, 'another run')
    expect(await incarnation.check()).toBe(!noticed)
  }
}
const drainAll = async (campaign: Planted) => {
  for (let bucket = 0; bucket < campaign.place.bucketCount; bucket++) await kit.drains.drain(await campaign.stream(bucket), 100)
}
const checkUntilMended = async () => {
  for (let round = 0; round < ODD_ROUNDS; round++) await recovery.check()
}
const afterwards = async (campaign: Planted, draws: number) => {
  expect(recovery.ready).toBe(true)
  expect((await campaign.published()).status).toBe('ACTIVE')
  const decided = await kit.decide(campaign, { userId: 'afterwards', outcomes: ['1'] })
  expect(await kit.wins.commit(await kit.toCommit(campaign, decided))).toBe('COMMITTED')
  await drainAll(campaign)
  expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: draws + 1, unsettled: 0 })
}

describe('what another run of Redis decided', () => {
  it('is not committed after this one was verified: nobody wins what another may win again', async () => {
    const neighbour = await kit.plant()
    const campaign = await kit.plant({ prizes: [{ stock: 1 }] })
    await recovery.check()
    const beginAgain = await remember()
    const ahead = await kit.toCommit(neighbour, await kit.decide(neighbour, { userId: 'zoe', outcomes: ['1'] }))
    const late = await kit.toCommit(campaign, await kit.decide(campaign, { userId: 'ada', outcomes: ['1'] }))
    await kit.owner.query(`UPDATE campaign SET status = 'ARCHIVED' WHERE id = $1`, [neighbour.id])
    await kit.owner.query('BEGIN')
    await kit.owner.query('SELECT 1 FROM campaign WHERE id = $1 FOR UPDATE', [neighbour.id])
    // One group commit: it waits for the first of its campaigns, and has not yet come to the second.
    const commits = Promise.all([kit.wins.commit(ahead), kit.wins.commit(late)])
    try {
      await sleep(100)
      await beginAgain()
      await recovery.check()
    } finally {
      await kit.owner.query('ROLLBACK')
    }
    expect(await commits).toEqual(['COMMITTED', 'FENCED'])
    expect((await campaign.published()).epoch).toBe(1)
    expect(await kit.rows(campaign)).toEqual([])
    await afterwards(campaign, 0)
  })

  it('is waited for where its commit has begun, and then kept by a rebuild', async () => {
    const campaign = await kit.plant({ prizes: [{ stock: 2 }] })
    await recovery.check()
    const beginAgain = await remember()
    const commit = await kit.toCommit(campaign, await kit.decide(campaign, { userId: 'ada', outcomes: ['1'] }))
    await kit.owner.query('BEGIN')
    await kit.owner.query('SELECT 1 FROM prize WHERE id = $1 FOR UPDATE', [campaign.prizeIds[0]])
    const committed = kit.wins.commit(commit)
    await sleep(100)
    await beginAgain()
    const checked = recovery.check()
    await sleep(200)
    expect(incarnation.isCurrent()).toBe(false)
    await kit.owner.query('ROLLBACK')
    await checked
    expect(await committed).toBe('COMMITTED')
    expect((await campaign.published()).epoch).toBe(2)
    await afterwards(campaign, 1)
  })

  it('is not settled after this one was verified: the numbers are given again', async () => {
    const campaign = await kit.plant()
    await recovery.check()
    const beginAgain = await remember()
    await kit.decide(campaign, { userId: 'ada', outcomes: ['1'] })
    await kit.decide(campaign, { userId: 'bob' })
    const [reached, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
    class Held extends SettleBatchStore {
      override async settle(...batch: Parameters<SettleBatchStore['settle']>): Promise<BatchResult> {
        reached.resolve(undefined)
        await released.promise
        return super.settle(...batch)
      }
    }
    const late = kit.drainsWith(new Held(kit.sql)).drain(await campaign.stream(), 1)
    await reached.promise
    await beginAgain()
    await recovery.check()
    released.resolve(undefined)
    expect(await late).toBe('FENCED')
    expect((await campaign.published()).epoch).toBe(1)
    expect(await kit.rows(campaign)).toEqual([])
    for (const userId of ['carol', 'dave', 'erin']) await kit.decide(campaign, { userId })
    await drainAll(campaign)
    expect((await kit.rows(campaign)).map((row) => row.participant_id)).toEqual(['carol', 'dave', 'erin'])
    await afterwards(campaign, 3)
  })
})

describe('recovery rebuilds, of a Redis that was vouched for,', () => {
  it('a campaign whose stream has a gap', async () => {
    const campaign = await kit.plant()
    await recovery.check()
    for (const userId of ['a', 'b', 'c']) await kit.decide(campaign, { userId })
    await kit.redis.xdel(bucketKeys(campaign.place, 1, 0).stream, '2-0')
    expect(await kit.drains.drain(await campaign.stream(), 10)).toBe('GAP')
    await recovery.check()
    // Settlement wants to see it twice; recovery's own look every ten seconds may have been first.
    await kit.drains.drain(await campaign.stream(), 10)
    await recovery.check()
    expect((await campaign.published()).epoch).toBe(2)
    await afterwards(campaign, 1)
  })

  it('a campaign that lost the stock of a bucket', async () => {
    const campaign = await kit.plant({ bucketCount: 2 })
    await recovery.check()
    await kit.decide(campaign, { userId: 'a', outcomes: ['1'] })
    await drainAll(campaign)
    await kit.redis.del(bucketKeys(campaign.place, 1, 1).stock)
    await checkUntilMended()
    expect((await campaign.published()).epoch).toBe(2)
    await afterwards(campaign, 1)
  })

  it('a campaign of which Postgres has settled more, and trims nothing before', async () => {
    const campaign = await kit.plant()
    await recovery.check()
    const goBack = await remember()
    for (const userId of ['a', 'b']) await kit.decide(campaign, { userId, outcomes: ['1'] })
    await drainAll(campaign)
    await goBack(false)
    await kit.decide(campaign, { userId: 'c' })
    expect(await kit.drains.drain(await campaign.stream(), 10)).toBe('BEHIND')
    expect(await kit.redis.xlen(bucketKeys(campaign.place, 1, 0).stream)).toBe(1)
    await recovery.check()
    expect((await campaign.published()).epoch).toBe(2)
    await afterwards(campaign, 2)
  })

  it.each([
    ['version', async (campaign: Planted) => { await kit.redis.hset(bucketKeys(campaign.place, 1, 0).gate, 'v', 7) }, 2],
    ['risk lists', async (campaign: Planted) => { await kit.redis.hset(bucketKeys(campaign.place, 1, 0).gate, 'r', 7) }, 2],
    ['run', async (campaign: Planted) => { await kit.redis.hset(bucketKeys(campaign.place, 1, 0).gate, 'n', 99) }, 2],
    ['epoch', async (campaign: Planted) => {
      for (let epoch = 2; epoch <= 3; epoch++) await kit.rebuilds.rebuild(await campaign.published(), 'test', () => undefined)
      await kit.owner.query('UPDATE campaign SET epoch = 1 WHERE id = $1', [campaign.id])
    }, 4],
  ])('a campaign with a gate of a newer %s than that of a restored Postgres', async (_, restore, epoch) => {
    const campaign = await kit.plant()
    await recovery.check()
    await kit.decide(campaign, { userId: 'a', outcomes: ['1'] })
    await drainAll(campaign)
    await restore(campaign)
    await checkUntilMended()
    expect((await campaign.published()).epoch).toBe(epoch)
    const { gate } = bucketKeys(campaign.place, epoch, 0)
    expect(await kit.redis.hmget(gate, 'e', 'v')).toEqual([String(epoch), '1'])
    await afterwards(campaign, 1)
  })

  it('none whose worker was killed while it verified: its gates get their number', async () => {
    const campaign = await kit.plant()
    await recovery.check()
    await kit.decide(campaign, { userId: 'a', outcomes: ['1'] })
    await kit.verify.fence(await campaign.published())
    expect(await kit.drains.drain(await campaign.stream(), 10)).toBe('FENCED')
    await checkUntilMended()
    expect((await campaign.published()).epoch).toBe(1)
    await afterwards(campaign, 1)
  })
})
