import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../../src/common/ids.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { StockStore } from '../../src/modules/inventory/stock.store.js'
import { BooksService } from '../../src/modules/settlement/books/books.service.js'
import { systemContext } from '../../src/common/context.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, BALANCED, draw, inParallel, settledBooks } from '../support/draws.js'
import { CERTAIN_PPB, createLiveCampaign, type LiveCampaign, serverKey } from '../support/fixtures.js'

let app: TestApp
beforeAll(async () => { app = await bootApp({ env: { SWEEP_INTERVAL_MS: '200' } }) })
afterAll(async () => { await app.close() })

const redis = () => app.app.get(RedisService, { strict: false }).client
const placeOf = async ({ tenant, campaign }: LiveCampaign) =>
  (await app.app.get(SnapshotService, { strict: false }).reload(tenant.tenantId, campaign.id))!
const audit = ({ tenant, campaign }: LiveCampaign) =>
  app.app.get(BooksService, { strict: false }).audit(systemContext(tenant.tenantId, 'test'), campaign.id, { attempts: 1 })
const told = async (live: LiveCampaign) => (await audit(live)).violations.map(({ invariant, detail }) => `${invariant} ${detail}`)

/** 40 packets of 1 000 in all, ten of them won and settled. */
async function packets(bucketCount: number): Promise<LiveCampaign> {
  const prizes = [{ name: 'Packet', kind: 'CASH' as const, probabilityPpb: CERTAIN_PPB, stockTotal: 40, value: { amountMinor: 10, currency: 'CNY' }, packets: { totalMinor: 1_000 } }]
  const live = await createLiveCampaign(app, { mechanic: 'RED_PACKET', bucketCount, prizes })
  for (let n = 0; n < 10; n++) await accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: `u-${n}`, idempotencyKey: 'k' })
  expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  return live
}

async function firstUnit(live: LiveCampaign) {
  const place = await placeOf(live)
  const keys = bucketKeys(place, place.epoch, 0)
  const [name, ms] = (await redis().zrange(keys.due, 0, 0, 'WITHSCORES')) as [string, string]
  return { keys, name, ms: Number(ms), amount: Number(name.split(':')[4]) }
}

describe('the books of popped stock', () => {
  it('tell a unit that its list has lost', async () => {
    const live = await packets(4)
    const { keys, name, ms } = await firstUnit(live)
    await redis().zrem(keys.due, name)
    expect(await told(live)).toEqual([expect.stringMatching(/^I7 bucket 0: \d+ popped units are counted, and \d+ are listed$/)])
    await redis().zadd(keys.due, ms, name)
    expect(await told(live)).toEqual([])
  }, 60_000)

  it('tell a sum that is not that of its list, and not what was split', async () => {
    const live = await packets(2)
    const { keys } = await firstUnit(live)
    await redis().hincrby(keys.stock, 'z1', 3)
    expect(await told(live)).toEqual([
      expect.stringMatching(/^I7 prize \S+: the amounts of its units are not what was split \(1000 split, /),
      expect.stringMatching(/^I7 bucket 0: the popped units of the prize at position 1 are counted as worth \d+, and those listed are worth \d+$/),
    ])
    await redis().hincrby(keys.stock, 'z1', -3)
    expect(await told(live)).toEqual([])
  }, 60_000)

  it('tell an amount that was changed in the list and the sum alike, and one that was changed on its way', async () => {
    const live = await packets(2)
    const split = expect.stringMatching(/^I7 prize \S+: the amounts of its units are not what was split \(1000 split, /)
    const { keys, name, ms, amount } = await firstUnit(live)
    const other = name.replace(/\d+$/, String(amount + 1))
    await redis().multi().zrem(keys.due, name).zadd(keys.due, ms, other).hincrby(keys.stock, 'z1', 1).exec()
    expect(await told(live)).toEqual([split])
    await redis().multi().zrem(keys.due, other).zadd(keys.due, ms, name).hincrby(keys.stock, 'z1', -1).exec()
    const id = newId()
    await app.app.get(StockStore, { strict: false }).take(await placeOf(live), { id, position: null, units: 2, from: 0, to: 1 })
    expect(await told(live)).toEqual([])
    const record = (await redis().hget(keys.out, id))!
    await redis().hset(keys.out, id, `${record}1`)
    expect(await told(live)).toEqual([split])
  }, 60_000)

  it('tell a unit of another prize in a list that is read page by page', async () => {
    const prizes = [{ name: 'A', probabilityPpb: 0, stockTotal: 4_000 }, { name: 'B', probabilityPpb: 0, stockTotal: 1_000 }]
    const live = await createLiveCampaign(app, { mechanic: 'INSTANT_WIN', bucketCount: 1, prizes })
    for (let n = 0; n < 100 && (await redis().zcard((await firstUnit(live)).keys.due)) < 5_000; n++) await sleep(50)
    expect(await told(live)).toEqual([])
    const { keys } = await firstUnit(live)
    const [name, ms] = (await redis().zrange(keys.due, -1, -1, 'WITHSCORES')) as [string, string]
    const [rank, lot, no, position] = name.split(':')
    await redis().multi().zrem(keys.due, name).zadd(keys.due, ms, `${rank}:${lot}:${no}:${position === '1' ? 2 : 1}:`).exec()
    expect(await told(live)).toEqual([
      expect.stringMatching(/^I7 bucket 0: \d+ popped units of the prize at position 1 are counted, and \d+ are listed$/),
      expect.stringMatching(/^I7 bucket 0: \d+ popped units of the prize at position 2 are counted, and \d+ are listed$/),
    ])
  }, 60_000)

  it('balance at every moment of a rush, and after it', async () => {
    const prizes = [{ name: 'Packet', kind: 'CASH' as const, probabilityPpb: CERTAIN_PPB, stockTotal: 300, value: { amountMinor: 10, currency: 'CNY' }, packets: { totalMinor: 9_000 } }]
    const live = await createLiveCampaign(app, { mechanic: 'RED_PACKET', bucketCount: 4, prizes })
    let going = true
    const rush = inParallel(Array.from({ length: 330 }, (_, n) => () =>
      draw(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: `u-${n}`, idempotencyKey: 'k' })), 12).finally(() => { going = false })
    const seen: string[] = []
    let audits = 0
    for (; going; audits++) seen.push(...(await told(live)))
    const answers = await rush
    expect(audits).toBeGreaterThan(1)
    expect(seen).toEqual([])
    expect(answers.filter(({ __typename }) => __typename === 'DrawAccepted')).toHaveLength(300)
    expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  }, 60_000)
})
