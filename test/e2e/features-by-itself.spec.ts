import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { INCARNATION, type Incarnation } from '../../src/modules/draws/draws.types.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { FEATURES, Features } from '../../src/platform/features/features.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { TcpProxy } from '../faults/world/tcp-proxy.js'
import { bootApp, type TestApp } from '../support/app.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { GraphqlClient } from '../../src/cli/rush/client.js'
import { accepted, draw, inParallel } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createLiveCampaign, type LiveCampaign, serverKey } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { emptyTestRedis } from '../support/redis.js'
import { eventually } from '../support/rows.js'

const WINNERS = 'query ($c: ID!) { campaign(id: $c) { id } recentWinners(campaignId: $c) { maskedUserId } }'
const DRAW = `mutation ($input: DrawInput!) { draw(input: $input) { __typename
  ... on DrawAccepted { draws { outcome state } } ... on DrawRejected { code } } }`
const AWAY_MS_MAX = 60_000
const DATABASE_MS = 3_000

interface Drawn { draw: { __typename: string; code?: string; draws?: Array<{ outcome: string | null }> } }

let database: TestDatabase
let postgres: TcpProxy
let redisProxy: TcpProxy
let app: TestApp
/** Each draw of the first is lost, of the second won. */
let losing: LiveCampaign
let winning: LiveCampaign

const before = (url: string): Promise<TcpProxy> => TcpProxy.open(Number(new URL(url).port))

beforeAll(async () => {
  database = await createTestDatabase()
  postgres = await before(database.databaseUrl)
  const redisUrl = await emptyTestRedis()
  redisProxy = await before(redisUrl)
  const on = { databaseUrl: postgres.through(database.databaseUrl), redisUrl: redisProxy.through(redisUrl) }
  app = await bootApp({ on, env: { DATABASE_TIMEOUT_MS: String(DATABASE_MS), REDIS_TIMEOUT_MS: '1000', WIN_COMMIT_TIMEOUT_MS: '500', FEATURES_RETURN_MS: '1000' } })
  losing = await createLiveCampaign(app, { prizes: [{ name: 'Never', probabilityPpb: 0, stockTotal: 1 }] })
  winning = await createLiveCampaign(app, { prizes: [{ name: 'Mug', probabilityPpb: CERTAIN_PPB, stockTotal: 1_000 }] })
})
afterAll(async () => {
  postgres?.heal()
  redisProxy?.heal()
  await app?.stop()
  await postgres?.close()
  await redisProxy?.close()
  await database?.drop()
})

const sql = () => app.app.get(SqlService, { strict: false })
const features = () => app.app.get(Features, { strict: false })
const winners = () => gql<{ recentWinners: unknown[] }>(app.graphqlUrl, WINNERS, { c: winning.campaign.id }, serverKey(winning.tenant))
let keys = 0
const once = (live: LiveCampaign, input: object = {}) => gql<Drawn>(
  app.graphqlUrl, DRAW, { input: { campaignId: live.campaign.id, userId: `user-${keys}`, idempotencyKey: `k${keys++}`, ...input } }, serverKey(live.tenant))
const metric = async (cause: string) =>
  new RegExp(`^drawbridge_feature_off\\{feature="RECENT_WINNERS",cause="${cause}"\\} (\\d)$`, 'm').exec(await (await fetch(app.metricsUrl)).text())?.[1]

async function becomesOff(cause: 'POSTGRES' | 'REDIS', ask: () => Promise<unknown>): Promise<void> {
  await eventually(async () => {
    await ask()
    expect(features().ill?.cause).toBe(cause)
  }, AWAY_MS_MAX)
  const { status, body } = await winners()
  expect({ status, body }).toEqual({
    status: 200,
    body: { data: { campaign: { id: winning.campaign.id }, recentWinners: [] }, extensions: { featuresOff: [{ feature: 'RECENT_WINNERS', retryAfterMs: 30_000 }] } },
  })
  expect(await metric(cause.toLowerCase())).toBe('1')
}

/** Nothing but this asks: what is back must be found out without callers. */
async function comesBack(): Promise<void> {
  await eventually(async () => expect(features().ill).toBeNull(), AWAY_MS_MAX)
  expect(Object.values(sql().breakers).map(({ isOpen }) => isOpen)).toEqual([false, false])
  await eventually(async () => {
    const { body } = await winners()
    expect(body.data?.recentWinners.length).toBeGreaterThan(0)
    expect(body.extensions).toBeUndefined()
  }, AWAY_MS_MAX)
  for (const cause of ['postgres', 'redis', 'success_rate']) expect(await metric(cause)).toBe('0')
}

const drawsAgain = () => eventually(async () => {
  const input = { campaignId: losing.campaign.id, userId: 'late', idempotencyKey: 'late' }
  expect((await draw(app, serverKey(losing.tenant), input)).__typename).toBe('DrawAccepted')
}, AWAY_MS_MAX)

describe('while Postgres is away', () => {
  it('recent winners are off, and draws go on', async () => {
    for (const live of [losing, winning]) await accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'ada', idempotencyKey: 'before' })
    await eventually(async () => expect((await winners()).body.data?.recentWinners).toHaveLength(1))
    postgres.silence()
    await becomesOff('POSTGRES', () => Promise.all([winners(), once(losing)]))
    const { body } = await once(losing)
    expect(body.data?.draw).toEqual({ __typename: 'DrawAccepted', draws: [{ outcome: 'LOST', state: 'LOSING' }] })
    // The same key tells what was drawn before, and the next win as soon as it is known.
    expect(await accepted(app, serverKey(winning.tenant), { campaignId: winning.campaign.id, userId: 'ada', idempotencyKey: 'before' })).toMatchObject({ replayed: true })
    const { answers, successRate } = features().health
    expect((await once(winning)).body.data?.draw.draws?.[0]?.outcome).toBeNull()
    expect(features().health.answers).toBe(answers + 1)
    expect(features().health.successRate).toBeLessThan(successRate)
    await eventually(async () => {
      await once(winning)
      expect(sql().breakers.wins.isOpen).toBe(true)
    }, AWAY_MS_MAX)
    // What was begun has ended by then, so that no win finds out that Postgres is back.
    await sleep(2 * DATABASE_MS)
    expect(sql().breakers.wins.state).toBe('OPEN')
  })

  it('and on again by themselves when it is back', async () => {
    postgres.heal()
    await comesBack()
  })
})

describe('while Redis does not answer', () => {
  it('they are off, and the operators are told why', async () => {
    redisProxy.silence()
    await becomesOff('REDIS', () => once(losing))
    const { features: told } = (await gqlData<{ features: { process: string; features: object[] } }>(
      app.adminGraphqlUrl, '{ features { process features { off cause since switch } } }', {}, bearer(winning.token))).features
    const since = features().ill!.since.toISOString()
    const live = 'query ($id: ID!) { liveDraws(campaignId: $id) { off unsettled points { at } } }'
    // Told at once: Redis is not asked.
    expect(await gqlData(app.adminGraphqlUrl, live, { id: winning.campaign.id }, bearer(winning.token))).toEqual({ liveDraws: { off: 'REDIS', unsettled: 0, points: [] } })
    expect(told).toEqual(Array(FEATURES.length).fill({ off: true, cause: 'REDIS', since, switch: 'AUTO' }))
  })

  it('and on again by themselves when it does', async () => {
    redisProxy.heal()
    await comesBack()
    expect(app.app.get(RedisService, { strict: false }).breaker.isOpen).toBe(false)
    await drawsAgain()
  })
})

describe('what is counted as a draw that was not answered', () => {
  const counted = async (ask: () => Promise<unknown>) => {
    const { answers, successRate } = features().health
    const bad = Math.round(answers * (1 - successRate))
    await ask()
    const after = features().health
    return { answers: after.answers - answers, bad: Math.round(after.answers * (1 - after.successRate)) - bad }
  }

  it('is no answer, no repeat and no rejection by a rule', async () => {
    const limited = await createLiveCampaign(app, { prizes: [{ name: 'Never', probabilityPpb: 0, stockTotal: 1 }], drawsPerUserTotal: 1 })
    const same = { userId: 'same', idempotencyKey: 'same' }
    expect(await counted(() => once(limited, same))).toEqual({ answers: 1, bad: 0 })
    expect(await counted(() => once(limited, same))).toEqual({ answers: 1, bad: 0 })
    expect(await counted(async () => expect((await once(limited, { userId: 'same' })).body.data?.draw.code).toBe('QUOTA_EXCEEDED'))).toEqual({ answers: 1, bad: 0 })
    expect(await counted(() => once(limited, { campaignId: 'none' }))).toEqual({ answers: 1, bad: 0 })
    expect(await counted(() => once(limited, { idempotencyKey: '' }))).toEqual({ answers: 0, bad: 0 })
  })

  it('is one that Redis did not decide', async () => {
    redisProxy.silence()
    expect(await counted(async () => expect((await once(losing)).status).toBe(503))).toEqual({ answers: 1, bad: 1 })
    redisProxy.heal()
    await drawsAgain()
  })
})

describe('while too few draws are answered', () => {
  const WINDOW_MS = 15_000
  const DRAWS = 1_000
  const BAD = 10
  let short: TestApp
  let own: LiveCampaign

  beforeAll(async () => {
    short = await bootApp({ env: { FEATURES_WINDOW_MS: String(WINDOW_MS), FEATURES_RETURN_MS: '1000' } })
    own = await createLiveCampaign(short, { prizes: [{ name: 'Never', probabilityPpb: 0, stockTotal: 1 }] })
  })
  afterAll(() => short?.close())

  const drawMany = async (count: number) => {
    const client = new GraphqlClient(short.graphqlUrl, serverKey(own.tenant), 16)
    const answers = await inParallel(Array.from({ length: count }, () => () => {
      const input = { campaignId: own.campaign.id, userId: `user-${keys}`, idempotencyKey: `k${keys++}` }
      return client.send<Drawn>(JSON.stringify({ query: DRAW, variables: { input } }))
    }), 16)
    client.close()
    return answers.map(({ data }) => data?.draw.code ?? data?.draw.__typename)
  }
  const metrics = async () => (await fetch(short.metricsUrl)).text()
  const states = async () => (await gqlData<{ features: { features: Array<{ off: boolean; cause: string | null }> } }>(
    short.adminGraphqlUrl, '{ features { features { off cause } } }', {}, bearer(own.token))).features.features

  it('it is off, in the metrics and for the operators too, and on again when they have been for the whole window', async () => {
    const { health } = short.app.get(Features, { strict: false })
    await drawMany(DRAWS - health.answers - BAD)
    // A machine that is busy with other tests may have had some already.
    const bad = BAD - Math.round(health.answers * (1 - health.successRate))
    expect(bad).toBeGreaterThan(1)
    // Nobody vouches for Redis for a moment.
    const incarnation = short.app.get<Incarnation>(INCARNATION, { strict: false })
    const { isCurrent } = incarnation
    incarnation.isCurrent = () => false
    expect(new Set(await drawMany(bad - 1))).toEqual(new Set(['RECOVERING']))
    // One fewer than says anything.
    await sleep(1_500)
    expect((await states()).map(({ off }) => off)).toEqual(Array(FEATURES.length).fill(false))
    await drawMany(1)
    incarnation.isCurrent = isCurrent
    await eventually(async () => { expect(await states()).toEqual(Array(FEATURES.length).fill({ off: true, cause: 'SUCCESS_RATE' })) })
    const text = await metrics()
    expect(text).toContain('\ndrawbridge_feature_off{feature="LIVE_COUNTS",cause="success_rate"} 1')
    expect(Number(/^drawbridge_draw_success_rate ([\d.]+)$/m.exec(text)?.[1])).toBeCloseTo(1 - BAD / DRAWS, 3)
    // Draws are not among it. Where Redis was not heard of for a moment, they are told so and ask again.
    await eventually(async () => { expect(await drawMany(1)).toEqual(['DrawAccepted']) })
    const on = Array(FEATURES.length).fill({ off: false, cause: null })
    await eventually(async () => { expect(await states()).toEqual(on) }, WINDOW_MS + AWAY_MS_MAX)
    expect(await metrics()).toContain('\ndrawbridge_feature_off{feature="LIVE_COUNTS",cause="success_rate"} 0')
  }, 120_000)
})
