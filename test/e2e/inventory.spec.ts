import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { INestApplicationContext } from '@nestjs/common'
import pg from 'pg'
import type { Context } from '../../src/common/context.js'
import { newId } from '../../src/common/ids.js'
import { CampaignService } from '../../src/modules/campaigns/campaign.service.js'
import type { Campaign } from '../../src/modules/campaigns/campaigns.types.js'
import { GateService } from '../../src/modules/campaigns/gate.service.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import type { CampaignSnapshot } from '../../src/modules/campaigns/domain/snapshot.js'
import { InventoryService } from '../../src/modules/inventory/inventory.service.js'
import { InventorySweeper } from '../../src/modules/inventory/inventory.sweeper.js'
import { StockStore } from '../../src/modules/inventory/stock.store.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { bootCampaigns, campaignDraft, campaignOf, newTenant, prizeDraft, published } from '../support/campaigns.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { emptyTestRedis } from '../support/redis.js'
import { seed } from '../support/seed.js'

let database: TestDatabase
let here: INestApplicationContext
let elsewhere: INestApplicationContext // another process
let owner: pg.Client
let acme: Context
let umbra: Context
let inventory: InventoryService
let stock: StockStore

beforeAll(async () => {
  database = await createTestDatabase()
  const redisUrl = await emptyTestRedis()
  here = await bootCampaigns(database.databaseUrl, redisUrl)
  elsewhere = await bootCampaigns(database.databaseUrl, redisUrl)
  owner = new pg.Client({ connectionString: database.databaseUrl })
  await owner.connect()
  acme = await newTenant(here, 'acme')
  umbra = await newTenant(here, 'umbra')
  inventory = here.get(InventoryService)
  stock = here.get(StockStore)
})

afterAll(async () => {
  await owner?.end()
  await Promise.all([here?.close(), elsewhere?.close()])
  await database?.drop()
})

async function snapshotOf({ id }: Campaign): Promise<CampaignSnapshot> {
  return (await here.get(SnapshotService).reload(acme.tenantId, id))!
}
/** Units in the buckets and between them, counted from one reading when nothing moves. */
async function total(place: CampaignSnapshot, position = 1): Promise<number> {
  const cuts = await inventory.readCut(place, true)
  const inBuckets = cuts.reduce((sum, cut) => sum + (cut.stock.get(position) ?? 0), 0)
  const pending = cuts.flatMap((cut) => cut.pending)
    .filter(({ id, to, position: of }) => of === position && cuts[to]?.received.has(id) !== true)
  return inBuckets + pending.reduce((sum, { units }) => sum + units, 0)
}
const one = (campaign: Campaign) => inventory.inventory(acme, campaign.id).then(([first]) => first!)
const set = (place: CampaignSnapshot, bucket: number, units: number) =>
  here.get(RedisService).client.hset(bucketKeys(place, place.epoch, bucket).stock, 'p1', units)
const adjust = (campaign: Campaign, delta: number, idempotencyKey = newId(), over = {}) =>
  inventory.adjustStock(acme, { prizeId: campaign.prizes[0]!.id, delta, reason: 'Test', idempotencyKey, ...over })
const sweep = () => here.get(InventorySweeper).finishLedger(-1_000)
const ledger = async (campaign: Campaign) =>
  (await owner.query(`SELECT movement, sum(quantity)::int AS units, bool_and(applied_at IS NOT NULL) AS applied FROM stock_ledger WHERE campaign_id = $1 GROUP BY movement ORDER BY movement`, [campaign.id]))
    .rows.map(({ movement, units, applied }) => [movement, units, applied])

describe('release', () => {
  it('fills the buckets evenly, and every unit is a row', async () => {
    const prizes = [21, 1, 0].map((stockTotal) => prizeDraft({ stockTotal, probabilityPpb: 1_000 }))
    const live = await published(here, acme, { bucketCount: 8, prizes })
    const [first, second, third] = await inventory.inventory(acme, live.id)
    expect(first).toMatchObject({ granted: 21, vault: 0, inBuckets: 21, inTransit: 0, reserved: 0, awarded: 0 })
    expect(first!.buckets.map(({ remaining }) => remaining).sort()).toEqual([2, 2, 2, 3, 3, 3, 3, 3])
    expect([second!.inBuckets, third!.inBuckets]).toEqual([1, 0])
    expect(await ledger(live)).toEqual([['GRANT', 22, true], ['RELEASE', 22, true]])
  })

  it('is finished by the sweep wherever a crash cut it off', async () => {
    // After the commit; after the buckets; after the gate: marks are missing, or the gate, or both, or all of Redis.
    for (const lost of ['marks', 'gate', 'redis'] as const) {
      const live = await published(here, acme, { bucketCount: 4, prizes: [prizeDraft({ stockTotal: 10 })] })
      const place = await snapshotOf(live)
      await owner.query(`UPDATE stock_ledger SET applied_at = NULL WHERE campaign_id = $1 AND movement = 'RELEASE'`, [live.id])
      for (let bucket = 0; bucket < 4; bucket++) {
        const keys = bucketKeys(place, 1, bucket)
        if (lost !== 'marks') await here.get(RedisService).client.del(keys.gate)
        if (lost === 'redis') await here.get(RedisService).client.del(keys.stock, keys.applied)
      }
      await Promise.all([sweep(), elsewhere.get(InventorySweeper).finishLedger(-1_000)])
      await sweep()
      expect(await total(place)).toBe(10)
      expect(await ledger(live)).toEqual([['GRANT', 10, true], ['RELEASE', 10, true]])
      expect(await here.get(GateService).publish(acme.tenantId, live.id)).toBe('SAME')
    }
  })
})

describe('adjustStock', () => {
  it('adds and takes units once per key', async () => {
    const live = await published(here, acme, { bucketCount: 4 })
    const [up, down] = [newId(), newId()]
    const generation = async () => Number(await here.get(RedisService).client.hget(bucketKeys(place, 1, 3).gate, 'g'))
    const place = await snapshotOf(live)
    const before = await generation()
    const answers = await Promise.all([adjust(live, 5, up), adjust(live, 5, up), adjust(live, 5, up)])
    for (const answer of answers) expect(answer).toMatchObject({ granted: 15, vault: 0, inBuckets: 15, prize: { stockTotal: 15 } })
    expect(await generation()).toBeGreaterThan(before)
    expect(await adjust(live, 5, up)).toEqual(answers[0])
    expect(await adjust(live, -12, down)).toMatchObject({ granted: 3, vault: 0, inBuckets: 3, inTransit: 0, prize: { stockTotal: 3 } })
    expect(await adjust(live, -12, down)).toMatchObject({ granted: 3, inBuckets: 3 })
    await expect(adjust(live, 6, up)).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(adjust(live, -5, up)).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(adjust(live, 5, up, { reason: 'Another' })).rejects.toMatchObject({ code: 'CONFLICT' })
    const { version } = (await here.get(CampaignService).get(acme, live.id))!
    expect(version).toBe(4)
    expect((await snapshotOf(live)).prizes[0]!.stockTotal).toBe(3)
  })

  it('takes no more than is free, and says how much that is', async () => {
    const live = await published(here, acme, { bucketCount: 4 })
    const place = await snapshotOf(live)
    for (let bucket = 0; bucket < 4; bucket++) await set(place, bucket, bucket === 2 ? 3 : 0) // 7 were won
    await expect(adjust(live, -4)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: 'delta: 4 units were to be taken, and 3 are free' })
    await expect(adjust(live, -11)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    expect(await total(place)).toBe(3)
    expect(await adjust(live, -3)).toMatchObject({ granted: 7, inBuckets: 0 })
  })

  it('is finished after a crash at each step', async () => {
    const live = await published(here, acme, { bucketCount: 2 })
    const place = await snapshotOf(live)
    const { id } = live.prizes[0]!
    const promise = (key: string) => owner.query(
      `INSERT INTO stock_ledger (tenant_id, campaign_id, prize_id, movement, quantity, from_place, to_place, idempotency_key, reason)
       VALUES ($1, $2, $3, 'REDUCE', 2, 'bucket:1', 'outside', $4, 'Test') RETURNING id::text AS id`, [acme.tenantId, live.id, id, `adjust:${key}`])
    await promise('first') // promised, Redis not asked
    await Promise.all([sweep(), elsewhere.get(InventorySweeper).finishLedger(-1_000)])
    expect(await one(live)).toMatchObject({ granted: 8, inBuckets: 8, prize: { stockTotal: 8 } })
    const { rows } = await promise('second') // Redis gave, Postgres does not know
    expect(await stock.withdraw(place, 1, { ledgerId: rows[0].id, position: 1, units: 2 })).toBe('HAS_THEM')
    await sweep()
    await sweep()
    expect(await one(live)).toMatchObject({ granted: 6, inBuckets: 6, prize: { stockTotal: 6 } })
    expect(await adjust(live, -2, 'second')).toMatchObject({ granted: 6, inBuckets: 6 })
    await promise('third')
    for (const bucket of [0, 1]) await set(place, bucket, 0) // all were won before Redis was asked
    await sweep()
    expect(await one(live)).toMatchObject({ granted: 6, inBuckets: 0, prize: { stockTotal: 6 } })
    await expect(adjust(live, -2, 'third')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    const { rows: open } = await owner.query('SELECT 1 FROM stock_ledger WHERE campaign_id = $1 AND applied_at IS NULL', [live.id])
    expect(open).toEqual([])
  })

  it('of a draft changes its plan, and publishing releases the sum', async () => {
    const service = here.get(CampaignService)
    const draft = campaignOf(await service.create(acme, campaignDraft()))
    expect(await adjust(draft, 5, 'up')).toMatchObject({ granted: 15, prize: { stockTotal: 15 }, buckets: [] })
    expect(await adjust(draft, 5, 'up')).toMatchObject({ granted: 15 })
    expect(await adjust(draft, -8)).toMatchObject({ granted: 7 })
    await expect(adjust(draft, -8)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    const live = campaignOf(await service.publish(acme, draft.id, 3))
    expect(await one(live)).toMatchObject({ granted: 7, vault: 0, inBuckets: 7 })
  })

  it('refuses what makes no sense, and what is not ours', async () => {
    const live = await published(here, acme)
    for (const over of [{ delta: 0 }, { delta: 2 ** 31 }, { reason: '' }, { reason: 'a\u0000' }, { idempotencyKey: '' }, { idempotencyKey: 'a}{b' }, { delta: 2 ** 31 - 1 }]) {
      await expect(adjust(live, 1, newId(), over)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    }
    for (const prizeId of [live.prizes[0]!.id, newId(), 'nonsense']) {
      await expect(inventory.adjustStock(umbra, { prizeId, delta: 1, reason: 'Mine', idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'No such prize' })
    }
    for (const id of [live.id, newId(), 'nonsense']) await expect(inventory.inventory(umbra, id)).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'No such campaign' })
    expect((await one(live)).granted).toBe(10)
    campaignOf(await here.get(CampaignService).end(acme, live.id, 2))
    await expect(adjust(live, 1)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
  })
})

describe('fetch', () => {
  it('brings what is elsewhere, and says when nothing is', async () => {
    const live = await published(here, acme, { bucketCount: 8, prizes: [prizeDraft({ stockTotal: 8 })] })
    const place = await snapshotOf(live)
    await set(place, 0, 0)
    expect(await inventory.fetch(place, 0, 1, 1)).toBe('FETCHED')
    expect(await stock.units(place, 0, 1)).toBe(1)
    expect(await inventory.fetch(place, 0, 1, 7)).toBe('FETCHED')
    expect([await total(place), await stock.units(place, 0, 1)]).toEqual([7, 7])
    expect(await inventory.fetch(place, 3, 1, 8)).toBe('GONE')
    await set(place, 0, 0)
    expect(await total(place)).toBe(0)
    expect(await Promise.all([0, 1, 2, 2, 7].map((bucket) => inventory.fetch(place, bucket, 1, 1)))).toEqual(Array(5).fill('GONE'))
    const entries = await stock.entries(place, 0, 0, 100)
    expect(entries.map(([id, fields]) => [id, fields[1]])).toEqual(entries.map((_, i) => [`${i + 1}-0`, 'T']))
    expect(entries.length).toBeGreaterThan(1)
  })

  it('of one bucket answers from its own reading', async () => {
    const live = await published(here, acme)
    const place = await snapshotOf(live)
    expect([await inventory.fetch(place, 0, 1, 10), await inventory.fetch(place, 0, 1, 11)]).toEqual(['FETCHED', 'GONE'])
  })

  it('finishes what a crash left in transit, and is never fooled by it', async () => {
    const live = await published(here, acme, { bucketCount: 4, prizes: [prizeDraft({ stockTotal: 4 })] })
    const place = await snapshotOf(live)
    for (const bucket of [0, 1, 2]) await set(place, bucket, 0)
    await set(place, 3, 2)
    const taken = (await stock.take(place, { id: 'left', position: 1, units: 5, from: 3, to: 1 }))!
    expect(await stock.take(place, { id: 'left', position: 1, units: 5, from: 3, to: 1 })).toMatchObject({ units: taken.units })
    expect([taken.units, await total(place), await stock.units(place, 3, 1)]).toEqual([2, 2, 0])
    expect(await inventory.fetch(place, 0, 1, 2)).toBe('FETCHED') // all of it was in transit
    expect([await total(place), await stock.units(place, 0, 1)]).toEqual([2, 2])
    expect(await stock.put(place, taken)).toBe('ALREADY')
    const second = (await stock.take(place, { id: 'again', position: 1, units: 1, from: 0, to: 2 }))!
    expect(await stock.put(place, second)).toBe('PUT') // and then a crash before done
    await here.get(InventorySweeper).finishTransfers(5_000)
    expect((await stock.pending(place, 0)).map(({ id }) => id)).toEqual(['again'])
    await here.get(InventorySweeper).finishTransfers(-1_000)
    expect([await stock.pending(place, 0), await total(place), await stock.units(place, 2, 1)]).toEqual([[], 2, 1])
    const old = { ...second, id: 'old', takenMs: Date.now() - 13 * 3_600_000 }
    expect(await stock.put(place, old)).toBe('EXPIRED')
    await here.get(RedisService).client.hset(bucketKeys(place, 1, 0).out, 'old', `1|1|2|${old.takenMs}`)
    await here.get(InventorySweeper).finishTransfers(5_000)
    expect([await stock.pending(place, 0), await total(place)]).toEqual([[], 3]) // given back to where it was taken
    expect(await stock.put({ ...place, epoch: 2 }, second)).toBe('FENCED')
    await here.get(InventorySweeper).forgetMarks()
    expect((await inventory.readCut(place, true))[2]!.received.size).toBe(1)
  })

  it('loses and doubles nothing among 64 buckets and two processes', async () => {
    const random = seed('fetch')
    const live = await published(here, acme, { bucketCount: 64, prizes: [prizeDraft({ stockTotal: 200 })] })
    const place = await snapshotOf(live)
    const redis = here.get(RedisService).client
    const services = [inventory, elsewhere.get(InventoryService)]
    let drawn = 0
    // A draw: takes a unit of its bucket, or has some fetched, as the decide script and its process do.
    const draw = async (bucket: number, service: InventoryService): Promise<'WON' | 'GONE'> => {
      for (let attempt = 0; attempt < 500; attempt++) {
        const left = Number(await redis.eval(`local n = tonumber(redis.call('HGET', KEYS[1], 'p1') or '0') if n < 1 then return -1 end return redis.call('HINCRBY', KEYS[1], 'p1', -1)`, 1, bucketKeys(place, 1, bucket).stock))
        if (left >= 0) {
          drawn++
          return 'WON'
        }
        if ((await service.fetch(place, bucket, 1, 1)) === 'GONE') return 'GONE'
      }
      throw new Error('never served')
    }
    for (let round = 0; round < 5; round++) {
      const before = await total(place)
      const wanted = round === 4 ? before + 20 : random.int(50)
      const buckets = Array.from({ length: wanted }, () => random.int(round % 2 === 0 ? 64 : 3))
      const results = await Promise.all(buckets.map((bucket) => draw(bucket, random.pick(services))))
      const won = results.filter((result) => result === 'WON').length
      expect(won).toBe(Math.min(wanted, before))
      expect(await total(place)).toBe(before - won)
    }
    expect([drawn, await total(place)]).toEqual([200, 0])
  })
})
