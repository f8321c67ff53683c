import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { asOwner } from '../support/database.js'
import { accepted, type Accepted, BALANCED, draw, type Rejected, inParallel, settledBooks } from '../support/draws.js'
import { bearer, createTenant, login, moveCampaign, serverKey, type TestCampaign, type TestTenant } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

let app: TestApp
let tenant: TestTenant
let token: string

beforeAll(async () => {
  app = await bootApp()
  tenant = await createTenant(app)
  token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
})
afterAll(() => app?.close())

interface Made extends TestCampaign { mechanic: string; name: string; problems?: Array<{ path: string; message: string }> }
const admin = <T>(query: string, variables: Record<string, unknown> = {}) =>
  gqlData<T>(app.adminGraphqlUrl, query, variables, bearer(token))
const PAYLOAD = `... on Campaign { id slug name status version mechanic prizes { id name stockTotal } }
  ... on InvalidCampaign { problems { path message } }`
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

async function make(template: string, slug = template): Promise<Made> {
  const query = `mutation ($t: String!, $slug: String!, $from: DateTime!, $to: DateTime!) {
    made: createCampaignFromTemplate(template: $t, slug: $slug, startsAt: $from, endsAt: $to, timezone: "Asia/Shanghai") { ${PAYLOAD} } }`
  return (await admin<{ made: Made }>(query, { t: template, slug, from: inHours(-1), to: inHours(5) })).made
}

describe('a template', () => {
  const live = async (template: string) => {
    const campaign = await moveCampaign(app, token, 'publish', await make(template))
    expect(campaign.status).toBe('ACTIVE')
    const by = (userId: string, key = 'k') => draw(app, serverKey(tenant), { campaignId: campaign.id, userId, idempotencyKey: key })
    const many = (users: number) => inParallel(Array.from({ length: users }, (_, n) => () => by(`user-${n}`)), 8)
    const balanced = async () => expect(await settledBooks(app, { token, campaign })).toMatchObject(BALANCED)
    return { campaign, by, many, balanced }
  }
  const outcomes = (answers: ReadonlyArray<Accepted | Rejected>) =>
    answers.map((answer) => (answer.__typename === 'DrawAccepted' ? answer.draws[0]!.outcome : answer.code))
  const count = <T>(all: readonly T[], one: T) => all.filter((other) => other === one).length

  it('says what it is and what it fills in', async () => {
    const { campaignTemplates } = await admin<{ campaignTemplates: Array<{ key: string; fillsIn: string[] }> }>(
      '{ campaignTemplates { key name mechanic description fillsIn } }')
    expect(campaignTemplates).toContainEqual({
      key: 'sign-in-calendar', name: 'Sign-in calendar', mechanic: 'LOTTERY', description: expect.stringContaining('local day'),
      fillsIn: expect.arrayContaining(['mechanic', 'drawsPerUserDaily', 'prizes']),
    })
    expect(await make('nothing')).toMatchObject({ problems: [{ path: 'template', message: expect.stringContaining('flash-sale') }] })
    expect(await make('flash-sale', 'NO')).toMatchObject({ problems: [{ path: 'slug' }] })
  })

  it('lucky-wheel: nobody goes away with nothing, three times a day', async () => {
    const { campaign, by, many, balanced } = await live('lucky-wheel')
    expect(new Set(outcomes(await many(40)))).toEqual(new Set(['WON']))
    const four = await accepted(app, serverKey(tenant), { campaignId: campaign.id, userId: 'ada', idempotencyKey: 'k', count: 3 })
    expect(four.drawsLeft).toBe(0)
    expect(await by('ada', 'more')).toMatchObject({ code: 'QUOTA_EXCEEDED' })
    await balanced()
  })

  it('flash-sale: the first hundred, once each', async () => {
    const { by, many, balanced } = await live('flash-sale')
    const told = outcomes(await many(130))
    expect([count(told, 'WON'), count(told, 'SOLD_OUT')]).toEqual([100, 30])
    expect(await by('user-0', 'again')).toMatchObject({ code: expect.stringMatching(/^(QUOTA_EXCEEDED|SOLD_OUT)$/) })
    await balanced()
  })

  it('red-packet: one packet of money each until all are gone', async () => {
    const { campaign, many, balanced } = await live('red-packet')
    const told = outcomes(await many(130))
    expect([count(told, 'WON'), count(told, 'SOLD_OUT')]).toEqual([100, 30])
    interface Packets { draws: { edges: Array<{ node: { award: { amount: { amountMinor: number; currency: string } } } }> } }
    const { draws } = await gqlData<Packets>(app.graphqlUrl,
      'query ($c: ID!) { draws(campaignId: $c, outcome: WON, first: 100) { edges { node { award { amount { amountMinor currency } } } } } }', { c: campaign.id }, serverKey(tenant))
    expect(draws.edges).toHaveLength(100)
    expect(draws.edges.every(({ node }) => node.award.amount.amountMinor >= 1 && node.award.amount.currency === 'CNY')).toBe(true)
    await balanced()
  })

  it('instant-win: a win or a loss at once, and never more wins than units', async () => {
    const { many, balanced } = await live('instant-win')
    const told = outcomes(await many(80))
    expect(count(told, 'WON') + count(told, 'LOST')).toBe(80)
    expect(count(told, 'WON')).toBeLessThanOrEqual(50)
    await balanced()
  })

  it('sign-in-calendar: points for the day, and tomorrow again', async () => {
    const { by, balanced } = await live('sign-in-calendar')
    expect(await by('ada')).toMatchObject({ drawsLeft: 0, draws: [{ prize: { name: '10 points' } }] })
    const again = await by('ada', 'again')
    expect(again).toMatchObject({ code: 'QUOTA_EXCEEDED', retryAfterMs: expect.any(Number) })
    await balanced()
  })
})

describe('a clone', () => {
  /** What a copy does not share with its source. */
  const OWN = [
    'id', 'no', 'slug', 'status', 'version', 'epoch', 'redis_run', 'seed_sealed', 'seed_hash', 'published_at', 'created_at', 'updated_at',
    'campaign_id', 'removed_at', 'stock_returned_epoch', 'bucket_count_wanted',
  ]
  /** No operator sets these. */
  const UNSET = ['image_url']

  const rowsOf = (table: 'campaign' | 'prize', campaignId: string) => asOwner(app.databaseUrl, async (client) => {
    const { rows } = await client.query<{ row: Record<string, unknown> }>(
      `SELECT to_jsonb(t) AS row FROM ${table} t WHERE ${table === 'campaign' ? 'id' : 'campaign_id'} = $1 ORDER BY ${table === 'campaign' ? 'id' : 'position'}`, [campaignId])
    return rows.map(({ row }) => Object.fromEntries(Object.entries(row).filter(([name]) => !OWN.includes(name))))
  })

  it('has every column of its source, and this test gives each of them something to copy', async () => {
    const release = { evenly: { times: 3 } }
    const input = {
      slug: 'rich', name: 'Rich', description: 'All of it', mechanic: 'LOTTERY', startsAt: inHours(1), endsAt: inHours(9), timezone: 'Asia/Shanghai', durability: 'FAST',
      bucketCount: 4, drawsPerUserTotal: 9, drawsPerUserDaily: 3, winsPerUser: 2, requiresTickets: true,
      ticketRules: { dailyFree: { tickets: 1 }, signIn: { tickets: 2, streakBonuses: [{ days: 7, tickets: 5 }], expiresAfterDays: 3 } },
      guaranteeAfterLosses: 5, budget: { currency: 'CNY', totalMinor: 100_000, dailyMinor: 10_000 },
      eligibility: '"vip" in segments', oddsTables: [{ name: 'gold', audience: { tiers: ['gold'] }, entries: [{ prize: 'One', probabilityPpb: 7 }] }],
      prizes: [
        {
          name: 'One', kind: 'CASH', probabilityPpb: 5, stockTotal: 50, winsPerUser: 1, unlockAfterDraws: 2, value: { amountMinor: 10, currency: 'CNY' },
          isGuarantee: true, unlockAfterStreakDays: 3, fulfilment: { kind: 'MANUAL', claimWithinSeconds: 86_400 }, winsPerUserDaily: 1, winsPerDay: 7, release,
        },
        { name: 'Two', probabilityPpb: 6, stockTotal: 60, isFallback: true, fallbackOrder: 2 },
      ],
    }
    const packets = {
      ...input, slug: 'packets', mechanic: 'RED_PACKET', guaranteeAfterLosses: null, budget: null, oddsTables: [],
      prizes: [{ name: 'Packet', kind: 'CASH', probabilityPpb: 5, stockTotal: 50, value: { amountMinor: 10, currency: 'CNY' }, packets: { totalMinor: 700 } }],
    }
    const filled = { campaign: new Set<string>(), prize: new Set<string>() }
    const columns = { campaign: new Set<string>(), prize: new Set<string>() }
    for (const i of [input, packets]) {
      const { made } = await admin<{ made: Made }>(`mutation ($i: CreateCampaignInput!) { made: createCampaign(input: $i) { ${PAYLOAD} } }`, { i })
      expect(made.problems).toBeUndefined()
      const { clone } = await admin<{ clone: Made }>(
        `mutation ($id: ID!, $slug: String!) { clone: cloneCampaign(id: $id, slug: $slug) { ${PAYLOAD} } }`, { id: made.id, slug: `${i.slug}-clone` })
      for (const table of ['campaign', 'prize'] as const) {
        const source = await rowsOf(table, made.id)
        expect(await rowsOf(table, clone.id)).toEqual(source)
        for (const [name, value] of source.flatMap((row) => Object.entries(row))) {
          columns[table].add(name)
          if (value !== null && value !== false) filled[table].add(name)
        }
      }
    }
    const empty = (table: 'campaign' | 'prize') => [...columns[table]].filter((name) => !filled[table].has(name) && !UNSET.includes(name))
    expect({ campaign: empty('campaign'), prize: empty('prize') }).toEqual({ campaign: [], prize: [] })
  })

  it('can have another mechanic, and is then what that one needs', async () => {
    const wheel = await make('lucky-wheel', 'wheel-again')
    const { clone } = await admin<{ clone: Made }>(
      `mutation ($id: ID!) { clone: cloneCampaign(id: $id, slug: "as-sale", mechanic: FLASH_SALE) { ${PAYLOAD} } }`, { id: wheel.id })
    expect(clone).toMatchObject({ mechanic: 'FLASH_SALE', status: 'DRAFT', prizes: wheel.prizes.map(({ name, stockTotal }) => ({ name, stockTotal })) })
    expect((await moveCampaign(app, token, 'publish', clone)).status).toBe('ACTIVE')
  })
})
