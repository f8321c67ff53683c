import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { INestApplicationContext } from '@nestjs/common'
import pg from 'pg'
import type { Context } from '../../src/common/context.js'
import { newId } from '../../src/common/ids.js'
import { CampaignService } from '../../src/modules/campaigns/campaign.service.js'
import type { Campaign } from '../../src/modules/campaigns/campaigns.types.js'
import { CampaignsSweeper } from '../../src/modules/campaigns/campaigns.sweeper.js'
import type { Release } from '../../src/modules/campaigns/domain/release.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { VAULT } from '../../src/modules/inventory/domain/transfer.js'
import { InventoryService } from '../../src/modules/inventory/inventory.service.js'
import { InventorySweeper } from '../../src/modules/inventory/inventory.sweeper.js'
import { RebalanceService } from '../../src/modules/inventory/rebalance.service.js'
import { ReleaseScheduleService } from '../../src/modules/inventory/release-schedule.service.js'
import { StockReturnService } from '../../src/modules/inventory/stock-return.service.js'
import { StockStore } from '../../src/modules/inventory/stock.store.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { bootCampaigns, campaignDraft, campaignOf, newTenant, pathsOf, prizeDraft, published } from '../support/campaigns.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { emptyTestRedis } from '../support/redis.js'

const HOUR = 3_600_000
let database: TestDatabase
let here: INestApplicationContext
let elsewhere: INestApplicationContext
let owner: pg.Client
let acme: Context
let inventory: InventoryService

beforeAll(async () => {
  database = await createTestDatabase()
  const redisUrl = await emptyTestRedis()
  here = await bootCampaigns(database.databaseUrl, redisUrl)
  elsewhere = await bootCampaigns(database.databaseUrl, redisUrl)
  owner = new pg.Client({ connectionString: database.databaseUrl })
  await owner.connect()
  acme = await newTenant(here, 'acme')
  inventory = here.get(InventoryService)
})

afterAll(async () => {
  await owner?.end()
  await Promise.all([here?.close(), elsewhere?.close()])
  await database?.drop()
})

const steps = (carryOver: Release['carryOver'], ...list: Array<[minutes: number, units: number]>): Release =>
  ({ carryOver, evenly: null, steps: list.map(([minutes, units]) => ({ atMs: Date.now() + minutes * 60_000, units })) })
const scheduled = (release: Release, over = {}) =>
  published(here, acme, { bucketCount: 4, prizes: [prizeDraft({ stockTotal: 20, release })], ...over })
const one = (campaign: Campaign) => inventory.inventory(acme, campaign.id).then(([first]) => first!)
const states = async (campaign: Campaign) =>
  (await inventory.releaseSteps(acme, campaign.id)).map(({ state, units, voided }) => `${state} ${units}${voided > 0 ? ` -${voided}` : ''}`)
/** As if so many minutes had gone by. */
const pass = (campaign: Campaign, minutes: number) =>
  owner.query(`UPDATE release_step SET due_at = due_at - $2 * interval '1 minute' WHERE campaign_id = $1`, [campaign.id, minutes])
const run = () => here.get(ReleaseScheduleService).run()
/** Takes units out of the buckets as draws do that are not settled yet: they are gone from here. */
async function win(campaign: Campaign, units: number): Promise<void> {
  const place = (await here.get(SnapshotService).reload(acme.tenantId, campaign.id))!
  for (let bucket = 0, left = units; left > 0; bucket = (bucket + 1) % 4) {
    const { stock } = bucketKeys(place, place.epoch, bucket)
    if (Number(await here.get(RedisService).client.hget(stock, 'p1')) > 0) {
      await here.get(RedisService).client.hincrby(stock, 'p1', -1)
      left -= 1
    }
  }
}

describe('a schedule', () => {
  it('grants everything into the vault, and releases what is due', async () => {
    const live = await scheduled(steps('ROLL_OVER', [-10, 5], [10, 6], [20, 7]))
    expect(await one(live)).toMatchObject({ granted: 20, vault: 15, inBuckets: 5, inTransit: 0 })
    expect(await states(live)).toEqual(['RELEASED 5', 'PENDING 6', 'PENDING 7'])
    await run()
    expect(await one(live)).toMatchObject({ vault: 15, inBuckets: 5 })
    await pass(live, 11)
    await win(live, 2)
    await Promise.all([run(), elsewhere.get(ReleaseScheduleService).run(), run()])
    await run()
    expect(await one(live)).toMatchObject({ vault: 9, inBuckets: 9 })
    expect(await states(live)).toEqual(['RELEASED 5', 'RELEASED 6', 'PENDING 7'])
  })

  it('is caught up with when it is late, and never twice', async () => {
    const live = await scheduled({ carryOver: 'ROLL_OVER', steps: null, evenly: { fromMs: Date.now() + 60_000, toMs: null, times: 500, everySeconds: null, dailyAt: null, windows: null } },
      { prizes: [prizeDraft({ stockTotal: 700, release: null }), prizeDraft({ stockTotal: 700, probabilityPpb: 1, release: { carryOver: 'ROLL_OVER', steps: null, evenly: { fromMs: Date.now() + 60_000, toMs: null, times: 500, everySeconds: null, dailyAt: null, windows: null } } })] })
    const second = async () => (await inventory.inventory(acme, live.id))[1]!
    expect(await second()).toMatchObject({ vault: 700, inBuckets: 0 })
    await pass(live, 600)
    const due = () => here.get(ReleaseScheduleService).releaseDue(acme.tenantId, live.id)
    const counts = await Promise.all([due(), elsewhere.get(ReleaseScheduleService).releaseDue(acme.tenantId, live.id), due()])
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(500)
    expect(await second()).toMatchObject({ vault: 0, inBuckets: 700 })
    expect(new Set((await second()).buckets.map(({ remaining }) => remaining))).toEqual(new Set([175]))
  })

  it('grows the stock generation, so that who knew the prize to be gone looks again', async () => {
    const live = await scheduled(steps('ROLL_OVER', [10, 5]))
    const place = (await here.get(SnapshotService).reload(acme.tenantId, live.id))!
    const generation = async () => Number(await here.get(RedisService).client.hget(bucketKeys(place, 1, 3).gate, 'g'))
    const before = await generation()
    await pass(live, 10)
    await run()
    expect(await generation()).toBeGreaterThan(before)
  })

  it('goes on while the campaign is paused, and waits for one that is recovered', async () => {
    const live = await scheduled(steps('ROLL_OVER', [10, 5], [20, 6]))
    await here.get(CampaignService).pause(acme, live.id, live.version)
    await pass(live, 10)
    await run()
    expect(await one(live)).toMatchObject({ inBuckets: 5 })
    await owner.query(`UPDATE campaign SET status = 'RECOVERING' WHERE id = $1`, [live.id])
    await pass(live, 10)
    await run()
    expect(await here.get(ReleaseScheduleService).releaseDue(acme.tenantId, live.id)).toBe(0)
    await owner.query(`UPDATE campaign SET status = 'PAUSED' WHERE id = $1`, [live.id])
    await run()
    expect(await one(live)).toMatchObject({ inBuckets: 11 })
  })

  it('is released before the start where it begins with it, and may change until then', async () => {
    const times = { startsAt: new Date(Date.now() + HOUR), endsAt: new Date(Date.now() + 3 * HOUR) }
    const evenly = { fromMs: null, toMs: null, times: 4, everySeconds: null, dailyAt: null, windows: null }
    const live = await scheduled({ carryOver: 'ROLL_OVER', steps: null, evenly }, times)
    expect(await states(live)).toEqual(['PENDING 5', 'PENDING 5', 'PENDING 5', 'PENDING 5'])
    const update = async (over: Partial<Release> | null, patch = {}) => {
      const now = (await here.get(CampaignService).get(acme, live.id))!
      const prizes = now.prizes.map(({ position: _, imageUrl: __, ...prize }) =>
        ({ ...prize, release: over === null ? null : { ...prize.release!, ...over } }))
      return here.get(CampaignService).update(acme, live.id, now.version, { ...patch, prizes })
    }
    expect(pathsOf(await update(null))).toEqual(['prizes[0].release'])
    campaignOf(await update({ evenly: { ...evenly, times: 2 } }))
    expect(await states(live)).toEqual(['PENDING 10', 'PENDING 10'])
    campaignOf(await update({}, { startsAt: new Date(Date.now() + 20_000) }))
    const [first] = await inventory.releaseSteps(acme, live.id)
    expect(first!.due.getTime()).toBeLessThan(Date.now() + 20_001)
    await run()
    expect(await one(live)).toMatchObject({ vault: 10, inBuckets: 10 })
    await expect(update({ evenly })).rejects.toMatchObject({ code: 'CONFLICT' })
    await owner.query(`UPDATE campaign SET starts_at = now() - interval '1 second' WHERE id = $1`, [live.id])
    expect(pathsOf(await update({ evenly }))).toEqual(['prizes[0].release'])
  })

  it('says which field cannot be', async () => {
    const create = (release: Release) =>
      here.get(CampaignService).create(acme, campaignDraft({ prizes: [prizeDraft(), prizeDraft({ stockTotal: 5, release })] }))
    expect(pathsOf(await create(steps('VOID', [1, 3], [2, 2], [3, 1])))).toEqual(['prizes[1].release.steps[2].units'])
    expect(pathsOf(await create(steps('VOID', [1, 3], [200, 2])))).toEqual(['prizes[1].release.steps[1].at'])
  })
})

describe('VOID', () => {
  it('takes back what was not won before the next step, wherever it lies', async () => {
    const live = await scheduled(steps('VOID', [-10, 5], [10, 6], [20, 7]))
    await win(live, 2)
    await pass(live, 11)
    await Promise.all([run(), elsewhere.get(ReleaseScheduleService).run()])
    await run()
    expect(await one(live)).toMatchObject({ vault: 12, inBuckets: 6, inTransit: 0 })
    expect(await states(live)).toEqual(['RELEASED 5 -3', 'RELEASED 6', 'PENDING 7'])
    await pass(live, 10)
    await run()
    expect(await one(live)).toMatchObject({ vault: 11, inBuckets: 7, inTransit: 0 })
    expect(await states(live)).toEqual(['RELEASED 5 -3', 'RELEASED 6 -6', 'RELEASED 7'])
  })

  it('skips what is late', async () => {
    const live = await scheduled(steps('VOID', [-30, 1], [-20, 2], [-10, 3], [10, 4], [20, 5]))
    expect(await states(live)).toEqual(['SKIPPED 1 -1', 'SKIPPED 2 -2', 'RELEASED 3', 'PENDING 4', 'PENDING 5'])
    await pass(live, 30)
    await run()
    expect(await one(live)).toMatchObject({ vault: 15, inBuckets: 5 })
    expect(await states(live)).toEqual(['SKIPPED 1 -1', 'SKIPPED 2 -2', 'RELEASED 3 -3', 'SKIPPED 4 -4', 'RELEASED 5'])
  })

  it('meets units between buckets, and closes its door behind it', async () => {
    const live = await scheduled(steps('VOID', [-10, 8], [10, 6]))
    const place = (await here.get(SnapshotService).reload(acme.tenantId, live.id))!
    const stock = here.get(StockStore)
    await stock.take(place, { id: 'left-behind', position: 1, units: 2, from: 0, to: 1 })
    await pass(live, 10)
    await run()
    expect(await one(live)).toMatchObject({ vault: 14, inBuckets: 6, inTransit: 0 })
    expect(await states(live)).toEqual(['RELEASED 8 -8', 'RELEASED 6'])
    for (let from = 0; from < 4; from++) expect(await stock.recall(place, { id: newId(), position: 1, from, step: 2 })).toBeNull()
    expect(await one(live)).toMatchObject({ inBuckets: 6 })
  })

  it('is finished where it was cut off between Redis and Postgres', async () => {
    const live = await scheduled(steps('VOID', [-10, 8], [10, 6]))
    const place = (await here.get(SnapshotService).reload(acme.tenantId, live.id))!
    const taken = await here.get(StockStore).recall(place, { id: `void:2:${newId()}`, position: 1, from: 0, step: 2 })
    expect(taken).toMatchObject({ units: 2, to: VAULT })
    expect(await one(live)).toMatchObject({ vault: 12, inBuckets: 6, inTransit: 2 })
    await Promise.all([here.get(InventorySweeper).finishTransfers(-1_000), elsewhere.get(InventorySweeper).finishTransfers(-1_000)])
    expect(await one(live)).toMatchObject({ vault: 14, inBuckets: 6, inTransit: 0 })
    await pass(live, 10)
    await run()
    expect(await states(live)).toEqual(['RELEASED 8 -8', 'RELEASED 6'])
  })
})

describe('by hand', () => {
  it('releases what no step waits for, once per key', async () => {
    const live = await scheduled(steps('ROLL_OVER', [10, 5], [20, 6]))
    const give = (units: number, idempotencyKey: string, reason = 'More') => inventory.releaseStock(acme, { prizeId: live.prizes[0]!.id, units, reason, idempotencyKey })
    await expect(give(10, 'a')).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: 'units: 10 units were to be released, and 9 lie in the vault beside the 11 that the schedule waits for' })
    const answers = await Promise.all([give(7, 'a'), give(7, 'a'), give(7, 'a')])
    for (const answer of answers) expect(answer).toMatchObject({ vault: 13, inBuckets: 7 })
    await expect(give(6, 'a')).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(give(7, 'a', 'Other')).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(give(3, 'b')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
  })

  it('reduces the vault first, from the last step backwards', async () => {
    const live = await scheduled(steps('ROLL_OVER', [-10, 4], [10, 5], [20, 6]))
    const reduce = (delta: number, idempotencyKey = newId()) => inventory.adjustStock(acme, { prizeId: live.prizes[0]!.id, delta, reason: 'Fewer', idempotencyKey })
    expect(await reduce(-3, 'k')).toMatchObject({ granted: 17, vault: 13, inBuckets: 4 })
    expect(await reduce(-3, 'k')).toMatchObject({ granted: 17 })
    expect(await states(live)).toEqual(['RELEASED 4', 'PENDING 5', 'PENDING 6'])
    expect(await reduce(-9)).toMatchObject({ granted: 8, vault: 4, inBuckets: 4, prize: { stockTotal: 8 } })
    expect(await states(live)).toEqual(['RELEASED 4', 'PENDING 4', 'CANCELLED 0'])
    await expect(reduce(-6)).rejects.toMatchObject({ message: 'delta: 6 units were to be taken: 4 are free in the vault and 4 in the buckets; take them in two adjustments' })
    expect(await reduce(-4)).toMatchObject({ granted: 4, vault: 0, inBuckets: 4 })
    expect(await reduce(-4)).toMatchObject({ granted: 0, vault: 0, inBuckets: 0 })
    // What the schedule said of more stock than there is now does not stand in the way of other changes.
    const now = (await here.get(CampaignService).get(acme, live.id))!
    campaignOf(await here.get(CampaignService).update(acme, live.id, now.version, { name: 'Another' }))
  })
})

describe('the end', () => {
  it('returns every unit to the vault, whatever is under way', async () => {
    const live = await scheduled(steps('ROLL_OVER', [-10, 9], [10, 5]))
    const place = (await here.get(SnapshotService).reload(acme.tenantId, live.id))!
    await win(live, 2)
    await here.get(StockStore).take(place, { id: 'left-behind', position: 1, units: 1, from: 0, to: 1 })
    await here.get(StockReturnService).returnAll()
    expect(await one(live)).toMatchObject({ inBuckets: 6, inTransit: 1 })
    await here.get(CampaignService).end(acme, live.id, live.version)
    await Promise.all([here.get(StockReturnService).returnAll(), elsewhere.get(StockReturnService).returnAll()])
    await here.get(StockReturnService).returnAll()
    expect(await one(live)).toMatchObject({ granted: 20, vault: 18, inBuckets: 0, inTransit: 0 })
    expect(await states(live)).toEqual(['RELEASED 9', 'CANCELLED 5'])
    expect((await owner.query('SELECT stock_returned_epoch FROM campaign WHERE id = $1', [live.id])).rows).toEqual([{ stock_returned_epoch: 1 }])
    await pass(live, 60)
    await run()
    expect(await one(live)).toMatchObject({ vault: 18, inBuckets: 0 })
  })

  it('waits for the gates', async () => {
    const live = await scheduled(steps('ROLL_OVER', [-10, 9]))
    await owner.query(`UPDATE campaign SET starts_at = now() - interval '2 hours', ends_at = now() - interval '1 minute' WHERE id = $1`, [live.id])
    expect(await here.get(StockReturnService).returnStock(acme.tenantId, live.id)).toBe(false)
    await owner.query(`UPDATE campaign SET status = 'ENDED' WHERE id = $1`, [live.id])
    expect(await here.get(StockReturnService).returnStock(acme.tenantId, live.id)).toBe(false)
    await here.get(CampaignsSweeper).reconcile()
    expect(await here.get(StockReturnService).returnStock(acme.tenantId, live.id)).toBe(true)
    expect(await one(live)).toMatchObject({ vault: 20, inBuckets: 0 })
  })
})

describe('rebalancing', () => {
  /** Participants of two buckets draw all; returns how many of their draws found the bucket empty and had to fetch. */
  async function rush(live: Campaign, rebalances: boolean): Promise<number> {
    const place = (await here.get(SnapshotService).reload(acme.tenantId, live.id))!
    const redis = here.get(RedisService).client
    let fetches = 0
    for (let round = 0; round < 40; round++) {
      for (let n = 0; n < 10; n++) {
        const bucket = n === 0 ? 1 : 0
        const { stock } = bucketKeys(place, place.epoch, bucket)
        if (Number(await redis.hget(stock, 'p1')) === 0) {
          fetches += 1
          if ((await inventory.fetch(place, bucket, 1, 1)) === 'GONE') return fetches
        }
        await redis.hincrby(stock, 'p1', -1)
        await redis.hincrby(stock, 'q', 1)
      }
      if (rebalances) await here.get(RebalanceService).level(place, 64)
    }
    return fetches
  }

  it('spares draws the fetching where demand is skewed, and loses nothing', async () => {
    const make = () => published(here, acme, { bucketCount: 8, prizes: [prizeDraft({ stockTotal: 600 })] })
    const [plain, levelled] = [await make(), await make()]
    const without = await rush(plain, false)
    const saved = await rush(levelled, true)
    console.log(`fetches on empty: ${without} without rebalancing, ${saved} with it`)
    expect(without).toBeGreaterThanOrEqual(3)
    expect(saved).toBe(0)
    for (const live of [plain, levelled]) expect(await one(live)).toMatchObject({ inBuckets: 200, inTransit: 0 })
  })

  it('is done by one process at a time', async () => {
    expect((await Promise.all([here.get(RebalanceService).run(), elsewhere.get(RebalanceService).run()])).includes(true)).toBe(true)
  })
})
