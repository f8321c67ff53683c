import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createClient, type Client } from 'graphql-ws'
import { WebSocket } from 'ws'
import { KeyUseService } from '../../src/modules/tenancy/key-use.service.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, draw } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createLiveCampaign, type LiveCampaign, serverKey } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { eventually } from '../support/rows.js'
import { createTestKey } from '../support/test-keys.js'

const WINNERS = 'query ($c: ID!, $first: Int) { campaign(id: $c) { id } recentWinners(campaignId: $c, first: $first) { maskedUserId prizeName } }'
const STATE = 'feature off cause since switch reason switchedBy switchedAt'
const SWITCH = `mutation ($f: Feature!, $to: FeatureSwitch!, $r: String!) { switchFeature(feature: $f, to: $to, reason: $r) { ${STATE} } }`
const FEED = 'subscription ($c: ID!) { winners(campaignId: $c) { maskedUserId } }'
const QUIET_MS = 2_000

interface Listed { campaign: { id: string }; recentWinners: Array<{ maskedUserId: string }> }
type State = Record<'feature' | 'cause' | 'since' | 'switch' | 'reason' | 'switchedBy' | 'switchedAt', string | null> & { off: boolean }

describe('switched by hand', () => {
  let app: TestApp
  let second: TestApp
  let own: LiveCampaign
  let other: LiveCampaign
  const clients: Client[] = []

  beforeAll(async () => {
    app = await bootApp()
    second = await bootApp({ on: app, env: { ROLE: 'api' } })
    const prizes = [{ name: 'Mug', probabilityPpb: CERTAIN_PPB, stockTotal: 1_000 }]
    own = await createLiveCampaign(app, { prizes })
    other = await createLiveCampaign(app, { prizes })
    for (const live of [own, other]) await accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'ada', idempotencyKey: 'first' })
  })
  afterAll(async () => {
    for (const client of clients) await client.dispose()
    await second?.stop()
    await app?.close()
  })

  const winners = (at: TestApp, { campaign, tenant }: LiveCampaign, first = 10) =>
    gql<Listed>(at.graphqlUrl, WINNERS, { c: campaign.id, first }, serverKey(tenant))
  const switchTo = async (to: 'OFF' | 'AUTO', f: string, r = 'a rush is coming') =>
    (await gqlData<{ switchFeature: State }>(app.adminGraphqlUrl, SWITCH, { f, to, r }, bearer(own.token))).switchFeature
  const states = async (at: TestApp, { token }: LiveCampaign) =>
    (await gqlData<{ features: { process: string; features: State[] } }>(at.adminGraphqlUrl, `{ features { process features { ${STATE} } } }`, {}, bearer(token))).features
  const expectListed = (at: TestApp, live: LiveCampaign) => eventually(async () => {
    const { body } = await winners(at, live)
    expect(body.data?.recentWinners.length).toBeGreaterThan(0)
    expect(body.extensions).toBeUndefined()
  })
  const expectOff = async (at: TestApp, retryAfterMs: number | null) => {
    const { status, body } = await winners(at, own)
    expect({ status, body }).toEqual({
      status: 200,
      body: { data: { campaign: { id: own.campaign.id }, recentWinners: [] }, extensions: { featuresOff: [{ feature: 'RECENT_WINNERS', retryAfterMs }] } },
    })
  }

  it('recent winners are an empty list that says why: here at once, in other processes soon, for nobody else', async () => {
    await expectListed(app, own)
    await expectListed(second, own)
    const state = await switchTo('OFF', 'RECENT_WINNERS')
    expect(state).toMatchObject({ feature: 'RECENT_WINNERS', off: true, cause: 'OPERATOR', since: state.switchedAt, switch: 'OFF', reason: 'a rush is coming' })
    await expectOff(app, null)
    await eventually(() => expectOff(second, null))
    await expectListed(app, other)
    await expectListed(second, other)
    expect(await states(app, other)).toMatchObject({ features: expect.not.arrayContaining([expect.objectContaining({ off: true })]) })
    // What it is beside goes on.
    const input = { campaignId: own.campaign.id, userId: 'bob', idempotencyKey: 'while-off' }
    const first = await accepted(app, serverKey(own.tenant), input)
    expect(await accepted(second, serverKey(own.tenant), input)).toMatchObject({ replayed: true, draws: [{ id: first.draws[0]!.id }] })
    expect((await winners(app, own, 0)).body.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  })

  it('is told as the view of one process, in the metrics and in the audit log', async () => {
    const [here, there] = [await states(app, own), await states(second, own)]
    expect(here.process).not.toBe(there.process)
    for (const { features } of [here, there]) {
      expect(features.map(({ feature, off, switch: to }) => [feature, off, to])).toEqual([
        ['RECENT_WINNERS', true, 'OFF'], ['WINNER_FEED', false, 'AUTO'], ['TEST_DRAWS', false, 'AUTO'], ['KEY_LAST_USE', false, 'AUTO'],
        ['LIVE_COUNTS', false, 'AUTO'],
      ])
    }
    const metrics = await (await fetch(app.metricsUrl)).text()
    expect(metrics).toContain('\ndrawbridge_feature_switched_off{feature="RECENT_WINNERS"} 1')
    expect(metrics).toContain('\ndrawbridge_feature_off{feature="RECENT_WINNERS",cause="redis"} 0')
    const log = await app.app.get(SqlService, { strict: false }).tenant(own.tenant.tenantId, async (sql) =>
      (await sql.query(`SELECT actor_kind, subject_id, before, after, reason FROM audit_log WHERE action = 'feature.switched'`)).rows)
    expect(log).toEqual([{ actor_kind: 'operator', subject_id: 'RECENT_WINNERS', before: { isOff: false }, after: { isOff: true }, reason: 'a rush is coming' }])
  })

  it('comes back by hand, everywhere', async () => {
    expect(await switchTo('AUTO', 'RECENT_WINNERS', 'it is over')).toMatchObject({ off: false, cause: null, since: null, switch: 'AUTO', reason: 'it is over' })
    await expectListed(app, own)
    await expectListed(second, own)
  })

  it.each([['none', ''], ['a blank', ' '], ['too long a one', 'x'.repeat(501)]])('is not without a reason: %s', async (_, r) => {
    const { status, body } = await gql(app.adminGraphqlUrl, SWITCH, { f: 'TEST_DRAWS', to: 'OFF', r }, bearer(own.token))
    expect([status, body.errors?.[0]?.extensions]).toMatchObject([400, { code: 'BAD_USER_INPUT', field: 'reason' }])
  })

  it('test draws are refused, and live ones are not', async () => {
    const { headers: testKey } = await createTestKey(app, own.token)
    const input = (idempotencyKey: string) => ({ campaignId: own.campaign.id, userId: 'tester', idempotencyKey })
    await accepted(app, testKey, input('t1'))
    await switchTo('OFF', 'TEST_DRAWS')
    const { status, body, headers } = await gql(
      app.graphqlUrl, 'mutation ($input: DrawInput!) { draw(input: $input) { __typename } }', { input: input('t2') }, testKey)
    expect([status, headers.get('retry-after'), body.errors?.[0]?.extensions]).toMatchObject([503, '30', { code: 'OVERLOADED', retryAfterMs: 30_000 }])
    await accepted(app, serverKey(own.tenant), input('live'))
    await switchTo('AUTO', 'TEST_DRAWS')
    await accepted(app, testKey, input('t2'))
  })

  it('the feed of winners is silent, refuses new ones, and goes on by itself', async () => {
    const client = createClient({ url: app.graphqlUrl.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: serverKey(own.tenant), retryAttempts: 0 })
    clients.push(client)
    const told: string[] = []
    const feed = client.iterate<{ winners: { maskedUserId: string } }>({ query: FEED, variables: { c: own.campaign.id } })
    const reading = (async () => { for await (const { data } of feed) told.push(data!.winners.maskedUserId) })()
    await sleep(QUIET_MS)
    await accepted(app, serverKey(own.tenant), { campaignId: own.campaign.id, userId: 'before-it', idempotencyKey: 'f1' })
    await eventually(async () => expect(told).toEqual(['b***t']))
    await switchTo('OFF', 'WINNER_FEED')
    await accepted(app, serverKey(own.tenant), { campaignId: own.campaign.id, userId: 'meanwhile', idempotencyKey: 'f2' })
    const refused = await client.iterate({ query: FEED, variables: { c: own.campaign.id } }).next()
    expect((refused.value as { errors: unknown[] }).errors).toMatchObject([{ extensions: { code: 'OVERLOADED', retryAfterMs: 30_000 } }])
    // The query is another feature: it lists what the feed does not tell.
    await eventually(async () => expect((await winners(app, own, 1)).body.data?.recentWinners).toMatchObject([{ maskedUserId: 'm***e' }]))
    await sleep(QUIET_MS)
    expect(told).toEqual(['b***t'])
    await switchTo('AUTO', 'WINNER_FEED')
    await eventually(async () => expect(told).toEqual(['b***t', 'm***e']))
    await feed.return?.()
    await reading
  })

  it('the last use of keys is written later', async () => {
    const uses = app.app.get(KeyUseService, { strict: false })
    const lastUse = async () => (await gqlData<{ apiKeys: Array<{ kind: string; lastUsedAt: string | null }> }>(
      app.adminGraphqlUrl, '{ apiKeys { kind lastUsedAt } }', {}, bearer(own.token))).apiKeys.find(({ kind }) => kind === 'LIVE')!.lastUsedAt
    await uses.flush()
    const before = await lastUse()
    await switchTo('OFF', 'KEY_LAST_USE')
    await draw(app, serverKey(own.tenant), { campaignId: own.campaign.id, userId: 'ada', idempotencyKey: 'use' })
    await uses.flush()
    expect(await lastUse()).toBe(before)
    await switchTo('AUTO', 'KEY_LAST_USE')
    await uses.flush()
    expect(Date.parse((await lastUse())!)).toBeGreaterThan(Date.parse(before!))
  })

  it('the live figures of draws are not counted, which those who watch are told, and count again', async () => {
    const id = own.campaign.id
    const fields = 'liveDraws(campaignId: $id, seconds: 10) { off unsettled points { won } }'
    interface Live { off: string | null; points: Array<{ won: number }> }
    const live = async ({ token, campaign } = own) =>
      (await gqlData<{ liveDraws: Live }>(app.adminGraphqlUrl, `query ($id: ID!) { ${fields} }`, { id: campaign.id }, bearer(token))).liveDraws
    const won = (told: Live) => told.points.reduce((sum, point) => sum + point.won, 0)
    const client = createClient({
      url: app.adminGraphqlUrl.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: bearer(own.token), retryAttempts: 0,
    })
    clients.push(client)
    const watched = client.iterate<{ liveDraws: Live }>({ query: `subscription ($id: ID!) { ${fields} }`, variables: { id } })
    const told: Live[] = []
    const reading = (async () => { for await (const { data } of watched) told.push(data!.liveDraws) })()
    await eventually(async () => expect(told.at(-1)?.off).toBeNull())
    const counted = () => redisKeys(`d:live:${id}:*`)
    await eventually(async () => expect((await live()).points).toHaveLength(10))
    // What was gathered before is told by then.
    await sleep(QUIET_MS)
    await switchTo('OFF', 'LIVE_COUNTS')
    const before = await counted()
    await accepted(app, serverKey(own.tenant), { campaignId: id, userId: 'unseen', idempotencyKey: 'unseen' })
    await sleep(QUIET_MS)
    expect(await counted()).toEqual(before)
    expect(await live()).toEqual({ off: 'OPERATOR', unsettled: 0, points: [] })
    await eventually(async () => expect(told.at(-1)).toEqual({ off: 'OPERATOR', unsettled: 0, points: [] }))
    expect((await live(other)).off).toBeNull()
    await switchTo('AUTO', 'LIVE_COUNTS')
    await accepted(app, serverKey(own.tenant), { campaignId: id, userId: 'seen', idempotencyKey: 'seen' })
    await eventually(async () => {
      const now = await live()
      expect([now.off, won(now)]).toEqual([null, 1])
      expect(told.at(-1)).toMatchObject({ off: null })
      expect(told.slice(-8).reduce((sum, message) => sum + won(message), 0)).toBeGreaterThan(0)
    })
    await watched.return?.()
    await reading
  })

  /** All that these keys hold. */
  async function redisKeys(pattern: string): Promise<Array<[string, Record<string, string>]>> {
    const redis = app.app.get(RedisService, { strict: false }).client
    const names = (await redis.keys(pattern)).sort()
    return Promise.all(names.map(async (name): Promise<[string, Record<string, string>]> => [name, await redis.hgetall(name)]))
  }
})
