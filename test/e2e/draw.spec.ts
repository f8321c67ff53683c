import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, BALANCED, type DeviceTokens, deviceTokens, draw, grantTickets, type Rejected, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, createTenant, type LiveCampaign, login, moveCampaign, serverKey } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { decodeDrawId } from '../../src/common/draw-id.js'

const certain = (stockTotal = 1_000) => [{ name: 'Certain', probabilityPpb: CERTAIN_PPB, stockTotal }]

describe('a draw', () => {
  let app: TestApp
  const lived: LiveCampaign[] = []
  beforeAll(async () => { app = await bootApp() })
  afterAll(async () => {
    // Whatever was drawn: the books agree at the end.
    try {
      for (const live of lived) expect(await settledBooks(app, live)).toMatchObject(BALANCED)
    } finally {
      await app.close()
    }
  })

  async function live(input: Parameters<typeof createLiveCampaign>[1] = {}): Promise<LiveCampaign> {
    const made = await createLiveCampaign(app, input)
    lived.push(made)
    return made
  }
  const by = (at: LiveCampaign, userId = 'user-1') => (idempotencyKey: string, more: { count?: number; deviceId?: string; ip?: string } = {}) =>
    draw(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId, idempotencyKey, ...more })
  const rejected = (code: string) => ({ __typename: 'DrawRejected', code })

  describe('that is won', () => {
    it.each(['DURABLE_WINS', 'FAST'] as const)('says what and for whom (%s)', async (durability) => {
      const at = await live({ durability, prizes: certain() })
      const answer = await by(at)('key-1')
      const prize = { id: at.campaign.prizes[0]!.id, name: 'Certain' }
      if (answer.__typename !== 'DrawAccepted') throw new Error(answer.code)
      const [won] = answer.draws
      expect(answer).toEqual({
        __typename: 'DrawAccepted', replayed: false, drawsLeft: null,
        draws: [{
          id: won!.id, campaignId: at.campaign.id, userId: 'user-1', idempotencyKey: 'key-1', ordinal: 0, state: 'WINNING', outcome: 'WON', prize,
          award: { id: `A${won!.id}`, drawId: won!.id, status: 'GRANTED', prize: { id: prize.id } }, createdAt: won!.createdAt, settledAt: null,
        }],
      })
      expect(Math.abs(Date.parse(won!.createdAt) - Date.now())).toBeLessThan(20_000)
    })

    it('is in Postgres when its answer is read', async () => {
      const at = await live({ prizes: certain(), bucketCount: 4 })
      const sql = app.app.get(SqlService, { strict: false })
      await Promise.all(Array.from({ length: 40 }, async (_, n) => {
        const { draws } = await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: `user-${n}`, idempotencyKey: 'k', count: 1 + (n % 3) })
        const ids = draws.map(({ id }) => decodeDrawId(id)!.snowflake.toString())
        const { rows } = await sql.tenant(at.tenant.tenantId, (tx) => tx.query<{ outcome: string; award: string | null }>(
          'SELECT d.outcome, a.status AS award FROM draw d LEFT JOIN award a ON a.tenant_id = d.tenant_id AND a.id = d.id WHERE d.id = ANY($1::bigint[])', [ids]))
        expect(rows).toEqual(ids.map(() => ({ outcome: 'WON', award: 'GRANTED' })))
      }))
    })
  })

  it('of several: places, ids and keys; all or none', async () => {
    const at = await live({ drawsPerUserTotal: 13 })
    const first = await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: 'user-1', idempotencyKey: 'key-1', count: 10 })
    expect(first.draws.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(new Set(first.draws.map(({ id }) => id)).size).toBe(10)
    expect(first.drawsLeft).toBe(3)
    expect(await by(at)('key-2', { count: 4 })).toMatchObject(rejected('QUOTA_EXCEEDED'))
    expect(await by(at)('key-2', { count: 3 })).toMatchObject({ drawsLeft: 0, replayed: false })
    expect(await by(at)('key-1', { count: 10 })).toEqual({ ...first, replayed: true, drawsLeft: 0 })
  })

  describe('idempotency keys', () => {
    it('conflict on another count or device, and not on another address', async () => {
      const at = await live()
      await by(at)('key', { deviceId: 'device', ip: '192.0.2.1' })
      expect(await by(at)('key', { deviceId: 'device', ip: '192.0.2.2' })).toMatchObject({ replayed: true })
      expect(await by(at)('key', { deviceId: 'other' })).toMatchObject(rejected('IDEMPOTENCY_CONFLICT'))
      expect(await by(at)('key')).toMatchObject(rejected('IDEMPOTENCY_CONFLICT'))
      expect(await by(at)('key', { deviceId: 'device', count: 2 })).toMatchObject(rejected('IDEMPOTENCY_CONFLICT'))
      expect(await by(at, 'user-2')('key')).toMatchObject({ replayed: false })
    })

    it('give the same answer after the draw is settled, the campaign paused and ended', async () => {
      const at = await live({ prizes: certain() })
      const first = await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: 'user-1', idempotencyKey: 'key' })
      await settledBooks(app, at)
      const same = { ...first, replayed: true }
      const paused = await moveCampaign(app, at.token, 'pause', at.campaign)
      expect(await by(at)('key')).toEqual(same)
      await moveCampaign(app, at.token, 'end', paused)
      expect(await by(at)('key')).toEqual(same)
    })
  })

  describe('the campaign’s life', () => {
    it('pausing and resuming hold for the next draw', async () => {
      const at = await live()
      let { campaign } = at
      for (let n = 0; n < 3; n++) {
        expect(await by(at)(`before-${n}`)).toMatchObject({ __typename: 'DrawAccepted' })
        campaign = await moveCampaign(app, at.token, 'pause', campaign)
        expect(await by(at)(`key-${n}`)).toMatchObject(rejected('CAMPAIGN_PAUSED'))
        campaign = await moveCampaign(app, at.token, 'resume', campaign)
        // What was refused is not remembered under its key.
        expect(await by(at)(`key-${n}`)).toMatchObject({ __typename: 'DrawAccepted', replayed: false })
      }
      await moveCampaign(app, at.token, 'end', campaign)
      expect(await by(at)('after')).toMatchObject(rejected('CAMPAIGN_ENDED'))
    })

    it('it starts and ends by time', async () => {
      const startsAt = Date.now() + 4_000
      const endsAt = startsAt + 4_000
      const at = await live({ startsAt: new Date(startsAt).toISOString(), endsAt: new Date(endsAt).toISOString() })
      const early = (await by(at)('key')) as Rejected
      expect(early).toMatchObject(rejected('CAMPAIGN_NOT_STARTED'))
      expect(Math.abs(early.retryAfterMs! - (startsAt - Date.now()))).toBeLessThan(3_000)
      await sleep(startsAt - Date.now() + 20)
      expect(await by(at)('key')).toMatchObject({ __typename: 'DrawAccepted', replayed: false })
      await sleep(endsAt - Date.now() + 20)
      expect(await by(at)('late')).toMatchObject(rejected('CAMPAIGN_ENDED'))
    })

    it('a draft does not exist for callers', async () => {
      const tenant = await createTenant(app)
      const draft = await createCampaign(app, await login(app, tenant.ownerEmail, tenant.ownerPassword))
      const input = { campaignId: draft.id, userId: 'u', idempotencyKey: 'k' }
      expect(await draw(app, serverKey(tenant), input)).toMatchObject(rejected('CAMPAIGN_NOT_FOUND'))
    })
  })

  it('counts days in the campaign’s zone', async () => {
    const at = await live({ timezone: 'Asia/Kathmandu', drawsPerUserDaily: 2, drawsPerUserTotal: 9 })
    expect(await by(at)('key-1', { count: 2 })).toMatchObject({ drawsLeft: 0 })
    const refused = (await by(at)('key-2')) as Rejected
    const dayMs = 86_400_000
    const untilMidnightMs = dayMs - ((Date.now() + (5 * 60 + 45) * 60_000) % dayMs) // Nepal: UTC+5:45 all the year
    expect(refused).toMatchObject(rejected('QUOTA_EXCEEDED'))
    expect(Math.abs(refused.retryAfterMs! - untilMidnightMs)).toBeLessThan(20_000)
    const state = await gqlData(app.graphqlUrl, 'query ($c: ID!) { participant(campaignId: $c, userId: "user-1") { userId drawsLeft drawsLeftToday tickets wins } }',
      { c: at.campaign.id }, serverKey(at.tenant))
    expect(state.participant).toMatchObject({ userId: 'user-1', drawsLeft: 7, drawsLeftToday: 0 })
  })

  it('costs a ticket where the campaign asks for them', async () => {
    const at = await live({ requiresTickets: true, prizes: certain() })
    expect(await by(at)('key')).toMatchObject(rejected('NO_TICKETS'))
    const grants = await Promise.all(Array.from({ length: 10 }, () => grantTickets(app, at, 'user-1', 3)))
    for (const { body } of grants) expect(body).toEqual({ data: { grantTickets: { userId: 'user-1', balance: 3 } } })
    expect(await by(at)('key', { count: 2 })).toMatchObject({ __typename: 'DrawAccepted' })
    expect(await by(at)('more', { count: 2 })).toMatchObject(rejected('NO_TICKETS'))
    expect((await grantTickets(app, at, 'user-1', 4)).body.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', field: 'input.idempotencyKey' })
    expect((await grantTickets(app, at, 'user-1', 3)).body.data?.grantTickets.balance).toBe(1)
    expect((await grantTickets(app, at, 'user-1', 1, 'grant-2')).body.data?.grantTickets.balance).toBe(2)
    expect((await grantTickets(app, at, 'user-2', 4)).body.data?.grantTickets.balance).toBe(4)
    expect(await by(at)('more', { count: 2 })).toMatchObject({ __typename: 'DrawAccepted' })
  })

  it('gives the fallback where the candidate cannot be, and does not count it as a win', async () => {
    const prizes = [{ name: 'Main', probabilityPpb: CERTAIN_PPB, stockTotal: 2 }, { name: 'Thanks', probabilityPpb: 0, stockTotal: 3, isFallback: true }]
    const at = await live({ winsPerUser: 1, prizes, bucketCount: 2 })
    const { draws } = await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: 'a', idempotencyKey: 'k', count: 3 })
    expect(draws.map(({ prize }) => prize?.name ?? null)).toEqual(['Main', 'Thanks', 'Thanks'])
    const other = await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: 'b', idempotencyKey: 'k', count: 3 })
    expect(other.draws.map(({ prize }) => prize?.name ?? null)).toEqual(['Main', 'Thanks', null])
  })

  it('refuses the blocked and the too frequent, from the next draw on', async () => {
    const at = await live()
    const admin = (query: string, variables: Record<string, unknown>) => gqlData(app.adminGraphqlUrl, query, variables, bearer(at.token))
    await by(at)('first', { deviceId: 'd1' })
    await admin('mutation ($input: RiskEntryInput!) { addRiskEntry(input: $input) { id } }', { input: { list: 'BLOCK', subject: 'DEVICE', value: 'd1', reason: 'test' } })
    expect(await by(at)('second', { deviceId: 'd1' })).toMatchObject(rejected('BLOCKED'))
    const rules = [{ subject: 'PARTICIPANT', windowSeconds: 3_600, drawsMax: 3 }, { subject: 'IP', windowSeconds: 3_600, drawsMax: 2 }]
    await admin('mutation ($rules: [VelocityRuleInput!]!) { setVelocityRules(rules: $rules) { subject } }', { rules })
    for (let n = 0; n < 3; n++) expect(await by(at, 'quick')(`key-${n}`)).toMatchObject({ __typename: 'DrawAccepted' })
    expect(await by(at, 'quick')('key-3')).toMatchObject(rejected('TOO_FREQUENT'))
    for (let n = 0; n < 2; n++) expect(await by(at, `user-${n}`)('key', { ip: '192.0.2.9' })).toMatchObject({ __typename: 'DrawAccepted' })
    const last = (await by(at, 'user-3')('key', { ip: '192.0.2.9' })) as Rejected
    expect(last).toMatchObject(rejected('TOO_FREQUENT'))
    expect(last.retryAfterMs).toBeGreaterThan(3_000_000)
    expect(await by(at, 'user-0')('key', { ip: '192.0.2.9' })).toMatchObject({ replayed: true })
  })

  describe('with a participant’s token', () => {
    let at: LiveCampaign
    let devices: DeviceTokens
    beforeAll(async () => {
      at = await live({ prizes: certain() })
      devices = await deviceTokens(app, at.tenant, at.token)
    })

    it('draws for the participant, named or not', async () => {
      const headers = await devices.headers('alice')
      const { draws: [unnamed] } = await accepted(app, headers, { campaignId: at.campaign.id, idempotencyKey: 'key-1' })
      const { draws: [named] } = await accepted(app, headers, { campaignId: at.campaign.id, userId: 'alice', idempotencyKey: 'key-2' })
      expect([unnamed!.userId, named!.userId]).toEqual(['alice', 'alice'])
    })

    it('another’s is FORBIDDEN, and another’s draw does not exist', async () => {
      const { draws: [alices] } = await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: 'alice', idempotencyKey: 'key-3' })
      const headers = await devices.headers('mallory')
      const c = at.campaign.id
      const operations: Array<[string, Record<string, unknown>]> = [
        ['mutation ($i: DrawInput!) { draw(input: $i) { __typename } }', { i: { campaignId: c, userId: 'alice', idempotencyKey: 'key-3' } }],
        ['mutation ($i: DrawInput!) { draw(input: $i) { __typename } }', { i: { campaignId: c, userId: 'mallory', idempotencyKey: 'k', ip: '192.0.2.1' } }],
        ['query ($c: ID!) { draws(campaignId: $c, userId: "alice") { edges { cursor } } }', { c }],
        ['query ($c: ID!) { participant(campaignId: $c, userId: "alice") { wins } }', { c }],
        ['mutation ($c: ID!) { grantTickets(input: { campaignId: $c, userId: "mallory", amount: 5, reason: "r", idempotencyKey: "k" }) { balance } }', { c }],
      ]
      for (const [query, variables] of operations) {
        const { status, body } = await gql(app.graphqlUrl, query, variables, headers)
        expect([status, body.errors?.[0]?.extensions?.code, body.data ?? null]).toEqual([403, 'FORBIDDEN', null])
      }
      const own = await gqlData(app.graphqlUrl, `query { draw(id: "${alices!.id}") { id } draws(campaignId: "${c}") { edges { cursor } } }`, {}, headers)
      expect(own).toEqual({ draw: null, draws: { edges: [] } })
    })
  })
})
