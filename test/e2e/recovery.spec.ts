import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { newId } from '../../src/common/ids.js'
import { localDays } from '../../src/modules/draws/domain/calendar.js'
import { Leadership } from '../../src/platform/prisma/leadership.js'
import { OldKeysStore } from '../../src/modules/settlement/recovery/old-keys.store.js'
import { RecoveryService } from '../../src/modules/settlement/recovery/recovery.service.js'
import { RedisHistoryStore } from '../../src/modules/settlement/recovery/redis-history.store.js'
import { RedisIncarnation } from '../../src/modules/settlement/recovery/redis-incarnation.js'
import { Readiness } from '../../src/platform/http/readiness.js'
import { bucketKeys, bucketOf, INCARNATION_KEY } from '../../src/platform/redis/keys.js'
import { defineScript, loadScripts, ScriptMissingError } from '../../src/platform/redis/script.js'
import { type Planted, startSettlement, type SettlementKit } from '../support/settlement.js'

let kit: SettlementKit
let incarnation: RedisIncarnation
let recovery: RecoveryService

beforeAll(async () => {
  kit = await startSettlement()
  incarnation = new RedisIncarnation(kit.redisService, new RedisHistoryStore(kit.sql), kit.logger)
  recovery = newRecovery()
})
/** As a process has it that was just started. It looks when it is told to, and not by itself. */
const newRecovery = () => new RecoveryService(
  { ...kit.config, role: 'api' }, kit.redisService, incarnation, new Leadership(kit.sql), kit.published, kit.verify, kit.rebuilds,
  new OldKeysStore(kit.redisService), kit.gates, kit.suspicions, kit.logger, kit.metrics, new Readiness(),
)
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

const drainAll = async (campaign: Planted) => {
  for (let bucket = 0; bucket < campaign.place.bucketCount; bucket++) await kit.drains.drain(await campaign.stream(bucket), 100)
}
const participant = async (campaign: Planted, userId: string) => {
  const { epoch } = await campaign.published()
  return kit.redis.hgetall(bucketKeys(campaign.place, epoch, bucketOf(campaign.place, userId)).participants + userId)
}
const unitsLeft = async (campaign: Planted) => {
  const { epoch } = await campaign.published()
  const buckets = Array.from({ length: campaign.place.bucketCount }, (_, bucket) => bucketKeys(campaign.place, epoch, bucket))
  const all = await Promise.all(buckets.map((keys) => kit.redis.hgetall(keys.stock)))
  return all.map((stock) => Number(stock.p1))
}

describe('a Redis that starts again', () => {
  it('is kept as it is where nothing was lost', async () => {
    const campaign = await kit.plant({ bucketCount: 4 })
    for (let n = 0; n < 40; n++) await kit.decide(campaign, { userId: `user-${n}`, outcomes: [n % 4 === 0 ? '1' : '0'] })
    await kit.drains.drain(await campaign.stream(1), 10)
    await kit.redis.set(INCARNATION_KEY, 'another run')
    expect(await incarnation.check()).toBe(false)
    await recovery.check()
    expect(recovery.ready).toBe(true)
    expect((await campaign.published()).epoch).toBe(1)
    await drainAll(campaign)
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 40, unsettled: 0 })
  })

  it('is rebuilt where it is behind Postgres: what was told to be won stays won', async () => {
    const campaign = await kit.plant({ prizes: [{ stock: 5 }] })
    const decided = await kit.decide(campaign, { userId: 'ada', outcomes: ['1'] })
    expect(await kit.wins.commit(await kit.toCommit(campaign, decided))).toBe('COMMITTED')
    // As an append-only file that lost its last second.
    const keys = bucketKeys(campaign.place, 1, 0)
    await kit.redis.multi().hset(keys.stock, 'q', 0, 'p1', 5).del(keys.stream, keys.pend, `${keys.participants}ada`).exec()
    expect(await kit.verify.fault(await kit.verify.fence(await campaign.published()))).toContain('behind Postgres')
    await recovery.check()
    expect((await campaign.published()).epoch).toBe(2)
    expect((await kit.rows(campaign)).map((row) => [row.id, row.state])).toEqual([[decided.ids[0], 'SETTLED']])
    expect(await unitsLeft(campaign)).toEqual([4])
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 1 })
  })
})

describe('a Redis that lost everything', () => {
  it('knows by the rows what was won under other odds than the prizes’ own', async () => {
    const campaign = await kit.plant({ prizes: [{ stock: 5 }, { stock: 50, isFallback: true, probabilityPpb: 0 }] })
    // By the prizes' own odds no roll falls on the second: it would be taken for a fallback.
    const decided = await kit.decide(campaign, { userId: 'tia', key: 'table', outcomes: ['2'], rolls: [5] })
    expect(await kit.wins.commit({ ...(await kit.toCommit(campaign, decided)), oddsTable: 3 })).toBe('COMMITTED')
    await drainAll(campaign)
    await kit.redis.flushdb()
    expect(await incarnation.check()).toBe(false)
    await recovery.check()
    expect((await participant(campaign, 'tia')).ktable).toBe(`1|${decided.createdMs}|${decided.ids[0]}|2|5`)
    const { rows } = await kit.owner.query('SELECT odds_table, won_as::text FROM draw WHERE campaign_id = $1', [campaign.id])
    expect(rows).toEqual([{ odds_table: 3, won_as: 'ROLL' }])
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 1 })
  })

  it('gives the same answers, counters, tickets and stock again', async () => {
    const prizes = [{ stock: 11 }, { stock: 50, isFallback: true, probabilityPpb: 0 }]
    const campaign = await kit.plant({ bucketCount: 2, prizes, requiresTickets: true })
    await kit.owner.query(
      `INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key) VALUES ($1, $2, 'ada', 'GRANT', 9, 'test', 'grant-1')`,
      [campaign.tenantId, campaign.id])
    const multi = await kit.decide(campaign, { userId: 'ada', key: 'multi', outcomes: ['1', 'f2', '0'], rolls: [5, 6, 999_999_999], ticket: true })
    await kit.decide(campaign, { userId: 'ada', key: 'yesterday', createdMs: Date.now() - 36 * 3_600_000, ticket: true })
    for (let n = 0; n < 60; n++) {
      await kit.grant(campaign, `user-${n}`, 1)
      await kit.decide(campaign, { userId: `user-${n}`, outcomes: [n % 12 === 0 ? '1' : '0'], ticket: true })
    }
    await drainAll(campaign)
    await kit.redis.flushdb()
    expect(await incarnation.check()).toBe(false)
    await recovery.check()
    expect(incarnation.isCurrent()).toBe(true)
    const { epoch, status } = await campaign.published()
    expect([epoch, status]).toEqual([2, 'ACTIVE'])
    const ada = await participant(campaign, 'ada')
    expect(ada.kmulti).toBe(`1|${multi.createdMs}|${multi.ids.join(',')}|1,f2,0|5,6,999999999`)
    expect(ada).toMatchObject({ n: '4', d: '3', w: '1', w1: '1', w2: '1', t: '5' })
    expect(Object.keys(ada).filter((field) => field.startsWith('g'))).toHaveLength(1)
    const left = await unitsLeft(campaign)
    expect(left.reduce((sum, units) => sum + units, 0)).toBe(11 - 6)
    expect(Math.abs(left[0]! - left[1]!)).toBeLessThanOrEqual(1)
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 64, unsettled: 0 })
    await kit.grant(campaign, 'after', 1)
    await kit.decide(campaign, { userId: 'after', outcomes: ['1'], ticket: true })
    await drainAll(campaign)
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 65, unsettled: 0 })
  })

  it('has the tickets of durable wins whose entries are lost taken from what they could have used, and no lot below zero', async () => {
    const campaign = await kit.plant({ prizes: [{ stock: 20 }], requiresTickets: true })
    await kit.owner.query('UPDATE campaign SET ticket_rules = $2 WHERE id = $1', [campaign.id, { dailyFree: { tickets: 1 }, signIn: null, share: null }])
    const soon = new Date(Date.now() + 60_000)
    await kit.grant(campaign, 'ada', 1, soon)
    await kit.grant(campaign, 'ada', 2)
    for (let n = 0; n < 3; n++) {
      const decided = await kit.decide(campaign, { userId: 'ada', outcomes: ['1'], rolls: [5], ticket: true })
      expect(await kit.wins.commit(await kit.toCommit(campaign, decided))).toBe('COMMITTED')
    }
    await kit.redis.flushdb()
    await recovery.check()
    const { nextMs, day } = localDays('UTC', Date.now())
    const { rows } = await kit.owner.query<{ expires_at: Date | null; rest: string }>(
      'SELECT expires_at, sum(amount) AS rest FROM ticket_ledger WHERE campaign_id = $1 GROUP BY expires_at', [campaign.id])
    const lots = new Map(rows.map((row) => [row.expires_at?.getTime() ?? 0, Number(row.rest)]))
    expect(lots).toEqual(new Map([[soon.getTime(), 0], [nextMs, 0], [0, 1]]))
    expect(await participant(campaign, 'ada')).toMatchObject({ t: '1', tl: '', td: String(day), sc: '1' })
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 3 })
  })

  it('is rebuilt whole, however often the rebuild was killed', async () => {
    const campaign = await kit.plant({ prizes: [{ stock: 9 }], status: 'PAUSED' })
    const decided = await kit.decide(campaign, { userId: 'ada', outcomes: ['1'] })
    await kit.decide(campaign, { userId: 'bob' })
    await kit.drains.drain(await campaign.stream(), 10)
    await kit.redis.flushdb()
    await loadScripts(kit.redis)
    for (let step = 1; step <= 3; step++) {
      let left = step
      const killed = kit.rebuilds.rebuild(await campaign.published(), 'test', () => {
        if (--left === 0) throw new Error('killed')
      })
      await expect(killed).rejects.toThrow('killed')
    }
    expect((await campaign.published()).status).toBe('RECOVERING')
    expect((await kit.audit(campaign)).violations[0]).toMatchObject({ invariant: 'I9' })
    await recovery.check()
    expect((await campaign.published()).status).toBe('PAUSED')
    expect((await participant(campaign, 'ada'))[`k${decided.key}`]).toContain(decided.ids[0])
    expect(await unitsLeft(campaign)).toEqual([8])
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 2 })
    const { epoch } = await campaign.published()
    const epochs = (await kit.redis.keys('d:{p*')).filter((key) => !key.endsWith(':gate')).map((key) => Number(key.split(':')[3]))
    expect(new Set(epochs)).toEqual(new Set([epoch]))
  })

  it('settles what was left in the old streams before the epoch grows', async () => {
    const campaign = await kit.plant()
    await kit.decide(campaign, { userId: 'ada', outcomes: ['1'] })
    await kit.redis.del(bucketKeys(campaign.place, 1, 0).gate)
    await recovery.check()
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 1, unsettled: 0 })
    expect((await campaign.published()).epoch).toBe(2)
  })
})

describe('a Postgres that was restored under a Redis that was not emptied', () => {
  const restoredWithout = async (campaign: Planted) => {
    await kit.owner.query(`SET session_replication_role = replica; DELETE FROM award_event WHERE award_id IN (SELECT id FROM award WHERE campaign_id = '${campaign.id}');
      DELETE FROM award WHERE campaign_id = '${campaign.id}'; DELETE FROM draw WHERE campaign_id = '${campaign.id}';
      DELETE FROM settlement_position WHERE campaign_id = '${campaign.id}'; DELETE FROM stock_ledger WHERE campaign_id = '${campaign.id}' AND movement = 'AWARD';
      SET session_replication_role = origin`)
  }

  it('is found out before anything else is settled, and its campaigns are rebuilt', async () => {
    const campaign = await kit.plant({ bucketCount: 2 })
    await recovery.check()
    for (let n = 0; n < 10; n++) await kit.decide(campaign, { userId: `user-${n}`, outcomes: ['1'] })
    await drainAll(campaign)
    await restoredWithout(campaign)
    expect((await kit.audit(campaign)).violations.map(({ invariant }) => invariant)).toContain('I5')
    await newRecovery().check()
    expect((await campaign.published()).epoch).toBe(2)
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true, draws: 0, unsettled: 0 })
  })

  it('is not suspected where entries are on their way to Postgres, or have just been settled', async () => {
    const campaign = await kit.plant({ bucketCount: 2 })
    await recovery.check()
    for (let n = 0; n < 30; n++) {
      await kit.decide(campaign, { userId: `user-${n}`, outcomes: ['1'] })
      const draining = n % 3 === 0 ? drainAll(campaign) : undefined
      expect(await kit.verify.behindRedis(await kit.published.all())).toEqual(new Map())
      await draining
    }
  })
})

describe('the incarnation', () => {
  it('is doubted at once when the connection is lost, and believed again after it was asked', async () => {
    await recovery.check()
    await incarnation.onModuleInit()
    expect(incarnation.isCurrent()).toBe(true)
    kit.redis.disconnect(true)
    await sleep(5)
    expect(incarnation.isCurrent()).toBe(false)
    const until = Date.now() + 5_000
    while (!incarnation.isCurrent() && Date.now() < until) await sleep(20)
    expect(incarnation.isCurrent()).toBe(true)
  })

  it('gives scripts that are missing back without a rebuild', async () => {
    const campaign = await kit.plant()
    await recovery.check()
    // Scripts belong to the whole server, which other tests use: one that nobody has loaded stands in for flushed ones.
    const folder = await mkdtemp(join(tmpdir(), 'drawbridge-script-'))
    try {
      const file = join(folder, 'probe-1.lua')
      await writeFile(file, `return redis.call('EXISTS', KEYS[1]) -- ${newId()}`)
      const probe = defineScript(pathToFileURL(file))
      const ask = () => probe.run(kit.redis, [bucketKeys(campaign.place, 1, 0).gate], [])
      await expect(ask()).rejects.toThrow(ScriptMissingError)
      await sleep(110)
      incarnation.doubt('test')
      const until = Date.now() + 5_000
      let result: unknown = null
      while (result === null && Date.now() < until) result = await ask().catch(() => null)
      expect(result).toBe(1)
      expect((await campaign.published()).epoch).toBe(1)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('is vouched for by one worker at a time', async () => {
    const leadership = new Leadership(kit.sql)
    const led = await leadership.lead('test', async () => {
      expect(await leadership.lead('test', async () => undefined)).toBe(false)
    })
    expect(led).toBe(true)
  })
})

describe('a campaign that is to have more buckets', () => {
  it('has them after the next look, however often the way there is cut off', async () => {
    const campaign = await kit.plant({ bucketCount: 2, prizes: [{ stock: 37 }] })
    for (let n = 0; n < 20; n++) await kit.decide(campaign, { userId: `user-${n}`, key: `key-${n}`, outcomes: [n % 4 === 0 ? '1' : '0'] })
    await recovery.check()
    await kit.owner.query('UPDATE campaign SET bucket_count_wanted = 8 WHERE id = $1', [campaign.id])
    for (let cutAt = 1; cutAt <= 5; cutAt++) {
      let steps = 0
      const known = await campaign.published()
      await kit.rebuilds.rebuild(known, 'test', () => { if (++steps === cutAt) throw new Error('killed') }).catch(() => undefined)
    }
    await recovery.check()
    // Redis' scripts are the whole server's: another test file may just be trying what happens without them.
    for (let looks = 1; looks < 10 && (await campaign.published()).status === 'RECOVERING'; looks++) {
      await loadScripts(kit.redis)
      await recovery.check()
    }
    const grown = await campaign.published()
    expect(grown).toMatchObject({ status: 'ACTIVE', place: { bucketCount: 8 } })
    expect((await kit.owner.query('SELECT bucket_count_wanted FROM campaign WHERE id = $1', [campaign.id])).rows).toEqual([{ bucket_count_wanted: null }])
    const now = { ...campaign, place: grown.place }
    expect((await unitsLeft(now)).reduce((sum, units) => sum + units, 0)).toBe(32)
    expect((await unitsLeft(now))).toHaveLength(8)
    for (let n = 0; n < 20; n++) {
      const stored = (await participant(now, `user-${n}`))[`kkey-${n}`]!.split('|')
      const before = bucketOf(campaign.place, `user-${n}`)
      expect(stored[5] ?? String(bucketOf(grown.place, `user-${n}`))).toBe(String(before))
    }
    expect(await kit.audit(campaign)).toMatchObject({ balanced: true })
  })
})
