import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createClient } from 'graphql-ws'
import { Redis } from 'ioredis'
import { WebSocket } from 'ws'
import { decodeTestDrawId } from '../../src/common/draw-id.js'
import { bootApp, type TestApp } from '../support/app.js'
import { asOwner } from '../support/database.js'
import { accepted, BALANCED, deviceTokens, draw, DRAW_FIELDS, type DrawAnswer, inParallel, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, createTenant, type LiveCampaign, login, moveCampaign, serverKey } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { eventually } from '../support/rows.js'
import { everythingKept } from '../support/nothing-written.js'
import { createTestKey, type TestKey } from '../support/test-keys.js'

let app: TestApp
let redis: Redis
let live: LiveCampaign
let key: TestKey

const PRIZES = [
  { name: 'Bicycle', probabilityPpb: CERTAIN_PPB / 4, stockTotal: 7 },
  { name: 'Coupon', kind: 'COUPON_CODE' as const, probabilityPpb: CERTAIN_PPB / 4, stockTotal: 1_000 },
]

beforeAll(async () => {
  app = await bootApp()
  redis = new Redis(app.redisUrl)
  live = await createLiveCampaign(app, { prizes: PRIZES, bucketCount: 4, drawsPerUserTotal: 500 })
  key = await createTestKey(app, live.token)
})
afterAll(async () => {
  redis?.disconnect()
  await app?.close()
})

/** Every row of every table, of all tenants: but for when keys and sessions were last used, and who makes ids. */
const everyRow = () => asOwner(app.databaseUrl, async (client) => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
     AND relname NOT IN ('operator_session', 'node_lease', 'audit_log', 'audit_head') ORDER BY 1`)
  const texts: string[] = []
  for (const { name } of rows) {
    const { rows: [table] } = await client.query<{ kept: string }>(
      `SELECT coalesce(json_agg(to_jsonb(t) - 'last_used_at' ORDER BY t::text), '[]')::text AS kept FROM "${name}" t`)
    texts.push(`${name}: ${table?.kept}`)
  }
  expect(texts.length).toBeGreaterThan(20)
  return texts.join('\n')
})

/** All that production counts: not the answers to HTTP requests, nor the process itself, nor the jobs of the clock. */
async function productionMetrics(): Promise<string> {
  const text = await (await fetch(app.metricsUrl)).text()
  const own = /^drawbridge_(draws|stage|settle|dead|event|queue|refusals|risk)/
  return text.split('\n').filter((line) => own.test(line) && !line.includes('queue="inventory"')).join('\n')
}
const ask = <T>(query: string, variables: Record<string, unknown>, headers = key.headers) =>
  gqlData<T>(app.graphqlUrl, query, variables, headers)
const reset = (id: string, headers = key.headers) => ask('mutation ($c: ID!) { resetTestDraws(campaignId: $c) }', { c: id }, headers)
const state = async (id: string, userId: string, headers = key.headers) => (await ask<{ participant: object }>(
  'query ($c: ID!, $u: ID) { participant(campaignId: $c, userId: $u) { drawsLeft tickets wins } }', { c: id, u: userId }, headers)).participant
const one = async (id: string, headers = key.headers) => (await ask<{ draw: DrawAnswer | null }>(
  `query ($id: ID!) { draw(id: $id) { ${DRAW_FIELDS} } }`, { id }, headers)).draw
interface Page { edges: Array<{ cursor: string; node: DrawAnswer }>; pageInfo: { hasNextPage: boolean } }
const listed = async (c: string, more = '', headers = key.headers) => (await ask<{ draws: Page }>(
  `query ($c: ID!) { draws(campaignId: $c${more}) { edges { cursor node { id outcome userId } } pageInfo { hasNextPage } } }`, { c }, headers)).draws

describe('a published campaign', () => {
  it('is drawn from by both worlds at once, and production is as if nobody had tried', async () => {
    const campaignId = live.campaign.id
    const real = await accepted(app, serverKey(live.tenant), { campaignId, userId: 'ada', idempotencyKey: 'real' })
    await settledBooks(app, live)
    const everything = async () =>
      ({ kept: await everythingKept(app, live.tenant.tenantId), rows: await everyRow(), metrics: await productionMetrics() })
    let before = await everything()
    // Its events are still on their way.
    await eventually(async () => {
      const earlier = before
      await sleep(300)
      before = await everything()
      expect(before).toEqual(earlier)
    })

    const jobs = Array.from({ length: 60 }, (_, n) => () =>
      accepted(app, key.headers, { campaignId, userId: `user-${n % 9}`, idempotencyKey: `key-${n}`, count: 5, deviceId: `device-${n % 3}`, ip: '192.0.2.1' }))
    const answers = await inParallel(jobs, 6)
    const draws = answers.flatMap((answer) => answer.draws)
    expect(draws).toHaveLength(300)
    expect(draws.every(({ id }) => /^T[0-9A-HJKMNP-TV-Z]{21}$/.test(id))).toBe(true)
    // Its own stock, shared over four buckets: all seven, and not one more.
    expect(draws.filter(({ prize }) => prize?.name === 'Bicycle')).toHaveLength(7)
    expect(draws.filter(({ prize }) => prize?.name === 'Coupon').length).toBeGreaterThan(30)
    expect(await state(campaignId, 'user-0')).toEqual({ drawsLeft: 500 - 35, tickets: 0, wins: expect.any(Number) })

    expect(await everything()).toEqual(before)
    expect((await redis.keys('d:*')).filter((name) => name.includes('user-'))).toEqual([])
    expect(await state(campaignId, 'user-0', serverKey(live.tenant))).toEqual({ drawsLeft: 500, tickets: 0, wins: 0 })
    expect((await one(real.draws[0]!.id, serverKey(live.tenant)))?.userId).toBe('ada')
    const metrics = await (await fetch(app.metricsUrl)).text()
    expect(metrics).toMatch(/drawbridge_test_draws_total\{result="won"\} \d/)

    // At the same time, over the same names: neither counts the other's.
    const both = await inParallel(Array.from({ length: 40 }, (_, n) => () =>
      accepted(app, n % 2 === 0 ? key.headers : serverKey(live.tenant), { campaignId, userId: 'both', idempotencyKey: `both-${n >> 1}` })), 8)
    expect(both.every(({ replayed }) => !replayed)).toBe(true)
    expect(new Set(both.flatMap(({ draws: made }) => made.map(({ id }) => id.length)))).toEqual(new Set([21, 22]))
    for (const headers of [key.headers, serverKey(live.tenant)]) expect(await state(campaignId, 'both', headers)).toMatchObject({ drawsLeft: 480 })
    expect(await settledBooks(app, live)).toMatchObject({ ...BALANCED, draws: 21 })
  })

  it('has every key of its test world under names of its own that end by themselves', async () => {
    await accepted(app, key.headers, { campaignId: live.campaign.id, userId: 'ending', idempotencyKey: 'k' })
    const keys = await redis.keys('t:*')
    expect(keys.filter((name) => /:\d{13}:/.test(name)).length).toBeGreaterThan(20)
    const ends = await inParallel(keys.map((name) => () => redis.pttl(name)))
    expect(keys.filter((_, n) => ends[n]! <= 0 || ends[n]! > 2 * 86_400_000)).toEqual([])
  })

  it('pops packets of its own, which end with it too', async () => {
    const prizes = [{ name: 'Packet', kind: 'CASH' as const, probabilityPpb: CERTAIN_PPB, stockTotal: 20, value: { amountMinor: 5, currency: 'CNY' }, packets: { totalMinor: 777 } }]
    const at = await createLiveCampaign(app, { mechanic: 'RED_PACKET', bucketCount: 4, prizes })
    const test = await createTestKey(app, at.token)
    const input = (n: number) => ({ campaignId: at.campaign.id, userId: `u${n}`, idempotencyKey: 'k' })
    await accepted(app, test.headers, input(0))
    const keys = await redis.keys('t:*')
    expect(keys.filter((name) => name.endsWith(':due')).length).toBeGreaterThan(1)
    const ends = await inParallel(keys.map((name) => () => redis.pttl(name)))
    expect(keys.filter((_, n) => ends[n]! <= 0)).toEqual([])
    for (let n = 1; n < 20; n++) await accepted(app, test.headers, input(n))
    expect(await draw(app, test.headers, input(20))).toMatchObject({ code: 'SOLD_OUT' })
    const { draws } = await ask<{ draws: { edges: Array<{ node: { award: { amount: { amountMinor: number } } } }> } }>(
      'query ($c: ID!) { draws(campaignId: $c, first: 100) { edges { node { award { amount { amountMinor } } } } } }', { c: at.campaign.id }, test.headers)
    expect(draws.edges.reduce((sum, { node }) => sum + node.award.amount.amountMinor, 0)).toBe(777)
    expect(await accepted(app, serverKey(at.tenant), input(0))).toMatchObject({ replayed: false, draws: [{ id: expect.stringMatching(/^.{21}$/) }] })
  })

  it('answers the same key alike, and tells its draws to test keys alone', async () => {
    const campaignId = live.campaign.id
    const input = { campaignId, userId: 'bob', idempotencyKey: 'same', count: 2 }
    const first = await accepted(app, key.headers, input)
    const again = await accepted(app, key.headers, input)
    expect(again).toEqual({ ...first, replayed: true })
    expect(await draw(app, key.headers, { ...input, count: 3 })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
    const [made] = first.draws
    expect(await one(made!.id)).toEqual({ ...made, state: 'SETTLED', settledAt: made!.createdAt })
    expect(await one(made!.id, serverKey(live.tenant))).toBeNull()
    expect(await one(made!.id.slice(1), serverKey(live.tenant))).toBeNull()
    const real = await accepted(app, serverKey(live.tenant), { campaignId, userId: 'bob', idempotencyKey: 'same' })
    for (const id of [real.draws[0]!.id, `T${real.draws[0]!.id}`]) expect(await one(id)).toBeNull()

    const { edges } = await listed(campaignId, ', userId: "bob"')
    expect(edges.map(({ node }) => node.id)).toEqual(first.draws.map(({ id }) => id).reverse())
    const page = await listed(campaignId, ', first: 1')
    expect([page.edges[0]?.node.id, page.pageInfo.hasNextPage]).toEqual([first.draws[1]!.id, true])
    expect((await listed(campaignId, `, first: 1, after: "${page.edges[0]!.cursor}"`)).edges[0]?.node.id).toBe(first.draws[0]!.id)
    expect((await listed(campaignId, ', outcome: WON')).edges.every(({ node }) => node.outcome === 'WON')).toBe(true)
    expect((await listed(campaignId, ', userId: "bob"', serverKey(live.tenant))).edges.map(({ node }) => node.id)).toEqual([real.draws[0]!.id])
    const { recentWinners } = await ask<{ recentWinners: unknown[] }>(
      'query ($c: ID!) { recentWinners(campaignId: $c, first: 5) { maskedUserId prizeName at } }', { c: campaignId })
    expect(recentWinners).toHaveLength(5)
  })

  it('shows an example in the place of a coupon’s code', async () => {
    const { draws } = await ask<{ draws: { edges: Array<{ node: { prize: { kind: string }; award: { code: string | null } } }> } }>(
      'query ($c: ID!) { draws(campaignId: $c, outcome: WON, first: 100) { edges { node { prize { kind } award { code } } } } }', { c: live.campaign.id })
    const codes = draws.edges.filter(({ node }) => node.prize.kind === 'COUPON_CODE').map(({ node }) => node.award.code)
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter((code) => !/^TEST-\w{12}$/.test(code ?? ''))).toEqual([])
    expect(draws.edges.every(({ node }) => node.prize.kind === 'COUPON_CODE' || node.award.code === null)).toBe(true)
  })

  it('rolls under a seed that is not production’s, and tells it', async () => {
    const shown = (headers: Record<string, string>) => ask<{ campaign: { seedHash: string; revealedSeed: string | null } }>(
      'query ($c: ID!) { campaign(id: $c) { seedHash revealedSeed } }', { c: live.campaign.id }, headers)
    const [test, real] = [(await shown(key.headers)).campaign, (await shown(serverKey(live.tenant))).campaign]
    expect(real.revealedSeed).toBeNull()
    expect(test.revealedSeed).toMatch(/^[0-9a-f]{64}$/)
    expect(test.seedHash).not.toBe(real.seedHash)
  })
})

describe('a test world', () => {
  it('is of a draft as it stands, and of what is not open, and begins anew with each change', async () => {
    const { token } = live
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
    const prizes = [{ name: 'Sure', probabilityPpb: CERTAIN_PPB, stockTotal: 3 }]
    const draft = await createCampaign(app, token, { prizes, startsAt: inHours(1), endsAt: inHours(2) })
    const { campaigns } = await ask<{ campaigns: Array<{ id: string; status: string }> }>('{ campaigns { id status } }', {})
    expect(campaigns).toContainEqual({ id: draft.id, status: 'DRAFT' })
    const shown = await ask<{ campaigns: Array<{ id: string }> }>('{ campaigns { id } }', {}, serverKey(live.tenant))
    expect(shown.campaigns.map(({ id }) => id)).not.toContain(draft.id)

    const input = { campaignId: draft.id, userId: 'ada', idempotencyKey: 'a', count: 4 }
    const { draws } = await accepted(app, key.headers, input)
    expect(draws.map(({ prize }) => prize?.name ?? null)).toEqual(['Sure', 'Sure', 'Sure', null])
    expect(await draw(app, serverKey(live.tenant), input)).toMatchObject({ code: 'CAMPAIGN_NOT_FOUND' })

    const patch = { prizes: [{ name: 'Other', probabilityPpb: CERTAIN_PPB, stockTotal: 100 }], drawsPerUserTotal: 6, bucketCount: 8 }
    const update = 'mutation ($id: ID!, $v: Int!, $p: UpdateCampaignInput!) { updateCampaign(id: $id, expectedVersion: $v, patch: $p) { __typename } }'
    await gqlData(app.adminGraphqlUrl, update, { id: draft.id, v: draft.version, p: patch }, bearer(token))
    expect(await one(draws[0]!.id)).toBeNull()
    expect((await listed(draft.id)).edges).toEqual([])
    const changed = await accepted(app, key.headers, input)
    expect(changed).toMatchObject({ replayed: false, drawsLeft: 2 })
    expect(changed.draws.map(({ prize }) => prize?.name)).toEqual(Array(4).fill('Other'))
    expect(await draw(app, key.headers, { ...input, idempotencyKey: 'b' })).toMatchObject({ code: 'QUOTA_EXCEEDED' })

    const scheduled = await moveCampaign(app, token, 'publish', { ...draft, version: draft.version + 1 })
    expect(scheduled.status).toBe('SCHEDULED')
    expect(await draw(app, serverKey(live.tenant), input)).toMatchObject({ code: 'CAMPAIGN_NOT_STARTED' })
    expect(await accepted(app, key.headers, input)).toMatchObject({ replayed: false })
    await moveCampaign(app, token, 'end', scheduled)
    expect(await accepted(app, key.headers, input)).toMatchObject({ replayed: false })
  })

  it('has tickets of its own', async () => {
    const at = await createLiveCampaign(app, { requiresTickets: true, prizes: [{ name: 'Sure', probabilityPpb: CERTAIN_PPB, stockTotal: 100 }] })
    const test = await createTestKey(app, at.token)
    const campaignId = at.campaign.id
    const before = await everythingKept(app, at.tenant.tenantId)
    const grant = (amount: number) => gql(app.graphqlUrl, 'mutation ($i: GrantTicketsInput!) { grantTickets(input: $i) { balance } }',
      { i: { campaignId, userId: 'ada', amount, reason: 'share', idempotencyKey: 'g' } }, test.headers)
    expect(await draw(app, test.headers, { campaignId, userId: 'ada', idempotencyKey: 'a' })).toMatchObject({ code: 'NO_TICKETS' })
    for (let n = 0; n < 2; n++) expect((await grant(3)).body.data).toEqual({ grantTickets: { balance: 3 } })
    expect((await grant(4)).body.errors?.[0]?.extensions?.code).toBe('CONFLICT')
    const { draws: [made] } = await accepted(app, test.headers, { campaignId, userId: 'ada', idempotencyKey: 'a', count: 2 })
    expect(await state(campaignId, 'ada', test.headers)).toEqual({ drawsLeft: null, tickets: 1, wins: 2 })
    // Other campaigns of this file may be settling, or giving their stock back.
    const own = `:${decodeTestDrawId(made!.id)!.campaignNo.toString(36)}:`
    const ofThis = (text: string) => text.split('\n').filter((line) => !line.startsWith('d:') || line.includes(own))
    expect(ofThis(before).length).toBeGreaterThan(15)
    expect(ofThis(await everythingKept(app, at.tenant.tenantId))).toEqual(ofThis(before))
  })

  it('knows the risk lists, and counts its own windows', async () => {
    const at = await createLiveCampaign(app, { prizes: PRIZES })
    const test = await createTestKey(app, at.token)
    const campaignId = at.campaign.id
    await accepted(app, test.headers, { campaignId, userId: 'eve', idempotencyKey: '0' })
    const admin = (query: string) => gqlData(app.adminGraphqlUrl, query, {}, bearer(at.token))
    await admin('mutation { addRiskEntry(input: { list: BLOCK, subject: PARTICIPANT, value: "eve", reason: "r" }) { id } }')
    expect(await draw(app, test.headers, { campaignId, userId: 'eve', idempotencyKey: '1' })).toMatchObject({ code: 'BLOCKED' })
    await admin('mutation { setVelocityRules(rules: [{ subject: DEVICE, windowSeconds: 600, drawsMax: 2 }]) { drawsMax } }')
    const by = (headers: Record<string, string>, n: number) => draw(app, headers, { campaignId, userId: `u${n}`, idempotencyKey: 'k', deviceId: 'phone' })
    for (let n = 0; n < 2; n++) expect(await by(test.headers, n)).toMatchObject({ __typename: 'DrawAccepted' })
    expect(await by(test.headers, 2)).toMatchObject({ code: 'TOO_FREQUENT' })
    for (let n = 0; n < 2; n++) expect(await by(serverKey(at.tenant), n)).toMatchObject({ __typename: 'DrawAccepted' })
    await reset(campaignId, test.headers)
    expect(await by(test.headers, 3)).toMatchObject({ __typename: 'DrawAccepted' })
  })

  it('is emptied by test keys and operators, and by a Redis that loses it, which is nobody else’s concern', async () => {
    const at = await createLiveCampaign(app, { drawsPerUserTotal: 1 })
    const test = await createTestKey(app, at.token)
    const input = { campaignId: at.campaign.id, userId: 'ada', idempotencyKey: 'a' }
    const fresh = async () => expect(await accepted(app, test.headers, input)).toMatchObject({ replayed: false, drawsLeft: 0 })
    const own = async () => (await redis.keys('t:*')).filter((name) => name.includes(`:${at.campaign.id}`) || name.endsWith(':u:ada'))
    await accepted(app, serverKey(at.tenant), input)
    await fresh()
    await reset(at.campaign.id, test.headers)
    expect((await listed(at.campaign.id, '', test.headers)).edges).toEqual([])
    await fresh()
    await gqlData(app.adminGraphqlUrl, 'mutation ($c: ID!) { resetTestDraws(campaignId: $c) }', { c: at.campaign.id }, bearer(at.token))
    await fresh()
    await redis.unlink(await redis.keys('t:*'))
    await fresh()
    expect(await own()).toHaveLength(1)
    expect(await accepted(app, serverKey(at.tenant), input)).toMatchObject({ replayed: true })
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200)
    const { campaign } = await gqlData<{ campaign: object }>(app.adminGraphqlUrl, 'query ($c: ID!) { campaign(id: $c) { status } }', { c: at.campaign.id }, bearer(at.token))
    expect(campaign).toEqual({ status: 'ACTIVE' })
    expect(await settledBooks(app, at)).toMatchObject({ ...BALANCED, draws: 1 })
  })

  it('is emptied and drawn from at once without an error, by requests that all begin it', async () => {
    const at = await createLiveCampaign(app, { bucketCount: 8, prizes: [{ name: 'Sure', probabilityPpb: CERTAIN_PPB, stockTotal: 20 }] })
    const test = await createTestKey(app, at.token)
    const input = (n: number) => ({ campaignId: at.campaign.id, userId: `u${n}`, idempotencyKey: 'k' })
    const first = await inParallel(Array.from({ length: 30 }, (_, n) => () => accepted(app, test.headers, input(n))))
    expect(first.filter(({ draws: [only] }) => only?.outcome === 'WON')).toHaveLength(20)
    const either = (n: number) => (n % 10 === 9 ? reset(at.campaign.id, test.headers) : accepted(app, test.headers, input(n)))
    await inParallel<unknown>(Array.from({ length: 30 }, (_, n) => () => either(n)), 6)
    await reset(at.campaign.id, test.headers)
    expect(await accepted(app, test.headers, input(0))).toMatchObject({ replayed: false })
  })
})

describe('a test key', () => {
  it('hears of its own draws alone', async () => {
    const client = createClient({
      url: app.graphqlUrl.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: { 'x-api-key': key.headers['x-api-key'] }, retryAttempts: 0,
    })
    try {
      const { draws: [made] } = await accepted(app, key.headers, { campaignId: live.campaign.id, userId: 'heard', idempotencyKey: 'k' })
      const { draws: [real] } = await accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'heard', idempotencyKey: 'k' })
      const query = 'subscription ($id: ID!) { drawSettled(drawId: $id) { id state } }'
      const settled = async (id: string) => (await client.iterate({ query, variables: { id } }).next()).value as unknown
      expect(await settled(made!.id)).toEqual({ data: { drawSettled: { id: made!.id, state: 'SETTLED' } } })
      expect(await settled(real!.id)).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
    } finally {
      await client.dispose()
    }
  })

  it('is what test draws are made with: devices draw for real, and find none of them', async () => {
    const at = await createLiveCampaign(app)
    const test = await createTestKey(app, at.token)
    const device = await (await deviceTokens(app, at.tenant, at.token)).headers('ada')
    const { draws: [made] } = await accepted(app, test.headers, { campaignId: at.campaign.id, userId: 'ada', idempotencyKey: 'k' })
    expect(await one(made!.id, device)).toBeNull()
    expect((await listed(at.campaign.id, '', device)).edges).toEqual([])
    const real = await accepted(app, device, { campaignId: at.campaign.id, idempotencyKey: 'k' })
    expect(real).toMatchObject({ replayed: false, draws: [{ id: expect.stringMatching(/^.{21}$/) }] })
  })

  it('opens no other tenant’s worlds, no admin API, and nothing once it is revoked', async () => {
    const tenant = await createTenant(app)
    const token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
    const other = await createTestKey(app, token)
    const { draws: [made] } = await accepted(app, key.headers, { campaignId: live.campaign.id, userId: 'ada', idempotencyKey: 'theirs' })
    expect(await one(made!.id, other.headers)).toBeNull()
    expect(await draw(app, other.headers, { campaignId: live.campaign.id, userId: 'ada', idempotencyKey: 'k' })).toMatchObject({ code: 'CAMPAIGN_NOT_FOUND' })
    const refused = await gql(app.graphqlUrl, 'mutation ($c: ID!) { resetTestDraws(campaignId: $c) }', { c: live.campaign.id }, other.headers)
    expect(refused.body.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
    expect(await one(made!.id)).not.toBeNull()
    expect((await gql(app.adminGraphqlUrl, '{ me { id } }', {}, other.headers)).status).toBe(401)
    await gqlData(app.adminGraphqlUrl, 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: other.id }, bearer(token))
    expect((await gql(app.graphqlUrl, '{ campaigns { id } }', {}, other.headers)).status).toBe(401)
  })
})
