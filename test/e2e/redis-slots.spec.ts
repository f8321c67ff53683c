import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { Redis } from 'ioredis'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { StockStore } from '../../src/modules/inventory/stock.store.js'
import { INCARNATION_KEY, loginKeys } from '../../src/platform/redis/keys.js'
import { RedisScript } from '../../src/platform/redis/script.js'
import { bootApp, type TestApp } from '../support/app.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { accepted, BALANCED, draw, grantTickets, inParallel, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createLiveCampaign, type LiveCampaign, moveCampaign, serverKey, type TestCampaignInput } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js'
import { eventually } from '../support/rows.js'
import { createTestKey } from '../support/test-keys.js'

/**
 * The whole product on a Redis that has all slots of a cluster and refuses (CROSSSLOT) any command, script or transaction whose keys are
 * of more than one: nothing that it asks may need two slots.
 */
let cluster: RedisCluster
let database: TestDatabase
let app: TestApp
let redis: Redis
const played = new Map<string, string[]>()

beforeAll(async () => {
  const run = RedisScript.prototype.run
  jest.spyOn(RedisScript.prototype, 'run').mockImplementation(function noted(this: RedisScript, client, keys, args) {
    played.set(`${this.name}-${this.keyCount}`, [...keys])
    return run.call(this, client, keys, args)
  })
  cluster = await startRedisCluster(1)
  database = await createTestDatabase()
  const { url } = cluster.masters[0]!
  redis = new Redis(url)
  app = await bootApp({ on: { databaseUrl: database.databaseUrl, redisUrl: url }, env: { SHARED_RATES: '1', SWEEP_INTERVAL_MS: '200' } })
})
afterAll(async () => {
  await app?.stop()
  redis?.disconnect()
  await database?.drop()
  await cluster?.stop()
  jest.restoreAllMocks()
})

const money = (amountMinor: number) => ({ amountMinor, currency: 'CNY' })
const LOTTERY: Partial<TestCampaignInput> = {
  bucketCount: 8, drawsPerUserTotal: 1_000, drawsPerUserDaily: 1_000, winsPerUser: 500,
  requiresTickets: true, ticketRules: { dailyFree: { tickets: 2 } },
  guaranteeAfterLosses: 20, budget: { currency: 'CNY', totalMinor: 900, dailyMinor: 900 },
  prizes: [
    { name: 'Rare', probabilityPpb: CERTAIN_PPB / 4, stockTotal: 20, value: money(5), winsPerUserDaily: 50, winsPerDay: 30, unlockAfterDraws: 1 },
    { name: 'Guaranteed', probabilityPpb: 0, stockTotal: 30, isGuarantee: true },
    { name: 'Instead', probabilityPpb: 0, stockTotal: 40, isFallback: true, fallbackOrder: 1 },
  ],
}
const admin = <T>(live: LiveCampaign, query: string, variables: Record<string, unknown> = {}) =>
  gqlData<T>(app.adminGraphqlUrl, query, { c: live.campaign.id, ...variables }, bearer(live.token))
const placeOf = async ({ tenant, campaign }: LiveCampaign) =>
  (await app.app.get(SnapshotService, { strict: false }).reload(tenant.tenantId, campaign.id))!
type Told = LiveCampaign['campaign'] & { bucketCount: number }
const campaignOf = async (live: LiveCampaign) =>
  (await admin<{ campaign: Told }>(live, 'query ($c: ID!) { campaign(id: $c) { id slug status version bucketCount prizes { id name stockTotal } } }')).campaign

/** Each press is accepted, or refused for a reason of the campaign's; under a known prefix it is a repeat. */
async function press(live: LiveCampaign, prefix: string, draws: number, count = 1): Promise<void> {
  const input = (n: number) => ({
    campaignId: live.campaign.id, userId: `user-${n % 20}`, idempotencyKey: `${prefix}-${n}`, count, deviceId: `device-${n % 7}`, ip: `192.0.2.${n % 9}`,
  })
  await inParallel(Array.from({ length: draws }, (_, n) => () => draw(app, serverKey(live.tenant), input(n))), 16)
}

let lottery: LiveCampaign

it('draws by every rule, with tickets, windows of devices and stock from other buckets', async () => {
  lottery = await createLiveCampaign(app, LOTTERY)
  const rules = ['PARTICIPANT', 'DEVICE', 'IP'].map((subject) => ({ subject, windowSeconds: 60, drawsMax: 1_000 }))
  await admin(lottery, 'mutation ($c: ID!, $rules: [VelocityRuleInput!]!) { setVelocityRules(campaignId: $c, rules: $rules) { subject } }', { rules })
  for (let user = 0; user < 20; user++) await grantTickets(app, lottery, `user-${user}`, 50)
  await press(lottery, 'one', 100)
  await press(lottery, 'three', 40, 3)
  await press(lottery, 'one', 20)
  expect(await settledBooks(app, lottery)).toMatchObject(BALANCED)
})

it('grows buckets, adjusts stock, and is built again when it has lost everything', async () => {
  const { version, prizes } = await campaignOf(lottery)
  await admin(lottery, 'mutation ($c: ID!, $v: Int!) { growBuckets(id: $c, expectedVersion: $v, bucketCount: 16) { __typename } }', { v: version })
  await eventually(async () => { expect(await campaignOf(lottery)).toMatchObject({ bucketCount: 16, status: 'ACTIVE' }) }, 30_000)
  for (const delta of [100, -30]) {
    await admin(lottery, 'mutation ($p: ID!, $d: Int!, $k: ID!) { adjustStock(prizeId: $p, delta: $d, reason: "test", idempotencyKey: $k) { granted } }', { p: prizes[0]!.id, d: delta, k: `by ${delta}` })
  }
  await press(lottery, 'grown', 60)
  expect(await settledBooks(app, lottery)).toMatchObject(BALANCED)
  await redis.set(INCARNATION_KEY, 'another run')
  await eventually(async () => { expect(played.has('set-run-1')).toBe(true) }, 30_000)
  const { epoch } = await placeOf(lottery)
  await redis.flushall()
  await eventually(async () => { expect(await placeOf(lottery)).toMatchObject({ epoch: epoch + 1, status: 'ACTIVE' }) }, 30_000)
  await press(lottery, 'again', 40)
  expect(await settledBooks(app, lottery)).toMatchObject(BALANCED)
})

it('pops units over several buckets, and takes them back when the campaign ends', async () => {
  const prizes = [{ name: 'Packet', kind: 'CASH' as const, probabilityPpb: CERTAIN_PPB, stockTotal: 40, value: money(10), packets: { totalMinor: 400 } }]
  const live = await createLiveCampaign(app, { mechanic: 'RED_PACKET', bucketCount: 4, drawsPerUserTotal: 100, prizes })
  const sale = await createLiveCampaign(app, {
    mechanic: 'FLASH_SALE', bucketCount: 4, drawsPerUserTotal: 100, prizes: [{ name: 'Last', probabilityPpb: CERTAIN_PPB, stockTotal: 8 }],
  })
  await press(live, 'packet', 30)
  // Sold out: answered from memory for as long as the gate's lease is renewed.
  await eventually(async () => {
    await press(sale, `sale-${performance.now()}`, 20)
    expect(played.has('lease-gate-1')).toBe(true)
  }, 30_000)
  await moveCampaign(app, live.token, 'end', await campaignOf(live))
  await eventually(async () => { expect(played.has('recall-3')).toBe(true) }, 30_000)
  for (const one of [live, sale]) await eventually(async () => { expect(await settledBooks(app, one)).toMatchObject(BALANCED) }, 30_000)
})

it('draws in test worlds', async () => {
  const { headers } = await createTestKey(app, lottery.token)
  for (let n = 0; n < 10; n++) await accepted(app, headers, { campaignId: lottery.campaign.id, userId: `user-${n}`, idempotencyKey: `test-${n}`, deviceId: 'd', ip: '192.0.2.1' })
  await gqlData(app.graphqlUrl, 'mutation ($c: ID!) { resetTestDraws(campaignId: $c) }', { c: lottery.campaign.id }, headers)
})

it('moves stock in ways that are seldom needed', async () => {
  const store = app.app.get(StockStore, { strict: false })
  const live = await createLiveCampaign(app, { bucketCount: 4, prizes: [{ name: 'Prize', probabilityPpb: 1, stockTotal: 40 }] })
  const place = await placeOf(live)
  const { position } = place.prizes[0]!
  const taken = await store.take(place, { id: 'a-transfer', position, from: 0, to: 3, units: 4 })
  expect(taken).toMatchObject({ units: 4 })
  expect(await store.giveBack(place, taken!)).toBe(4)
  await store.closeStep(place, position, 1)
  expect(await store.callOff(place, 1, 'a-reduction')).toBe(true)
  expect(await store.withdraw(place, 1, { ledgerId: 'a-reduction', position, units: 1 })).toBe('CALLED_OFF')
  expect(await store.tryLock(place, position, 'token', 1_000)).toBe(true)
  await store.unlock(place, position, 'token')
})

it('has played every script, each with keys of one slot, and was never refused', async () => {
  const scripts = readdirSync(join(process.cwd(), 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.lua')).map((file) => basename(file, '.lua'))
  // Run by their source, at each sign-in of an operator above: for an e-mail and an address at once.
  for (const script of ['begin-attempt-4', 'settle-attempt-4']) played.set(script, [...loginKeys('e:an-email'), ...loginKeys('a:an-address')])
  expect(scripts.filter((script) => !played.has(script))).toEqual([])
  for (const [script, keys] of played) {
    const slots = await Promise.all(keys.map((key) => redis.cluster('KEYSLOT', key)))
    expect([script, new Set(slots).size]).toEqual([script, 1])
  }
  expect(await redis.info('errorstats')).not.toMatch(/errorstat_(?:CROSSSLOT|MOVED|EXECABORT)/)
})
