import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemContext } from '../../src/common/context.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { TicketClaimService } from '../../src/modules/draws/ticket-claim.service.js'
import { bucketKeys, bucketOf } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, BALANCED, deviceTokens, draw, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, type LiveCampaign, moveCampaign, serverKey, type TestCampaignInput, uniqueName } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'

const dayMs = 86_400_000
const CLAIM = `mutation ($input: ClaimTicketsInput!) { claimTickets(input: $input) { __typename
  ... on TicketsClaimed { rule tickets expiresAt streakDays balance replayed } ... on ClaimRejected { code message retryAfterMs } } }`
const GRANT = 'mutation ($input: GrantTicketsInput!) { grantTickets(input: $input) { balance } }'
const STATE = `query ($c: ID!, $u: ID) { participant(campaignId: $c, userId: $u) { tickets ticketLots { amount expiresAt } drawStreak signInStreak } }`
const LEDGER = `query ($c: ID!, $u: ID!, $n: Int, $a: String) { ticketLedger(campaignId: $c, userId: $u, first: $n, after: $a) {
  edges { cursor node { id movement amount reason expiresAt createdAt } } pageInfo { hasNextPage endCursor } } }`

type Claim =
  | {
    __typename: 'TicketsClaimed'
    rule: string; tickets: number; expiresAt: string | null; streakDays: number | null; balance: number; replayed: boolean
  }
  | { __typename: 'ClaimRejected'; code: string; message: string; retryAfterMs: number | null }
interface Lot { amount: number; expiresAt: string | null }
interface State { tickets: number; ticketLots: Lot[]; drawStreak: number; signInStreak: number }
interface Movement { movement: string; amount: number; reason: string; expiresAt: string | null }

describe('tickets', () => {
  let app: TestApp
  beforeAll(async () => { app = await bootApp() })
  afterAll(async () => { await app.close() })

  const losing = [{ name: 'Never', probabilityPpb: 0, stockTotal: 1 }]
  const live = (input: Partial<TestCampaignInput> = {}) => createLiveCampaign(app, { requiresTickets: true, prizes: losing, ...input })
  const claim = async (at: LiveCampaign, rule: string, userId: string, key: string, headers = serverKey(at.tenant)) => {
    const input = { campaignId: at.campaign.id, userId, rule, idempotencyKey: key }
    return (await gqlData<{ claimTickets: Claim }>(app.graphqlUrl, CLAIM, { input }, headers)).claimTickets
  }
  const grant = (at: LiveCampaign, userId: string, amount: number, key: string, expiresAt?: Date) => {
    const input = { campaignId: at.campaign.id, userId, amount, reason: 'a gift', idempotencyKey: key, expiresAt }
    return gql<{ grantTickets: { balance: number } }>(app.graphqlUrl, GRANT, { input }, serverKey(at.tenant))
  }
  const state = async (at: LiveCampaign, userId: string): Promise<State> =>
    (await gqlData<{ participant: State }>(app.graphqlUrl, STATE, { c: at.campaign.id, u: userId }, serverKey(at.tenant))).participant
  const spend = (at: LiveCampaign, userId: string, key: string, count = 1) =>
    draw(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId, idempotencyKey: key, count })
  const ledger = async (at: LiveCampaign, userId: string): Promise<Movement[]> => {
    const answer = await gqlData<{ ticketLedger: { edges: Array<{ node: Movement }> } }>(
      app.adminGraphqlUrl, LEDGER, { c: at.campaign.id, u: userId, n: 50 }, bearer(at.token))
    return answer.ticketLedger.edges.map(({ node }) => node)
  }

  describe('that expire', () => {
    it('are spent first, and told lot by lot', async () => {
      const at = await live()
      const [soon, later] = [new Date(Date.now() + 60_000), new Date(Date.now() + 120_000)]
      expect((await grant(at, 'ada', 2, 'plain')).body.data).toEqual({ grantTickets: { balance: 2 } })
      expect((await grant(at, 'ada', 2, 'later', later)).body.data).toEqual({ grantTickets: { balance: 4 } })
      expect((await grant(at, 'ada', 1, 'soon', soon)).body.data).toEqual({ grantTickets: { balance: 5 } })
      expect((await grant(at, 'ada', 1, 'soon', soon)).body.data).toEqual({ grantTickets: { balance: 5 } })
      expect((await grant(at, 'ada', 1, 'soon', later)).body.errors?.[0]?.extensions?.code).toBe('CONFLICT')
      await spend(at, 'ada', 'two', 2)
      expect(await state(at, 'ada')).toMatchObject({
        tickets: 3, ticketLots: [{ amount: 1, expiresAt: later.toISOString() }, { amount: 2, expiresAt: null }],
      })
      expect(await settledBooks(app, at)).toMatchObject(BALANCED)
      const spent = (await ledger(at, 'ada')).filter(({ movement }) => movement === 'DRAW')
      expect(spent.map(({ expiresAt }) => expiresAt).sort()).toEqual([soon.toISOString(), later.toISOString()])
    })

    it('cannot be granted when they have expired, nor with ever more expiries', async () => {
      const at = await live()
      const refused = { errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'input.expiresAt' } }] }
      expect((await grant(at, 'ada', 1, 'past', new Date(Date.now() - 1))).body).toMatchObject(refused)
      const expiry = (n: number) => new Date(Date.now() + 3_600_000 + n * 1_000)
      for (let n = 0; n < 32; n++) expect((await grant(at, 'ada', 1, `k${n}`, expiry(n))).body.errors).toBeUndefined()
      expect((await grant(at, 'ada', 1, 'one-more', expiry(99))).body).toMatchObject(refused)
      expect((await state(at, 'ada')).ticketLots).toHaveLength(32)
    })

    it('no longer count once they have', async () => {
      const at = await live()
      await grant(at, 'ada', 3, 'short', new Date(Date.now() + 700))
      await grant(at, 'ada', 1, 'long')
      await new Promise((resolve) => setTimeout(resolve, 800))
      expect(await state(at, 'ada')).toMatchObject({ tickets: 1 })
      expect(await spend(at, 'ada', 'two', 2)).toMatchObject({ code: 'NO_TICKETS' })
      expect(await spend(at, 'ada', 'one')).toMatchObject({ __typename: 'DrawAccepted' })
      expect(await settledBooks(app, at)).toMatchObject(BALANCED)
    })
  })

  it('free every day are there without a claim, and end with the day', async () => {
    const at = await live({ ticketRules: { dailyFree: { tickets: 2 } }, timezone: 'Asia/Shanghai' })
    const before = await state(at, 'ada')
    expect(before).toMatchObject({ tickets: 2, ticketLots: [{ amount: 2 }] })
    expect(before.ticketLots[0]!.expiresAt).toMatch(/T16:00:00\.000Z$/)
    await spend(at, 'ada', 'one')
    expect(await state(at, 'ada')).toMatchObject({ tickets: 1 })
    await grant(at, 'ada', 1, 'more')
    expect(await spend(at, 'ada', 'three', 3)).toMatchObject({ code: 'NO_TICKETS', retryAfterMs: null })
    expect(await spend(at, 'ada', 'two', 2)).toMatchObject({ __typename: 'DrawAccepted' })
    const over = await spend(at, 'ada', 'again')
    expect(over).toMatchObject({ code: 'NO_TICKETS' })
    expect((over as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(dayMs)
    expect(await settledBooks(app, at)).toMatchObject(BALANCED)
    expect((await ledger(at, 'ada')).map(({ movement, amount, reason }) => [movement, amount, reason]).sort()).toEqual([
      ['DRAW', -1, 'draw'], ['DRAW', -1, 'draw'], ['DRAW', -1, 'draw'], ['GRANT', 1, 'a gift'], ['GRANT', 2, 'daily'],
    ])
  })

  it('the last one, raced for by 20 draws, gives one draw', async () => {
    const at = await live()
    await grant(at, 'ada', 1, 'one', new Date(Date.now() + 60_000))
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => spend(at, 'ada', `race-${n}`)))
    expect(answers.filter(({ __typename }) => __typename === 'DrawAccepted')).toHaveLength(1)
    expect(await settledBooks(app, at)).toMatchObject(BALANCED)
  })

  describe('claimed', () => {
    const rules = {
      signIn: { tickets: 1, streakBonuses: [{ days: 3, tickets: 5 }], expiresAfterDays: 2 },
      share: { tickets: 2, perDayMax: 2, totalMax: 3 },
    }

    it('by signing in come once a local day, whatever keys and callers', async () => {
      const at = await live({ ticketRules: rules })
      const devices = await deviceTokens(app, at.tenant, at.token)
      const claims = await Promise.all(Array.from({ length: 50 }, (_, n) => claim(at, 'SIGN_IN', 'ada', `key-${n}`)))
      const won = claims.filter((one) => one.__typename === 'TicketsClaimed')
      expect(won).toEqual([{ __typename: 'TicketsClaimed', rule: 'SIGN_IN', tickets: 1, expiresAt: expect.any(String), streakDays: 1, balance: 1, replayed: false }])
      for (const one of claims) if (one.__typename === 'ClaimRejected') expect(one.code).toBe('ALREADY_CLAIMED')
      const winner = `key-${claims.findIndex((one) => one.__typename === 'TicketsClaimed')}`
      expect(await claim(at, 'SIGN_IN', 'ada', winner)).toMatchObject({ tickets: 1, balance: 1, streakDays: 1, replayed: true })
      const again = await claim(at, 'SIGN_IN', 'ada', 'from-the-device', await devices.headers('ada'))
      expect(again).toMatchObject({ code: 'ALREADY_CLAIMED' })
      expect(await state(at, 'ada')).toMatchObject({ tickets: 1, signInStreak: 1 })
      expect(await settledBooks(app, at)).toMatchObject(BALANCED)
    })

    it('by sharing come by server key alone, within their limits', async () => {
      const at = await live({ ticketRules: rules })
      const devices = await deviceTokens(app, at.tenant, at.token)
      const input = { campaignId: at.campaign.id, userId: 'ada', rule: 'SHARE', idempotencyKey: 'mine' }
      const lied = await gql(app.graphqlUrl, CLAIM, { input }, await devices.headers('ada'))
      expect([lied.status, lied.body.errors?.[0]?.extensions?.code]).toEqual([403, 'FORBIDDEN'])
      const claims = await Promise.all(Array.from({ length: 10 }, (_, n) => claim(at, 'SHARE', 'ada', `share-${n}`)))
      expect(claims.filter((one) => one.__typename === 'TicketsClaimed')).toHaveLength(2)
      expect(await state(at, 'ada')).toMatchObject({ tickets: 4, ticketLots: [{ amount: 4, expiresAt: null }] })
      const refused = await claim(at, 'SHARE', 'ada', 'another')
      expect(refused).toMatchObject({ code: 'LIMIT_REACHED' })
      expect((refused as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(0)
      const winner = claims.findIndex((one) => one.__typename === 'TicketsClaimed')
      const other = await gql(app.graphqlUrl, CLAIM, { input: { ...input, rule: 'SIGN_IN', idempotencyKey: `share-${winner}` } }, serverKey(at.tenant))
      expect(other.body.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', field: 'input.idempotencyKey' })
    })

    it('are refused to who is blocked, from the next claim on', async () => {
      const at = await live({ ticketRules: rules })
      expect(await claim(at, 'SIGN_IN', 'ada', 'before')).toMatchObject({ __typename: 'TicketsClaimed' })
      const inputs = [{ list: 'BLOCK', subject: 'PARTICIPANT', value: 'ada', reason: 'tests' }]
      await gqlData(app.adminGraphqlUrl, 'mutation ($inputs: [RiskEntryInput!]!) { addRiskEntries(inputs: $inputs) { added } }', { inputs }, bearer(at.token))
      expect(await claim(at, 'SHARE', 'ada', 'k')).toMatchObject({ code: 'BLOCKED' })
      expect(await claim(at, 'SIGN_IN', 'bob', 'k')).toMatchObject({ __typename: 'TicketsClaimed' })
      // What was claimed before is told again.
      expect(await claim(at, 'SIGN_IN', 'ada', 'before')).toMatchObject({ replayed: true })
    })

    it('are refused with a reason', async () => {
      const at = await live({ ticketRules: { share: rules.share } })
      expect(await claim(at, 'SIGN_IN', 'ada', 'k')).toMatchObject({ code: 'NO_SUCH_RULE' })
      expect(await claim({ ...at, campaign: { ...at.campaign, id: 'nothing' } }, 'SIGN_IN', 'ada', 'k')).toMatchObject({ code: 'CAMPAIGN_NOT_FOUND' })
      const draft = await createCampaign(app, at.token, {
        requiresTickets: true, ticketRules: rules,
        startsAt: new Date(Date.now() + 3_600_000).toISOString(), endsAt: new Date(Date.now() + 2 * 3_600_000).toISOString(),
      })
      const future = { ...at, campaign: await moveCampaign(app, at.token, 'publish', draft) }
      const early = await claim(future, 'SIGN_IN', 'ada', 'k')
      expect(early).toMatchObject({ code: 'CAMPAIGN_NOT_STARTED' })
      expect((early as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(3_500_000)
      const paused = await moveCampaign(app, at.token, 'pause', at.campaign)
      expect(await claim(at, 'SHARE', 'ada', 'k')).toMatchObject({ code: 'CAMPAIGN_PAUSED' })
      await moveCampaign(app, at.token, 'end', paused)
      expect(await claim(at, 'SHARE', 'ada', 'k')).toMatchObject({ code: 'CAMPAIGN_ENDED' })
    })

    // Local noons, by the participant's calendar; the last two zones change their clocks, or a month ends, in between.
    it.each<[string, string, string[], number[]]>([
      ['a month’s end', 'Asia/Shanghai', ['2026-02-27T12:00+08:00', '2026-02-28T12:00+08:00', '2026-03-01T12:00+08:00', '2026-03-03T12:00+08:00'], [1, 2, 3, 1]],
      ['a day of 23 hours', 'America/New_York', ['2026-03-07T23:30-05:00', '2026-03-08T23:30-04:00', '2026-03-09T00:10-04:00', '2026-03-10T12:00-04:00'], [1, 2, 3, 4]],
      ['a day of 25 hours', 'America/New_York', ['2026-10-31T00:10-04:00', '2026-11-01T00:10-04:00', '2026-11-02T23:50-05:00', '2026-11-04T00:10-05:00'], [1, 2, 3, 1]],
      ['midnights that the clock leaves out', 'Africa/Cairo', ['2026-04-23T23:59+02:00', '2026-04-24T01:01+03:00', '2026-04-25T12:00+03:00'], [1, 2, 3]],
    ])('by signing in, in a row over %s', async (_what, timezone, moments, streaks) => {
      const bonus = { ticketRules: { signIn: { tickets: 1, streakBonuses: [{ days: 3, tickets: 5 }] } } }
      const at = await live({ ...bonus, timezone, startsAt: '2026-01-01T00:00:00Z', endsAt: '2027-06-01T00:00:00Z' })
      const service = app.app.get(TicketClaimService, { strict: false })
      const ctx = systemContext(at.tenant.tenantId, 'tests')
      for (const [n, moment] of moments.entries()) {
        const nowMs = Date.parse(moment)
        const request = { campaignId: at.campaign.id, userId: 'ada', rule: 'SIGN_IN' as const, idempotencyKey: `day-${n}` }
        expect(await service.claim(ctx, request, nowMs)).toMatchObject({ kind: 'claimed', streakDays: streaks[n], tickets: streaks[n] === 3 ? 6 : 1 })
        expect(await service.claim(ctx, { ...request, idempotencyKey: `twice-${n}` }, nowMs)).toMatchObject({ code: 'ALREADY_CLAIMED' })
        expect(await service.signInStreak(ctx, at.campaign.id, 'ada', nowMs)).toBe(streaks[n])
      }
      const last = Date.parse(moments.at(-1)!)
      expect(await service.signInStreak(ctx, at.campaign.id, 'ada', last + dayMs)).toBe(streaks.at(-1))
      expect(await service.signInStreak(ctx, at.campaign.id, 'ada', last + 2 * dayMs)).toBe(0)
      const replay = { campaignId: at.campaign.id, userId: 'ada', rule: 'SIGN_IN' as const, idempotencyKey: 'day-2' }
      expect(await service.claim(ctx, replay, last + 5 * dayMs)).toMatchObject({ replayed: true, streakDays: 3, tickets: 6 })
    })
  })

  it('every movement is there for operators, page by page', async () => {
    const at = await live()
    for (let n = 0; n < 5; n++) await grant(at, 'ada', n + 1, `k${n}`)
    type Page = { edges: Array<{ node: { amount: number } }>; pageInfo: { hasNextPage: boolean; endCursor: string } }
    const page = async (after: string | null) => (await gqlData<{ ticketLedger: Page }>(
      app.adminGraphqlUrl, LEDGER, { c: at.campaign.id, u: 'ada', n: 3, a: after }, bearer(at.token))).ticketLedger
    const first = await page(null)
    expect([first.edges.map(({ node }) => node.amount), first.pageInfo.hasNextPage]).toEqual([[5, 4, 3], true])
    const second = await page(first.pageInfo.endCursor)
    expect([second.edges.map(({ node }) => node.amount), second.pageInfo.hasNextPage]).toEqual([[2, 1], false])
  })

  it('rules of a campaign that has started may only get better', async () => {
    const ticketRules = {
      dailyFree: { tickets: 2 },
      signIn: { tickets: 1, streakBonuses: [{ days: 7, tickets: 5 }], expiresAfterDays: 3 },
      share: { tickets: 1, perDayMax: 3, totalMax: 9 },
    }
    const at = await live({ ticketRules })
    const update = `mutation ($id: ID!, $v: Int!, $p: UpdateCampaignInput!) { updateCampaign(id: $id, expectedVersion: $v, patch: $p) { __typename
      ... on Campaign { version ticketRules { dailyFree { tickets } signIn { tickets expiresAfterDays streakBonuses { days tickets } } share { totalMax } } }
      ... on InvalidCampaign { problems { path } } } }`
    type Answer = { version?: number; problems?: Array<{ path: string }>; ticketRules?: unknown }
    const change = async (v: number, rules: object | null) => (await gqlData<{ updateCampaign: Answer }>(
      app.adminGraphqlUrl, update, { id: at.campaign.id, v, p: { ticketRules: rules } }, bearer(at.token))).updateCampaign
    const { version } = at.campaign
    const paths = async (rules: object | null) => (await change(version, rules)).problems?.map(({ path }) => path)
    expect(await paths(null)).toEqual(expect.arrayContaining(['ticketRules.dailyFree.tickets', 'ticketRules.signIn.tickets', 'ticketRules.share.tickets']))
    expect(await paths({ ...ticketRules, dailyFree: { tickets: 1 } })).toEqual(['ticketRules.dailyFree.tickets'])
    expect(await paths({ ...ticketRules, signIn: { tickets: 1, expiresAfterDays: 2 } })).toEqual(['ticketRules.signIn.expiresAfterDays', 'ticketRules.signIn.streakBonuses'])
    expect(await paths({ ...ticketRules, share: { tickets: 1, perDayMax: 3, totalMax: 8 } })).toEqual(['ticketRules.share.totalMax'])
    const better = { ...ticketRules, signIn: { tickets: 1, streakBonuses: [{ days: 7, tickets: 6 }] }, share: { tickets: 1, perDayMax: 3 } }
    expect(await change(version, better)).toMatchObject({
      __typename: 'Campaign',
      ticketRules: {
        dailyFree: { tickets: 2 },
        signIn: { tickets: 1, expiresAfterDays: null, streakBonuses: [{ days: 7, tickets: 6 }] },
        share: { totalMax: null },
      },
    })
  })

  // The recipe of docs/mechanics.md.
  it('a sign-in calendar: one draw a local day, and a prize that seven days in a row unlock', async () => {
    const at = await createLiveCampaign(app, {
      slug: uniqueName('calendar'), timezone: 'Asia/Shanghai', drawsPerUserDaily: 1,
      prizes: [
        { name: 'Seventh day', probabilityPpb: CERTAIN_PPB, stockTotal: 10_000, winsPerUser: 1, unlockAfterStreakDays: 7 },
        { name: 'Stamp', probabilityPpb: 0, stockTotal: 1_000_000, isFallback: true },
      ],
    })
    const server = serverKey(at.tenant)
    const snapshot = (await app.app.get(SnapshotService, { strict: false }).get(at.tenant.tenantId, at.campaign.id))!
    const { client } = app.app.get(RedisService, { strict: false })
    const hash = bucketKeys(snapshot, snapshot.epoch, bucketOf(snapshot, 'ada')).participants + 'ada'
    /** As if `days` local days had passed since ada's last draw. */
    const pass = async (days: number) => void (await client.hincrby(hash, 'D', -days))
    const play = async (day: number) => (await accepted(app, server, { campaignId: at.campaign.id, userId: 'ada', idempotencyKey: `day-${day}` })).draws[0]!.prize?.name
    for (let day = 1; day <= 5; day++) {
      expect(await play(day)).toBe('Stamp')
      expect(await draw(app, server, { campaignId: at.campaign.id, userId: 'ada', idempotencyKey: `again-${day}` })).toMatchObject({ code: 'QUOTA_EXCEEDED' })
      await pass(1)
    }
    expect(await state(at, 'ada')).toMatchObject({ drawStreak: 5 })
    await pass(1) // a day left out: the streak begins anew
    expect(await state(at, 'ada')).toMatchObject({ drawStreak: 0 })
    const won: Array<string | undefined> = []
    for (let day = 11; day <= 18; day++) {
      won.push(await play(day))
      await pass(1)
    }
    expect(won).toEqual(['Stamp', 'Stamp', 'Stamp', 'Stamp', 'Stamp', 'Stamp', 'Seventh day', 'Stamp'])
  })
})
