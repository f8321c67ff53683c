import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { ClosureService } from '../../src/modules/draws/memory/closure.service.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, BALANCED, draw, type DrawArguments, inParallel, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createLiveCampaign, type LiveCampaign, moveCampaign, serverKey, uniqueName } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

/** How often a lease is asked for, at the most, while there are draws: 100 ms long, and renewed when 40 are left. */
const LEASE_EVERY_MS = 55
const WAIT_MS_MAX = 5_000

let here: TestApp
let there: TestApp

beforeAll(async () => {
  here = await bootApp()
  there = await bootApp({ on: here })
})
afterAll(async () => {
  await there?.close()
  await here?.close()
})

const service = <T>(app: TestApp, type: abstract new (...args: never[]) => T): T =>
  app.app.get(type as new (...args: never[]) => T, { strict: false })
const snapshotOf = async (app: TestApp, { tenant, campaign }: LiveCampaign) =>
  (await service(app, SnapshotService).get(tenant.tenantId, campaign.id))!
const sale = (more: Parameters<typeof createLiveCampaign>[1] = {}) =>
  createLiveCampaign(here, { mechanic: 'FLASH_SALE', bucketCount: 4, prizes: [{ name: 'P', probabilityPpb: CERTAIN_PPB, stockTotal: 3 }], ...more })
const by = (app: TestApp, live: LiveCampaign) => (userId: string, more: Partial<DrawArguments> = {}) =>
  draw(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId, idempotencyKey: 'key', ...more })
const operator = (live: LiveCampaign) => (query: string, variables: Record<string, unknown>) =>
  gqlData(here.adminGraphqlUrl, query, variables, bearer(live.token))
const restock = (live: LiveCampaign, delta: number) => operator(live)(
  'mutation ($prizeId: ID!, $delta: Int!, $key: ID!) { adjustStock(prizeId: $prizeId, delta: $delta, reason: "test", idempotencyKey: $key) { granted } }',
  { prizeId: live.campaign.prizes[0]!.id, delta, key: uniqueName('adjust') },
)
const refusal = (code: string) => ({ __typename: 'DrawRejected', code, retryAfterMs: null })

/** Draws that are refused, until the process answers them by itself. */
async function untilRemembered(app: TestApp, live: LiveCampaign): Promise<void> {
  const giveUpAt = Date.now() + WAIT_MS_MAX
  for (let n = 0; service(app, ClosureService).current(await snapshotOf(app, live)) === null; n++) {
    if (Date.now() > giveUpAt) throw new Error('The process asks Redis again and again')
    await by(app, live)(uniqueName('nobody'))
  }
}

/** Scripts that this process calls with the campaign's gates meanwhile. */
async function scriptsCalled(live: LiveCampaign, work: () => Promise<unknown>): Promise<number> {
  const snapshot = await snapshotOf(here, live)
  const buckets = Array.from({ length: snapshot.bucketCount }, (_, bucket) => bucket)
  const gates = new Set<unknown>(buckets.map((bucket) => bucketKeys(snapshot, snapshot.epoch, bucket).gate))
  const called = jest.spyOn(service(here, RedisService).client, 'evalsha')
  try {
    await work()
    return called.mock.calls.filter(([, , first]) => gates.has(first)).length
  } finally {
    called.mockRestore()
  }
}

describe('a campaign that is sold out', () => {
  it.each([
    ['a FLASH_SALE', {}],
    ['a RED_PACKET', { mechanic: 'RED_PACKET' as const, prizes: [{
      name: 'P', kind: 'CASH' as const, probabilityPpb: CERTAIN_PPB, stockTotal: 3, value: { amountMinor: 1, currency: 'EUR' }, packets: { totalMinor: 100 },
    }] }],
  ])('%s answers a thousand draws without asking Redis for each', async (_what, more) => {
    const live = await sale(more)
    for (const userId of ['ann', 'bob', 'cyd']) await by(here, live)(userId)
    await untilRemembered(here, live)
    const began = performance.now()
    const calls = await scriptsCalled(live, async () => {
      const answers = await inParallel(Array.from({ length: 1_000 }, (_, n) => () => by(here, live)(`user-${n % 300}`, { idempotencyKey: `key-${n}` })), 20)
      for (const answer of answers) expect(answer).toMatchObject(refusal('SOLD_OUT'))
    })
    // Some 2 % of participants and 0.3 % of keys may look like those of a winner, and are asked for.
    expect(calls).toBeLessThan(1_000 * 0.08 + (performance.now() - began) / LEASE_EVERY_MS)
    expect(await (await fetch(here.metricsUrl)).text()).toMatch(/drawbridge_redis_visits_saved_total\{reason="sold_out"\} [1-9]/)
    expect(await settledBooks(here, live)).toMatchObject({ ...BALANCED, draws: 3 })
  })

  it('tells whatever comes before SOLD_OUT', async () => {
    const live = await sale({ drawsPerUserTotal: 2 })
    const won = await accepted(here, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'ann', idempotencyKey: 'key', count: 2 })
    await accepted(there, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'bob', idempotencyKey: 'key' })
    await untilRemembered(here, live)
    const ask = by(here, live)
    for (let time = 0; time < 3; time++) {
      expect(await ask('ann', { count: 2 })).toEqual({ ...won, replayed: true })
      expect(await ask('bob')).toMatchObject({ replayed: true, drawsLeft: 1, draws: [{ outcome: 'WON' }] })
      expect(await ask('ann', { count: 1 })).toMatchObject(refusal('IDEMPOTENCY_CONFLICT'))
      expect(await ask('ann', { idempotencyKey: 'other' })).toMatchObject(refusal('QUOTA_EXCEEDED'))
      expect(await ask('bob', { idempotencyKey: 'other' })).toMatchObject(refusal('SOLD_OUT'))
      expect(await ask('bob', { idempotencyKey: 'other', count: 2 })).toMatchObject(refusal('QUOTA_EXCEEDED'))
      expect(await ask('nobody', { count: 3 })).toMatchObject(refusal('QUOTA_EXCEEDED'))
    }
    const admin = operator(live)
    await admin('mutation ($input: RiskEntryInput!) { addRiskEntry(input: $input) { id } }', { input: { list: 'BLOCK', subject: 'PARTICIPANT', value: 'mallory', reason: 'test' } })
    expect(await ask('mallory')).toMatchObject(refusal('BLOCKED'))
    expect(await ask('eve')).toMatchObject(refusal('SOLD_OUT'))
    await admin('mutation ($id: ID, $rules: [VelocityRuleInput!]!) { setVelocityRules(campaignId: $id, rules: $rules) { subject } }', {
      id: live.campaign.id, rules: [{ subject: 'PARTICIPANT', windowSeconds: 60, drawsMax: 1 }, { subject: 'DEVICE', windowSeconds: 60, drawsMax: 1 }],
    })
    expect(await ask('fay', { count: 2 })).toMatchObject(refusal('TOO_FREQUENT'))
    expect(await ask('fay', { count: 2, deviceId: 'phone' })).toMatchObject(refusal('TOO_FREQUENT'))
    expect(await ask('fay', { deviceId: 'phone' })).toMatchObject(refusal('SOLD_OUT'))
    const paused = await moveCampaign(here, live.token, 'pause', live.campaign)
    for (const app of [here, there]) expect(await by(app, live)('gil')).toMatchObject(refusal('CAMPAIGN_PAUSED'))
    await moveCampaign(here, live.token, 'resume', paused)
    for (const app of [here, there]) expect(await by(app, live)('gil')).toMatchObject(refusal('SOLD_OUT'))
  })

  it('asks Redis where a rule may come first, and where draws are accepted without stock', async () => {
    const prizes = [{ name: 'P', probabilityPpb: CERTAIN_PPB, stockTotal: 1 }]
    const tickets = await sale({ prizes, requiresTickets: true })
    expect(await by(here, tickets)('ann')).toMatchObject(refusal('NO_TICKETS'))
    const locked = await sale({ prizes: [{ ...prizes[0]!, unlockAfterDraws: 2 }] })
    expect(await by(here, locked)('ann')).toMatchObject({ draws: [{ outcome: 'LOST' }] })
    expect(await by(here, locked)('ann', { idempotencyKey: 'second' })).toMatchObject({ draws: [{ outcome: 'WON' }] })
    expect(await by(here, locked)('ann', { idempotencyKey: 'third' })).toMatchObject(refusal('SOLD_OUT'))
    await sleep(300)
    expect(await by(here, locked)('bob')).toMatchObject({ draws: [{ outcome: 'LOST' }] })
  })

  it.each(['announced', 'not announced'])('sells again in every process when stock has come, %s', async (how) => {
    const live = await sale()
    for (const userId of ['ann', 'bob', 'cyd']) await by(here, live)(userId)
    const lost = how === 'announced' ? null : jest.spyOn(service(here, SnapshotService), 'invalidate').mockResolvedValue()
    try {
      for (let round = 0; round < 3; round++) {
        await Promise.all([untilRemembered(here, live), untilRemembered(there, live)])
        await restock(live, 2)
        for (const app of [there, here]) {
          const userId = `late-${round}-${app === here ? 'here' : 'there'}`
          const won = await accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId, idempotencyKey: 'key' })
          // And its own answer, wherever it is asked for.
          for (const other of [here, there]) expect(await by(other, live)(userId)).toEqual({ ...won, replayed: true })
        }
      }
    } finally {
      lost?.mockRestore()
    }
    expect(await settledBooks(here, live)).toMatchObject({ ...BALANCED, draws: 9 })
  })

  it('knows every winner, also those that another process accepted as the stock came to its end', async () => {
    for (let round = 0; round < 6; round++) {
      const live = await sale({ bucketCount: round % 2 === 0 ? 1 : 8, prizes: [{ name: 'P', probabilityPpb: CERTAIN_PPB, stockTotal: 40 }] })
      const answers = await inParallel(Array.from({ length: 160 }, (_, n) => async () => {
        const app = n % 2 === 0 ? here : there
        return { n, answer: await by(app, live)(`user-${n}`) }
      }), 40)
      const won = answers.filter(({ answer }) => answer.__typename === 'DrawAccepted')
      expect(won).toHaveLength(40)
      await Promise.all([untilRemembered(here, live), untilRemembered(there, live)])
      for (const app of [here, there]) {
        const again = await inParallel(won.map(({ n, answer }) => async () => expect(await by(app, live)(`user-${n}`)).toEqual({ ...answer, replayed: true })))
        expect(again).toHaveLength(40)
      }
    }
  }, 60_000)

  it('forgets with its Redis, and is not believed while it is restored', async () => {
    const live = await sale()
    const won = await accepted(here, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'ann', idempotencyKey: 'key', count: 3 })
    await settledBooks(here, live)
    await untilRemembered(here, live)
    const before = await snapshotOf(here, live)
    const client = service(here, RedisService).client
    await client.unlink(...Array.from({ length: before.bucketCount }, (_, bucket) => bucketKeys(before, before.epoch, bucket).gate))
    await sleep(110)
    const query = 'mutation ($input: DrawInput!) { draw(input: $input) { __typename ... on DrawRejected { code } } }'
    const asked = (userId: string) => gqlData<{ draw: unknown }>(here.graphqlUrl, query, { input: { campaignId: live.campaign.id, userId, idempotencyKey: 'key' } }, serverKey(live.tenant))
    expect((await asked('bob')).draw).toEqual({ __typename: 'DrawRejected', code: 'RECOVERING' })
    // Once recovery has made it anew: under another epoch, with the same answers.
    expect(await by(here, live)('bob')).toMatchObject(refusal('SOLD_OUT'))
    expect((await snapshotOf(here, live)).epoch).toBeGreaterThan(before.epoch)
    expect(await by(here, live)('ann', { count: 3 })).toMatchObject({ replayed: true, draws: won.draws.map(({ id, outcome }) => ({ id, outcome })) })
    await untilRemembered(here, live)
    const closed = once(client, 'close')
    client.disconnect(true)
    await closed
    while (client.status !== 'ready') await sleep(5)
    expect(service(here, ClosureService).current(await snapshotOf(here, live))).toBeNull()
    expect(await by(here, live)('bob')).toMatchObject(refusal('SOLD_OUT'))
  }, 30_000)
})

it('a campaign that has ended says so without asking Redis, and repeats its answers', async () => {
  const live = await createLiveCampaign(here, { bucketCount: 4, drawsPerUserDaily: 5 })
  const drawn = await inParallel(Array.from({ length: 60 }, (_, n) => async () => ({ n, answer: await by(n % 2 === 0 ? here : there, live)(`user-${n}`) })))
  await moveCampaign(here, live.token, 'end', live.campaign)
  await inParallel(Array.from({ length: 60 }, (_, n) => () => by(here, live)(`late-${n}`)))
  await untilRemembered(here, live)
  const began = performance.now()
  const calls = await scriptsCalled(live, async () => {
    const answers = await inParallel(Array.from({ length: 500 }, (_, n) => () => by(here, live)(`user-${n}`, { idempotencyKey: 'late' })), 20)
    for (const answer of answers) expect(answer).toMatchObject(refusal('CAMPAIGN_ENDED'))
  })
  // Without a memory of the end each of the 500 would ask.
  expect(calls).toBeLessThan(500 * 0.1 + (performance.now() - began) / LEASE_EVERY_MS)
  for (const { n, answer } of drawn) expect(await by(here, live)(`user-${n}`)).toEqual({ ...answer, replayed: true })
  expect(await by(here, live)('user-1', { count: 2 })).toMatchObject(refusal('IDEMPOTENCY_CONFLICT'))
})

it('a lottery’s exhausted prize is looked for once, and won again when there is more', async () => {
  const live = await createLiveCampaign(here, { prizes: [{ name: 'P', probabilityPpb: CERTAIN_PPB, stockTotal: 1 }] })
  for (const userId of ['ann', 'bob']) await by(here, live)(userId)
  const calls = await scriptsCalled(live, () => inParallel(Array.from({ length: 200 }, (_, n) => async () => {
    expect(await by(here, live)(`user-${n}`)).toMatchObject({ draws: [{ outcome: 'LOST' }] })
  })))
  expect(calls).toBe(200)
  expect(await (await fetch(here.metricsUrl)).text()).toMatch(/drawbridge_redis_visits_saved_total\{reason="exhausted_prize"\} [1-9]/)
  await restock(live, 2)
  for (const app of [here, there]) expect(await by(app, live)(`late-${app === here ? 1 : 2}`)).toMatchObject({ draws: [{ outcome: 'WON' }] })
  expect(await settledBooks(here, live)).toMatchObject({ ...BALANCED, draws: 204 })
})

it('of several prizes one that comes again is given again', async () => {
  const prizes = ['A', 'B'].map((name) => ({ name, probabilityPpb: CERTAIN_PPB / 2, stockTotal: name === 'A' ? 1 : 500 }))
  const live = await createLiveCampaign(here, { mechanic: 'FLASH_SALE', bucketCount: 2, prizes })
  const many = async (prefix: string) => {
    const answers = await inParallel(Array.from({ length: 40 }, (_, n) => () => accepted(here, serverKey(live.tenant), { campaignId: live.campaign.id, userId: `${prefix}-${n}`, idempotencyKey: 'key' })))
    return answers.filter(({ draws }) => draws[0]?.prize?.name === 'A').length
  }
  expect(await many('first')).toBe(1)
  await restock(live, 10)
  expect(await many('second')).toBeGreaterThan(3)
})

it('an answered key costs no visit where no quota is told with it', async () => {
  const live = await createLiveCampaign(here, { prizes: [{ name: 'P', probabilityPpb: CERTAIN_PPB, stockTotal: 1_000 }] })
  const won = await accepted(here, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'ann', idempotencyKey: 'key' })
  const calls = await scriptsCalled(live, async () => {
    for (let n = 0; n < 50; n++) expect(await by(here, live)('ann')).toEqual({ ...won, replayed: true })
    expect(await by(here, live)('ann', { count: 2 })).toMatchObject(refusal('IDEMPOTENCY_CONFLICT'))
    expect(await by(here, live)('ann', { deviceId: 'phone' })).toMatchObject(refusal('IDEMPOTENCY_CONFLICT'))
  })
  expect(calls).toBe(0)
  const limited = await createLiveCampaign(here, { drawsPerUserTotal: 5 })
  await by(here, limited)('ann')
  await by(there, limited)('ann', { idempotencyKey: 'there' })
  expect(await by(here, limited)('ann')).toMatchObject({ replayed: true, drawsLeft: 3 })
})
