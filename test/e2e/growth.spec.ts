import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeDrawId } from '../../src/common/draw-id.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, BALANCED, DRAW_FIELDS, type DrawAnswer, settledBooks } from '../support/draws.js'
import { bearer, createLiveCampaign, type LiveCampaign, serverKey, type TestPrizeInput } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'

const USERS = 40
let app: TestApp
let elsewhere: TestApp // another process: what it knows of the campaign is what it was told
beforeAll(async () => {
  app = await bootApp()
  elsewhere = await bootApp({ on: app, env: { ROLE: 'api' } })
})
afterAll(async () => {
  await elsewhere?.close()
  await app?.close()
})

const admin = <T>(live: LiveCampaign, query: string, variables = {}) =>
  gqlData<T>(app.adminGraphqlUrl, query, { c: live.campaign.id, ...variables }, bearer(live.token))
const PAYLOAD =
  '{ __typename ... on Campaign { version bucketCount } ... on InvalidCampaign { problems { path } } ... on VersionConflict { message } }'
const grow = (live: LiveCampaign, version: number, bucketCount: number) =>
  admin<{ growBuckets: Record<string, unknown> }>(live,
    `mutation ($c: ID!, $v: Int!, $b: Int!) { growBuckets(id: $c, expectedVersion: $v, bucketCount: $b) ${PAYLOAD} }`,
    { v: version, b: bucketCount }).then((data) => data.growBuckets)
interface State { status: string; bucketCount: number; version: number }
const state = (live: LiveCampaign) =>
  admin<{ campaign: State }>(live, 'query ($c: ID!) { campaign(id: $c) { status bucketCount version } }').then(({ campaign }) => campaign)
type Stock = Record<'granted' | 'vault' | 'inBuckets' | 'inTransit' | 'reserved' | 'awarded', number> & { buckets: unknown[] }
const inventory = (live: LiveCampaign) =>
  admin<{ inventory: Stock[] }>(live,
    'query ($c: ID!) { inventory(campaignId: $c) { granted vault inBuckets inTransit reserved awarded buckets { index } } }').then((data) => data.inventory[0]!)
async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await what()); tries++) {
    if (tries > 300) throw new Error('It does not come to be')
    await sleep(50)
  }
}

it('grows while participants draw: every answer stays as it was, and no unit is lost', async () => {
  const live = await createLiveCampaign(app, { bucketCount: 2, prizes: [{ name: 'P', probabilityPpb: 400_000_000, stockTotal: 500 }] })
  const headers = serverKey(live.tenant)
  const answers = new Map<string, { userId: string; key: string; draws: DrawAnswer[] }>()
  let stopped = false
  const play = async (worker: number) => {
    for (let n = 0; !stopped; n++) {
      const userId = `user-${(worker * 7 + n) % USERS}`
      const key = `key-${worker}-${n}`
      const where = n % 2 === 0 ? app : elsewhere
      const { draws } = await accepted(where, headers, { campaignId: live.campaign.id, userId, idempotencyKey: key, count: 1 + (n % 3) })
      answers.set(key, { userId, key, draws })
      await sleep(2)
    }
  }
  const players = Promise.all([0, 1, 2, 3, 4, 5].map(play))
  await until(async () => answers.size > 100)
  const before = await state(live)
  expect(await grow(live, before.version, 8)).toMatchObject({ __typename: 'Campaign', version: before.version + 1 })
  await until(async () => (await state(live)).bucketCount === 8 && (await state(live)).status === 'ACTIVE')
  const soFar = answers.size
  await until(async () => answers.size > soFar + 150)
  stopped = true
  await players

  const buckets = new Set<number>()
  for (const { userId, key, draws } of answers.values()) {
    const again = await accepted(elsewhere, headers, { campaignId: live.campaign.id, userId, idempotencyKey: key, count: draws.length })
    expect(again.draws.map(({ id }) => id)).toEqual(draws.map(({ id }) => id))
    // One that waited for its commit while the campaign grew was told as PENDING.
    again.draws.forEach(({ outcome, prize }, n) => {
      if (draws[n]!.outcome !== null) expect({ outcome, prize }).toEqual({ outcome: draws[n]!.outcome, prize: draws[n]!.prize })
    })
    draws.forEach(({ id }) => buckets.add(decodeDrawId(id)!.bucket))
    const query = `query ($id: ID!) { draw(id: $id) { ${DRAW_FIELDS} } }`
    const { draw } = await gqlData<{ draw: DrawAnswer }>(app.graphqlUrl, query, { id: draws[0]!.id }, headers)
    expect(draw).toMatchObject({ id: draws[0]!.id, userId, idempotencyKey: key })
  }
  expect([...buckets].some((bucket) => bucket > 1)).toBe(true)
  const drawn = [...answers.values()].reduce((sum, { draws }) => sum + draws.length, 0)
  expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: drawn })
  const stock = await inventory(live)
  expect(stock.buckets).toHaveLength(8)
  expect(stock.vault + stock.inBuckets + stock.inTransit + stock.reserved + stock.awarded).toBe(500)
})

/** One draw of each participant until nothing is left, with a growth after the first `growAfter`; what was won, in minor units. */
async function playOut(live: LiveCampaign, participants: number, growAfter: number, to: number): Promise<number[]> {
  const headers = serverKey(live.tenant)
  const query = `mutation ($input: DrawInput!) { draw(input: $input) { __typename
    ... on DrawAccepted { draws { outcome award { amount { amountMinor } } } } ... on DrawRejected { code } } }`
  interface Told { draw: { code?: string; draws?: Array<{ outcome: string | null; award: { amount: { amountMinor: number } } | null }> } }
  const won: number[] = []
  let next = 0
  let grown: Promise<unknown> | undefined
  const player = async () => {
    for (let n = next++; n < participants; n = next++) {
      if (n === growAfter) grown = grow(live, (await state(live)).version, to)
      const input = { campaignId: live.campaign.id, userId: `user-${n}`, idempotencyKey: 'k' }
      for (;;) {
        const where = n % 2 === 0 ? app : elsewhere
        const told = (await gql<Told>(where.graphqlUrl, query, { input }, headers)).body.data?.draw
        const draw = told?.draws?.[0]
        if (told?.code !== undefined && told.code !== 'RECOVERING') break
        // Its amount comes with the award, and that with the commit.
        if (draw?.outcome === 'LOST') break
        if (draw?.outcome === 'WON' && draw.award !== null) {
          won.push(draw.award.amount.amountMinor)
          break
        }
        await sleep(20)
      }
    }
  }
  await Promise.all(Array.from({ length: 6 }, player))
  expect(await grown).toMatchObject({ __typename: 'Campaign' })
  await until(async () => (await state(live)).bucketCount === to && (await state(live)).status === 'ACTIVE')
  return won
}

it('grows with popped stock: each packet is given once, and their sum is exact', async () => {
  const prizes: TestPrizeInput[] = [{
    name: 'Packet', kind: 'CASH', probabilityPpb: 1_000_000_000, stockTotal: 120, value: { amountMinor: 10, currency: 'CNY' }, packets: { totalMinor: 5_000 },
  }]
  const live = await createLiveCampaign(app, { mechanic: 'RED_PACKET', bucketCount: 2, prizes })
  const won = await playOut(live, 160, 40, 8)
  expect([won.length, won.reduce((sum, amount) => sum + amount, 0)]).toEqual([120, 5_000])
  expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 120 })
})

it('grows with a budget: it is spent to the last prize that it pays for, and not beyond', async () => {
  const prizes: TestPrizeInput[] = [{
    name: 'Coupon', kind: 'CASH', probabilityPpb: 1_000_000_000, stockTotal: 1_000, value: { amountMinor: 7, currency: 'CNY' }, winsPerDay: 500,
  }]
  const live = await createLiveCampaign(app, { bucketCount: 2, budget: { currency: 'CNY', totalMinor: 500 }, prizes })
  const won = await playOut(live, 140, 30, 8)
  expect(won).toHaveLength(Math.floor(500 / 7))
  expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 140 })
})

it('says why it cannot', async () => {
  const live = await createLiveCampaign(app, { bucketCount: 2 })
  const { version } = await state(live)
  const problem = async (bucketCount: number, at = version) => await grow(live, at, bucketCount)
  for (const count of [0, 1, 2, 3, 6, 128, -4]) expect(await problem(count)).toMatchObject({ problems: [{ path: 'bucketCount' }] })
  expect(await problem(4, version - 1)).toMatchObject({ __typename: 'VersionConflict' })
})

it('returns all stock to the vault when the campaign ends, over the API', async () => {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString()
  const release = { carryOver: 'VOID', steps: [{ at: at(-1_000), units: 30 }, { at: at(2_500), units: 20 }] }
  const prizes: TestPrizeInput[] = [{ name: 'P', probabilityPpb: 1_000_000_000, stockTotal: 100, release }]
  const live = await createLiveCampaign(app, { bucketCount: 4, prizes })
  for (let n = 0; n < 5; n++) await accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: `user-${n}`, idempotencyKey: 'k' })
  const steps = () => admin<{ releaseSteps: Array<{ no: number; units: number; state: string; voided: number }> }>(live,
    'query ($c: ID!) { releaseSteps(campaignId: $c) { no units state voided } }').then((data) => data.releaseSteps)
  await until(async () => (await steps())[1]!.state === 'RELEASED')
  expect(await steps()).toEqual([{ no: 1, units: 30, state: 'RELEASED', voided: 25 }, { no: 2, units: 20, state: 'RELEASED', voided: 0 }])
  await until(async () => (await inventory(live)).inBuckets === 20)
  expect(await inventory(live)).toMatchObject({ granted: 100, vault: 75, inTransit: 0 })
  for (let n = 0; n < 5; n++) await accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: `user-${n}`, idempotencyKey: 'k2' })
  await admin(live, 'mutation ($c: ID!, $v: Int!) { endCampaign(id: $c, expectedVersion: $v) { __typename } }', { v: (await state(live)).version })
  await until(async () => (await inventory(live)).inBuckets === 0)
  await until(async () => (await inventory(live)).awarded === 10)
  expect(await inventory(live)).toMatchObject({ granted: 100, vault: 90, inTransit: 0, reserved: 0, awarded: 10 })
  expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 10 })
})
