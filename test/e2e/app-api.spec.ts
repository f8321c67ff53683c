import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, createTenant, login, moveCampaign, serverKey, type LiveCampaign } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { newSigningKey, participantToken, type SigningKey } from '../support/tenancy.js'

const DRAW = `mutation ($input: DrawInput!) { draw(input: $input) { __typename
  ... on DrawAccepted { replayed drawsLeft draws { id campaignId userId idempotencyKey ordinal state outcome createdAt settledAt
    prize { id name kind imageUrl value { amountMinor currency } } award { id drawId status code createdAt prize { id } amount { amountMinor currency } } } }
  ... on DrawRejected { code message retryAfterMs } } }`

interface Drawn {
  readonly id: string
  readonly userId: string
  readonly ordinal: number
  readonly state: string
  readonly outcome: string | null
  readonly prize: { readonly id: string; readonly name: string; readonly value: object | null } | null
  readonly award: object | null
}
interface Payload {
  readonly __typename: string
  readonly code?: string
  readonly replayed?: boolean
  readonly drawsLeft?: number | null
  readonly draws: readonly Drawn[]
}

let app: TestApp
let live: LiveCampaign
let other: LiveCampaign
let key: SigningKey
let server: Record<string, string>

const prizes = [
  { name: 'Mug', kind: 'PHYSICAL' as const, probabilityPpb: CERTAIN_PPB, stockTotal: 1_000, value: { amountMinor: 500, currency: 'EUR' } },
]

beforeAll(async () => {
  app = await bootApp({ env: { DEVICE_IP_DRAWS_PER_SECOND_MAX: '1000', PARTICIPANT_DRAWS_PER_SECOND_MAX: '1000' } })
  live = await createLiveCampaign(app, { prizes, drawsPerUserTotal: 30 })
  other = await createLiveCampaign(app, { prizes })
  server = serverKey(live.tenant)
  key = newSigningKey('EdDSA')
  const mutation = 'mutation ($publicJwk: String!) { registerParticipantKey(kid: "k1", algorithm: "EdDSA", publicJwk: $publicJwk) { id } }'
  await gqlData(app.adminGraphqlUrl, mutation, { publicJwk: key.publicJwk }, bearer(live.token))
})
afterAll(() => app?.close())

let keys = 0
const newKey = () => `key-${keys++}`
const device = async (sub: string) => bearer(await participantToken(key, 'k1', live.tenant.slug, { sub }))
const ask = (query: string, variables: object = {}, headers = server) =>
  gql<Record<string, never>>(app.graphqlUrl, query, { ...variables }, headers)

async function draw(input: object, headers = server): Promise<Payload> {
  const whole = { campaignId: live.campaign.id, idempotencyKey: newKey(), ...input }
  return (await gqlData<{ draw: Payload }>(app.graphqlUrl, DRAW, { input: whole }, headers)).draw
}

interface Expected { readonly status: number; readonly code: string; readonly field?: string }

async function expectError(query: string, variables: object, headers: Record<string, string>, expected: Expected): Promise<void> {
  const { status, body } = await ask(query, variables, headers)
  const { code, field } = body.errors?.[0]?.extensions ?? {}
  expect({ status, code, ...(expected.field === undefined ? {} : { field }) }).toEqual(expected)
}

const eventually = async <T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> => {
  for (const until = Date.now() + 10_000; ;) {
    const value = await read()
    if (done(value)) return value
    if (Date.now() > until) throw new Error(`still ${JSON.stringify(value)}`)
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
}

describe('a draw', () => {
  it('is answered whole, with its prize and its award', async () => {
    const { __typename, replayed, drawsLeft, draws } = await draw({ userId: 'whole', idempotencyKey: 'whole' })
    expect({ __typename, replayed, drawsLeft }).toEqual({ __typename: 'DrawAccepted', replayed: false, drawsLeft: 29 })
    expect(draws).toHaveLength(1)
    const prize = { id: live.campaign.prizes[0]!.id, name: 'Mug', kind: 'PHYSICAL', imageUrl: null, value: { amountMinor: 500, currency: 'EUR' } }
    expect(draws[0]).toMatchObject({
      campaignId: live.campaign.id, userId: 'whole', idempotencyKey: 'whole', outcome: 'WON', prize,
      award: { drawId: draws[0]!.id, status: 'GRANTED', code: null, prize: { id: prize.id } },
    })
    const again = await draw({ userId: 'whole', idempotencyKey: 'whole' })
    expect(again).toMatchObject({ replayed: true, draws: [{ id: draws[0]!.id, outcome: 'WON' }] })
  })

  it('counts one where count is left out or null, and as many as it says', async () => {
    expect((await draw({ userId: 'counting' })).draws).toHaveLength(1)
    expect((await draw({ userId: 'counting', count: null })).draws).toHaveLength(1)
    const { draws } = await draw({ userId: 'counting', count: 10 })
    expect(draws.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 10 }, (_, n) => n))
  })

  it('that is rejected is data', async () => {
    const rejected = await draw({ userId: 'ada', campaignId: '00000000-0000-7000-8000-000000000000' })
    expect(rejected).toMatchObject({ __typename: 'DrawRejected', code: 'CAMPAIGN_NOT_FOUND' })
    expect(await draw({ userId: 'ada', campaignId: 'nonsense' })).toMatchObject({ code: 'CAMPAIGN_NOT_FOUND' })
    expect(await draw({ userId: 'ada', campaignId: other.campaign.id })).toMatchObject({ code: 'CAMPAIGN_NOT_FOUND' })
  })

  it.each<[string, object, string]>([
    ['no participant', {}, 'input.userId'],
    ['an empty participant', { userId: '' }, 'input.userId'],
    ['a participant that would leave its slot', { userId: 'a}{b' }, 'input.userId'],
    ['count 0', { userId: 'ada', count: 0 }, 'input.count'],
    ['count 11', { userId: 'ada', count: 11 }, 'input.count'],
    ['an endless key', { userId: 'ada', idempotencyKey: 'k'.repeat(65) }, 'input.idempotencyKey'],
    ['an address that is none', { userId: 'ada', ip: '1.2.3' }, 'input.ip'],
  ])('with %s is refused', async (_, input, field) => {
    const whole = { campaignId: live.campaign.id, idempotencyKey: newKey(), ...input }
    await expectError(DRAW, { input: whole }, server, { status: 400, code: 'BAD_USER_INPUT', field })
  })

  it('is no GET, and never cached', async () => {
    const url = `${app.graphqlUrl}?query=${encodeURIComponent('mutation { draw(input: {campaignId: "c", userId: "u", idempotencyKey: "k"}) { __typename } }')}`
    const response = await fetch(url, { headers: { ...server, 'apollo-require-preflight': '1' } })
    expect(response.status).toBe(405)
    const answer = await ask(DRAW, { input: { campaignId: live.campaign.id, userId: 'cached', idempotencyKey: newKey() } })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('can be read at once, and settles', async () => {
    const { draws: [made] } = await draw({ userId: 'reader' })
    const query = 'query ($id: ID!) { draw(id: $id) { id userId outcome state settledAt prize { name } award { status } } }'
    const read = async () => (await gqlData<{ draw: Drawn }>(app.graphqlUrl, query, { id: made!.id }, server)).draw
    expect(await read()).toMatchObject({ id: made!.id, userId: 'reader', outcome: 'WON', prize: { name: 'Mug' } })
    expect(await eventually(read, ({ state }) => state === 'SETTLED')).toMatchObject({ outcome: 'WON', prize: { name: 'Mug' }, award: { status: 'GRANTED' } })
  })
})

describe('a device', () => {
  it('draws for its own participant, named or not', async () => {
    const ada = await device('ada')
    expect((await draw({}, ada)).draws[0]).toMatchObject({ userId: 'ada' })
    expect((await draw({ userId: 'ada' }, ada)).draws[0]).toMatchObject({ userId: 'ada' })
  })

  it('reads its own draws and state, and no other’s', async () => {
    const [eve, mallory] = [await device('eve'), await device('mallory')]
    const { draws: [made] } = await draw({}, eve)
    const one = 'query ($id: ID!) { draw(id: $id) { id } }'
    expect((await ask(one, { id: made!.id }, eve)).body.data).toEqual({ draw: { id: made!.id } })
    expect((await ask(one, { id: made!.id }, mallory)).body.data).toEqual({ draw: null })
    expect((await ask(one, { id: made!.id }, serverKey(other.tenant))).body.data).toEqual({ draw: null })
    const list = 'query ($campaignId: ID!, $userId: ID) { draws(campaignId: $campaignId, userId: $userId) { edges { node { id userId } } } }'
    const own = { edges: [{ node: { id: made!.id, userId: 'eve' } }] }
    expect((await ask(list, { campaignId: live.campaign.id }, eve)).body.data).toEqual({ draws: own })
    expect((await ask(list, { campaignId: live.campaign.id, userId: 'eve' }, eve)).body.data).toEqual({ draws: own })
    expect((await ask(list, { campaignId: live.campaign.id }, mallory)).body.data).toEqual({ draws: { edges: [] } })
    const state = 'query ($campaignId: ID!, $userId: ID) { participant(campaignId: $campaignId, userId: $userId) { userId drawsLeft wins } }'
    expect((await ask(state, { campaignId: live.campaign.id }, eve)).body.data).toEqual({ participant: { userId: 'eve', drawsLeft: 29, wins: 1 } })
  })

  it.each<[string, string, (id: string) => object, string]>([
    ['draw for', DRAW, (campaignId) => ({ input: { campaignId, userId: 'bob', idempotencyKey: 'k' } }), 'input.userId'],
    ['list the draws of', 'query ($campaignId: ID!) { draws(campaignId: $campaignId, userId: "bob") { edges { cursor } } }', (campaignId) => ({ campaignId }), 'userId'],
    ['see the state of', 'query ($campaignId: ID!) { participant(campaignId: $campaignId, userId: "bob") { wins } }', (campaignId) => ({ campaignId }), 'userId'],
  ])('may not %s another', async (_, query, variables, field) => {
    await expectError(query, variables(live.campaign.id), await device('ada'), { status: 403, code: 'FORBIDDEN', field })
  })

  it('may neither name an address nor grant tickets', async () => {
    const ada = await device('ada')
    const input = { campaignId: live.campaign.id, idempotencyKey: newKey(), ip: '192.0.2.1' }
    await expectError(DRAW, { input }, ada, { status: 403, code: 'FORBIDDEN', field: 'input.ip' })
    const grant = 'mutation ($id: ID!) { grantTickets(input: { campaignId: $id, userId: "ada", amount: 5, reason: "r", idempotencyKey: "g" }) { balance } }'
    await expectError(grant, { id: live.campaign.id }, ada, { status: 403, code: 'FORBIDDEN' })
  })
})

describe('campaigns', () => {
  it('show neither odds nor stock', async () => {
    const { body } = await ask('{ a: __type(name: "Campaign") { fields { name } } b: __type(name: "Prize") { fields { name } } }')
    expect(JSON.stringify(body)).not.toMatch(/ppb|probability|odds|stock|"seed"|bucket/i)
  })

  it('are found by id or slug, one of them', async () => {
    const fields = '{ id slug name mechanic status timezone startsAt endsAt prizes { id name kind value { amountMinor currency } } }'
    const byId = await ask(`query ($id: ID) { campaign(id: $id) ${fields} }`, { id: live.campaign.id })
    expect(byId.body.data?.campaign).toMatchObject({ id: live.campaign.id, slug: live.campaign.slug, mechanic: 'LOTTERY', status: 'ACTIVE', prizes: [{ name: 'Mug' }] })
    expect((await ask(`query ($slug: String) { campaign(slug: $slug) ${fields} }`, { slug: live.campaign.slug })).body.data).toEqual(byId.body.data)
    for (const args of ['', '(id: null)', '(id: "a", slug: "b")']) await expectError(`{ campaign${args} { id } }`, {}, server, { status: 400, code: 'BAD_USER_INPUT', field: 'id' })
    for (const args of ['id: "nonsense"', 'slug: "a}{b"', `id: "${other.campaign.id}"`, `slug: "${other.campaign.slug}"`]) {
      expect((await ask(`{ campaign(${args}) { id } }`)).body).toEqual({ data: { campaign: null } })
    }
  })

  it('are listed when they are published, with the status of the moment', async () => {
    const tenant = await createTenant(app)
    const token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
    await createCampaign(app, token)
    const soon = { startsAt: new Date(Date.now() + 1_000).toISOString() }
    const published = await moveCampaign(app, token, 'publish', await createCampaign(app, token, soon))
    const read = async () => (await gqlData<{ campaigns: Array<{ id: string; status: string }> }>(app.graphqlUrl, '{ campaigns { id status } }', {}, serverKey(tenant))).campaigns
    expect(await read()).toEqual([{ id: published.id, status: 'SCHEDULED' }])
    await eventually(read, ([campaign]) => campaign?.status === 'ACTIVE')
  })
})

describe('lists', () => {
  const LIST = `query ($id: ID!, $userId: ID, $outcome: DrawOutcome, $first: Int, $after: String) {
    draws(campaignId: $id, userId: $userId, outcome: $outcome, first: $first, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`
  interface Page { draws: { edges: Array<{ node: { id: string } }>; pageInfo: { hasNextPage: boolean; endCursor: string | null } } }

  it('are paged, newest first, each draw once', async () => {
    const made = (await Promise.all(Array.from({ length: 7 }, () => draw({ userId: 'pager' })))).flatMap(({ draws }) => draws.map(({ id }) => id))
    const seen: string[] = []
    for (let after: string | null = null; ;) {
      const { draws }: Page = await gqlData<Page>(app.graphqlUrl, LIST, { id: live.campaign.id, userId: 'pager', first: 3, after }, server)
      seen.push(...draws.edges.map(({ node }) => node.id))
      after = draws.pageInfo.endCursor
      if (!draws.pageInfo.hasNextPage) break
    }
    expect([...seen].sort()).toEqual([...made].sort())
    const lost = await gqlData<Page>(app.graphqlUrl, LIST, { id: live.campaign.id, userId: 'pager', outcome: 'LOST' }, server)
    expect(lost.draws.edges).toEqual([])
  })

  it.each([
    ['first', { first: 0 }], ['first', { first: 101 }], ['first', { first: -1 }], ['after', { after: 'nonsense' }],
  ])('refuse %s of %j', async (field, variables) => {
    await expectError(LIST, { id: live.campaign.id, ...variables }, server, { status: 400, code: 'BAD_USER_INPUT', field })
  })

  it.each([0, 101])('of winners refuse first of %d', async (first) => {
    await expectError('query ($id: ID!, $first: Int) { recentWinners(campaignId: $id, first: $first) { at } }', { id: live.campaign.id, first }, server, { status: 400, code: 'BAD_USER_INPUT', field: 'first' })
  })

  it('of winners mask their names', async () => {
    await draw({ userId: 'a-long-secret-name' })
    const query = 'query ($id: ID!) { recentWinners(campaignId: $id) { maskedUserId prizeName at } }'
    interface Listed { recentWinners: Array<{ prizeName: string }> }
    const read = async () => (await gqlData<Listed>(app.graphqlUrl, query, { id: live.campaign.id }, server)).recentWinners
    const winners = await eventually(read, (list) => list.length > 0)
    expect(winners[0]!.prizeName).toBe('Mug')
    expect(JSON.stringify(winners)).not.toContain('a-long-secret-name')
  })

  it.each(['draws(campaignId: "ID") { edges { cursor } }', 'recentWinners(campaignId: "ID") { at }', 'participant(campaignId: "ID", userId: "a") { wins }'])(
    'another tenant’s campaign is none: %s', async (field) => {
      const none = await ask(`{ ${field.replace('ID', '00000000-0000-7000-8000-000000000000')} }`)
      const others = await ask(`{ ${field.replace('ID', other.campaign.id)} }`)
      const told = ({ status, body }: typeof none) => [status, body.errors?.[0]?.message, body.errors?.[0]?.extensions?.code, body.data]
      expect(told(others)).toEqual(told(none))
      expect(others.body.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
    })
})

describe('tickets', () => {
  it('are granted by servers, and spent by draws', async () => {
    const { tenant, campaign } = await createLiveCampaign(app, { prizes, requiresTickets: true })
    const headers = serverKey(tenant)
    const grant = 'mutation ($input: GrantTicketsInput!) { grantTickets(input: $input) { userId balance } }'
    const input = { campaignId: campaign.id, userId: 'ada', amount: 2, reason: 'purchase', idempotencyKey: 'grant-1' }
    for (let n = 0; n < 2; n++) expect((await gql(app.graphqlUrl, grant, { input }, headers)).body.data).toEqual({ grantTickets: { userId: 'ada', balance: 2 } })
    expect(await draw({ campaignId: campaign.id, userId: 'ada', count: 2 }, headers)).toMatchObject({ __typename: 'DrawAccepted' })
    expect(await draw({ campaignId: campaign.id, userId: 'ada' }, headers)).toMatchObject({ code: 'NO_TICKETS' })
    await expectError(grant, { input: { ...input, amount: -1, idempotencyKey: 'g2' } }, headers, { status: 400, code: 'BAD_USER_INPUT', field: 'input.amount' })
  })
})

describe('a prize that was taken out', () => {
  it('is still what was won', async () => {
    const two = [{ ...prizes[0]!, probabilityPpb: CERTAIN_PPB }, { ...prizes[0]!, name: 'Pen', probabilityPpb: 0 }]
    const { tenant, campaign } = await createLiveCampaign(app, { prizes: two })
    const { draws: [made] } = await draw({ campaignId: campaign.id, userId: 'ada', idempotencyKey: 'kept' }, serverKey(tenant))
    const owner = new (await import('pg')).default.Client({ connectionString: app.databaseUrl })
    await owner.connect()
    try {
      await owner.query('SET row_security = off')
      await owner.query('UPDATE prize SET removed_at = now() WHERE id = $1', [made!.prize!.id])
    } finally {
      await owner.end()
    }
    const { SnapshotService } = await import('../../src/modules/campaigns/snapshot.service.js')
    await app.app.get(SnapshotService, { strict: false }).invalidate(tenant.tenantId, campaign.id)
    const query = 'query ($id: ID!) { draw(id: $id) { prize { id name kind value { amountMinor currency } } award { prize { name } } } }'
    expect((await ask(query, { id: made!.id }, serverKey(tenant))).body.data).toEqual({
      draw: { prize: { id: made!.prize!.id, name: 'Mug', kind: 'PHYSICAL', value: { amountMinor: 500, currency: 'EUR' } }, award: { prize: { name: 'Mug' } } },
    })
  })
})
