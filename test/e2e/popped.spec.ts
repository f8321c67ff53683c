import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../../src/common/ids.js'
import type { CampaignSnapshot } from '../../src/modules/campaigns/domain/snapshot.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { lotUnits } from '../../src/modules/inventory/domain/lot.js'
import { StockStore } from '../../src/modules/inventory/stock.store.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, BALANCED, draw, inParallel, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, type LiveCampaign, login, serverKey, type TestPrizeInput } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { seed } from '../support/seed.js'

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
const cash = (over: Partial<TestPrizeInput> & { packets?: unknown }): TestPrizeInput =>
  ({ name: 'Packet', kind: 'CASH', probabilityPpb: CERTAIN_PPB, stockTotal: 40, value: { amountMinor: 10, currency: 'CNY' }, ...over })

let app: TestApp
beforeAll(async () => { app = await bootApp({ env: { SWEEP_INTERVAL_MS: '200' } }) })
afterAll(async () => { await app.close() })

const snapshotOf = async ({ tenant, campaign }: LiveCampaign): Promise<CampaignSnapshot> =>
  (await app.app.get(SnapshotService, { strict: false }).reload(tenant.tenantId, campaign.id))!
const ask = (live: LiveCampaign, userId: string, idempotencyKey = 'k', count = 1) =>
  draw(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId, idempotencyKey, count })

interface AmountsTold { draw: { draws?: Array<{ award: { amount: { amountMinor: number } } | null }> } }

/** What the owner of a won packet is told: its amount. */
async function amountsOf(live: LiveCampaign, userId: string, idempotencyKey = 'k'): Promise<number[]> {
  const mutation = `mutation ($input: DrawInput!) { draw(input: $input) { ... on DrawAccepted { draws { award { amount { amountMinor currency } } } } } }`
  const input = { campaignId: live.campaign.id, userId, idempotencyKey }
  for (;;) {
    const { body } = await gql<AmountsTold>(app.graphqlUrl, mutation, { input }, serverKey(live.tenant))
    const draws = body.data?.draw.draws
    if (draws !== undefined && draws.every(({ award }) => award !== null)) return draws.map(({ award }) => award!.amount.amountMinor)
    await sleep(100)
  }
}

/** Redis loses everything, and recovery makes it again. */
async function loseRedis(live: LiveCampaign): Promise<void> {
  await app.app.get(RedisService, { strict: false }).client.flushdb()
  const before = (await snapshotOf(live)).epoch
  for (let n = 0; n < 200; n++) {
    const now = await snapshotOf(live)
    if (now.epoch > before && now.status !== 'RECOVERING') return
    await sleep(50)
  }
  throw new Error('The campaign was not rebuilt')
}

/** The list, the count and the sum of every bucket agree. */
async function listsAgree(live: LiveCampaign): Promise<void> {
  const place = await snapshotOf(live)
  const { client } = app.app.get(RedisService, { strict: false })
  for (let bucket = 0; bucket < place.bucketCount; bucket++) {
    const keys = bucketKeys(place, place.epoch, bucket)
    const [names, stock] = [await client.zrange(keys.due, 0, -1), await client.hgetall(keys.stock)]
    for (const { position } of place.prizes.filter(({ isFallback }) => !isFallback)) {
      const own = names.filter((name) => name.split(':')[3] === String(position))
      expect([Number(stock[`p${position}`] ?? 0), Number(stock[`z${position}`] ?? 0)])
        .toEqual([own.length, own.reduce((sum, name) => sum + Number(name.split(':')[4]), 0)])
    }
  }
}

describe('red packets', () => {
  it('share a total to the unit, and say the same amounts again after Redis has lost everything', async () => {
    const prizes = [cash({ packets: { totalMinor: 1_000 } })]
    const live = await createLiveCampaign(app, { mechanic: 'RED_PACKET', bucketCount: 8, winsPerUser: 1, prizes })
    const users = Array.from({ length: 55 }, (_, n) => `user-${n}`)
    const first = users.slice(0, 25)
    const codes = (await inParallel(first.map((user) => () => ask(live, user)), 10)).map((answer) => ('code' in answer ? answer.code : 'won'))
    expect(new Set(codes)).toEqual(new Set(['won']))
    const told = new Map<string, number>()
    for (const user of first) told.set(user, (await amountsOf(live, user))[0]!)
    await loseRedis(live)
    await listsAgree(live)
    for (const user of first) expect(await amountsOf(live, user)).toEqual([told.get(user)])
    expect(await ask(live, first[0]!, 'more')).toMatchObject({ code: 'QUOTA_EXCEEDED' })
    const rest = await inParallel(users.slice(25).map((user) => () => ask(live, user)), 10)
    expect(rest.filter((answer) => 'code' in answer && answer.code === 'SOLD_OUT' && answer.retryAfterMs === null)).toHaveLength(15)
    for (const [n, user] of users.slice(25).entries()) if (!('code' in rest[n]!)) told.set(user, (await amountsOf(live, user))[0]!)
    expect(told.size).toBe(40)
    const place = await snapshotOf(live)
    const made = (await lotUnits(place.seed, place.id, place.lots[0]!)).map(({ amountMinor }) => amountMinor!)
    expect([...told.values()].sort((a, b) => a - b)).toEqual(made.sort((a, b) => a - b))
    expect([...told.values()].reduce((sum, one) => sum + one, 0)).toBe(1_000)
    expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  }, 60_000)

  it('come in waves, with a countdown between them', async () => {
    const waves = [{ startsAt: inMs(-1_000), packets: 3, totalMinor: 30 }, { startsAt: inMs(6_000), packets: 2, totalMinor: 7 }]
    const prizes = [cash({ stockTotal: 5, packets: { totalMinor: 37, waves } })]
    const live = await createLiveCampaign(app, { mechanic: 'RED_PACKET', bucketCount: 4, prizes })
    const told = async () => (await gqlData<{ campaign: { nextWaveAt: string | null; waves: unknown[]; lots: unknown } }>(
      app.graphqlUrl, 'query ($id: ID) { campaign(id: $id) { nextWaveAt waves { startsAt packets } lots { no } } }', { id: live.campaign.id }, serverKey(live.tenant))).campaign
    const announced = waves.map(({ startsAt, packets }) => ({ startsAt, packets }))
    expect(await told()).toEqual({ nextWaveAt: waves[1]!.startsAt, lots: null, waves: announced })
    const sum = async (count: number, from: string) => {
      let all = 0
      for (let n = 0; n < count; n++) all += (await amountsOf(live, `${from}-${n}`))[0]!
      return all
    }
    expect(await sum(3, 'early')).toBe(30)
    const between = await ask(live, 'late')
    expect(between).toMatchObject({ code: 'SOLD_OUT', message: expect.stringContaining('next wave') })
    const waitMs = 'code' in between ? between.retryAfterMs! : 0
    expect(waitMs > 0 && waitMs <= 6_000).toBe(true)
    await sleep(waitMs)
    expect(await sum(2, 'late')).toBe(7)
    expect(await ask(live, 'too-late')).toMatchObject({ code: 'SOLD_OUT', retryAfterMs: null })
    expect((await told()).nextWaveAt).toBeNull()
    expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  }, 40_000)

  it('refuse what would break the split that was promised', async () => {
    const live = await createLiveCampaign(app, { mechanic: 'RED_PACKET', prizes: [cash({ packets: { totalMinor: 1_000 } })] })
    const adjust = 'mutation ($p: ID!, $d: Int!, $k: ID!) { adjustStock(prizeId: $p, delta: $d, reason: "test", idempotencyKey: $k) { granted } }'
    for (const d of [1, -1]) {
      const { body } = await gql(app.adminGraphqlUrl, adjust, { p: live.campaign.prizes[0]!.id, d, k: newId() }, bearer(live.token))
      expect(body.errors?.[0]?.message).toContain('split from a total')
    }
  })

  it('say which field cannot be, and why', async () => {
    const { token } = await createLiveCampaign(app)
    const publish = 'mutation ($id: ID!) { answer: publishCampaign(id: $id, expectedVersion: 1) { ... on InvalidCampaign { problems { path message } } } }'
    const pathsOf = async (mechanic: 'RED_PACKET' | 'INSTANT_WIN', prizes: TestPrizeInput[]) => {
      const draft = await createCampaign(app, token, { mechanic, prizes })
      type Answer = { answer: { problems?: Array<{ path: string }> } }
      const { answer } = await gqlData<Answer>(app.adminGraphqlUrl, publish, { id: draft.id }, bearer(token))
      return (answer.problems ?? []).map(({ path }) => path)
    }
    expect(await pathsOf('RED_PACKET', [cash({ packets: { totalMinor: 39 } })])).toEqual(['prizes[0].packets.totalMinor'])
    const wave = { startsAt: inMs(7_200_000), packets: 39, totalMinor: 99 }
    expect(await pathsOf('RED_PACKET', [cash({ packets: { totalMinor: 100, waves: [wave] } })]))
      .toEqual(['prizes[0].packets.waves', 'prizes[0].packets.waves', 'prizes[0].packets.waves[0].startsAt'])
    expect(await pathsOf('INSTANT_WIN', [cash({ stockTotal: 1_000_001 })])).toEqual(['prizes'])
  })
})

describe('instant wins', () => {
  /** Draws one after another, and holds each answer against the moments: won if and only if one has passed that nobody had. */
  async function play(bucketCount: number, losing: boolean): Promise<void> {
    const { int } = seed(`instant wins in ${bucketCount} buckets`)
    const live = await createLiveCampaign(app, {
      mechanic: 'INSTANT_WIN', bucketCount, startsAt: inMs(-100), endsAt: inMs(14_000),
      prizes: [{ name: 'A', probabilityPpb: 0, stockTotal: 20 }, { name: 'B', probabilityPpb: CERTAIN_PPB, stockTotal: 10 }],
    })
    const place = await snapshotOf(live)
    const units = await Promise.all(place.lots.map((lot) => lotUnits(place.seed, place.id, lot)))
    const moments = units.flat().map(({ ms }) => ms).sort((a, b) => a - b)
    expect(moments).toHaveLength(30)
    let won = 0
    for (let n = 0; Date.now() < place.startsAtMs + 9_000; n++) {
      if (losing && n === 40) await loseRedis(live)
      if (bucketCount > 1 && int(10) === 0) {
        // A transfer that nobody finishes: whoever needs its units does.
        const from = int(bucketCount)
        const left = { id: newId(), position: null, units: 3, from, to: (from + 1) % bucketCount }
        await app.app.get(StockStore, { strict: false }).take(await snapshotOf(live), left)
      }
      const { draws: [one] } = await accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: `user-${n}`, idempotencyKey: 'k' })
      const due = moments.filter((ms) => ms <= Date.parse(one!.createdAt)).length - won
      expect({ n, won: one!.outcome === 'WON' }).toEqual({ n, won: due > 0 })
      if (one!.outcome === 'WON') won++
      await sleep(int(60))
    }
    expect(won).toBeGreaterThan(5)
    expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  }

  it('the first draw after a moment wins it, in one bucket', () => play(1, false), 60_000)
  it('the first draw after a moment wins it, in eight buckets', () => play(8, false), 60_000)
  it('the same when Redis loses everything in between', () => play(4, true), 60_000)

  it('restock brings moments from now on, reduction takes the last, the end brings the rest to the vault', async () => {
    const prizes = [{ name: 'A', probabilityPpb: 0, stockTotal: 20 }]
    const live = await createLiveCampaign(app, { mechanic: 'INSTANT_WIN', bucketCount: 4, prizes })
    const [prize] = live.campaign.prizes
    const adjust = async (delta: number) => (await gqlData<{ adjustStock: object }>(
      app.adminGraphqlUrl, 'mutation ($p: ID!, $d: Int!, $k: ID!) { adjustStock(prizeId: $p, delta: $d, reason: "test", idempotencyKey: $k) { granted vault inBuckets } }',
      { p: prize!.id, d: delta, k: newId() }, bearer(live.token))).adjustStock
    expect(await adjust(10)).toEqual({ granted: 30, vault: 0, inBuckets: 30 })
    await listsAgree(live)
    expect(await adjust(-12)).toEqual({ granted: 18, vault: 0, inBuckets: 18 })
    await listsAgree(live)
    await loseRedis(live)
    await listsAgree(live)
    const version = 'query ($id: ID!) { campaign(id: $id) { version } }'
    const { id } = live.campaign
    const seen = await gqlData<{ campaign: { version: number } }>(app.adminGraphqlUrl, version, { id }, bearer(live.token))
    await gqlData(app.adminGraphqlUrl, 'mutation ($id: ID!, $v: Int!) { endCampaign(id: $id, expectedVersion: $v) { __typename } }',
      { id: live.campaign.id, v: seen.campaign.version }, bearer(await login(app, live.tenant.ownerEmail, live.tenant.ownerPassword)))
    const query = 'query ($id: ID!) { inventory(campaignId: $id) { granted vault inBuckets inTransit awarded } }'
    let now: Array<{ vault: number; inBuckets: number; inTransit: number; awarded: number }> = []
    for (let n = 0; n < 150 && now[0]?.inBuckets !== 0; n++) {
      await sleep(100)
      now = (await gqlData<{ inventory: typeof now }>(app.adminGraphqlUrl, query, { id: live.campaign.id }, bearer(live.token))).inventory
    }
    expect(now[0]).toMatchObject({ granted: 18, vault: 18, inBuckets: 0, inTransit: 0, awarded: 0 })
    await listsAgree(live)
    expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  }, 60_000)
})
