import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createClient, type Client, type SubscribePayload } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { Role } from '../../src/common/context.js'
import { packageRoot } from '../../src/platform/package-root.js'
import { bootApp, type TestApp } from '../support/app.js'
import { draw } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, createTenant, login, moveCampaign, serverKey, type LiveCampaign } from '../support/fixtures.js'
import { gql } from '../support/gql.js'
import { People } from '../support/people.js'

const WATCH = `subscription ($id: ID!, $seconds: Int) { liveDraws(campaignId: $id, seconds: $seconds) {
  campaignId status version unsettled oldestUnsettledMs refusals { code count } points { at won refused repeated refusals { code count } } } }`
const PATIENCE_MS = 10_000

interface Point { at: string; won: number; refused: number; repeated: number; refusals: Array<{ code: string; count: number }> }
interface Live { campaignId: string; status: string; version: number; unsettled: number; oldestUnsettledMs: number; points: Point[] }
interface Told { data?: { liveDraws: Live } | null; errors?: ReadonlyArray<{ extensions?: { code?: unknown; field?: unknown } }> }

let app: TestApp
let live: LiveCampaign
let people: People
let socketUrl: string
const clients: Client[] = []

beforeAll(async () => {
  app = await bootApp()
  live = await createLiveCampaign(app, { prizes: [{ name: 'Certain', probabilityPpb: CERTAIN_PPB, stockTotal: 1_000 }], drawsPerUserTotal: 1 })
  people = People.as(app, live.tenant, live.token)
  socketUrl = app.adminGraphqlUrl.replace('http', 'ws')
})
afterAll(async () => {
  for (const client of clients) await client.dispose()
  await app?.close()
})

function connect(token: string): Client {
  const client = createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: bearer(token), retryAttempts: 0 })
  clients.push(client)
  return client
}

/** What it is told until `enough`, or its one refusal. */
async function watched(client: Client, payload: SubscribePayload, enough: (told: readonly Told[]) => boolean = () => true) {
  const told: Told[] = []
  const iterator = client.iterate<{ liveDraws: Live }>(payload)
  const late = setTimeout(() => void iterator.throw?.(new Error('Not told in time')), PATIENCE_MS)
  try {
    for await (const message of iterator) {
      told.push(message as Told)
      if (enough(told)) break
    }
    return { told, code: told.at(-1)?.errors?.[0]?.extensions?.code, field: told.at(-1)?.errors?.[0]?.extensions?.field }
  } catch (error) {
    const refusal = (error as Array<{ extensions?: { code?: unknown; field?: unknown } }>)[0]?.extensions
    if (refusal === undefined) throw error
    return { told, ...refusal }
  } finally {
    clearTimeout(late)
  }
}

/** The status of a refused opening request, else how the opened socket is closed once it has said `messages`. */
function opened(headers: Record<string, string>, messages: readonly string[] = []): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(socketUrl, 'graphql-transport-ws', { headers })
    socket.on('open', () => { for (const message of messages) socket.send(message) })
    socket.on('message', (data) => {
      if ((JSON.parse((data as Buffer).toString()) as { type: string }).type === 'connection_ack') socket.close(4000)
    })
    socket.on('unexpected-response', (request, response) => {
      request.destroy()
      resolve(response.statusCode ?? 0)
    })
    socket.on('close', resolve)
    socket.on('error', (error) => { if (!error.message.includes('Unexpected server response')) reject(error) })
  })
}
const init = (payload: object = {}) => JSON.stringify({ type: 'connection_init', payload })
const ACKNOWLEDGED = 4000
const FORBIDDEN = 4403

async function cookie(): Promise<string> {
  const signIn = 'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { operator { id } } }'
  const { ownerEmail: email, ownerPassword: password } = live.tenant
  const { headers } = await gql(app.adminGraphqlUrl, signIn, { email, password }, { origin: app.url })
  return (headers.get('set-cookie') ?? '').split(';')[0]!
}

describe('the subscription liveDraws', () => {
  it('tells the whole window, and then each second, with every draw once', async () => {
    const by = (userId: string, idempotencyKey: string) =>
      draw(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId, idempotencyKey })
    for (const [user, key] of [['ann', 'k1'], ['ann', 'k1'], ['ann', 'k2']] as const) await by(user, key)
    const bySecond = new Map<string, Point>()
    const sum = (of: (point: Point) => number) => [...bySecond.values()].reduce((all, point) => all + of(point), 0)
    let more: Promise<unknown> | undefined
    const { told } = await watched(connect(live.token), { query: WATCH, variables: { id: live.campaign.id, seconds: 60 } }, (all) => {
      for (const point of all.at(-1)?.data?.liveDraws.points ?? []) bySecond.set(point.at, point)
      more ??= Promise.all(['bob', 'eve'].map((user) => by(user, 'k1')))
      return sum(({ won }) => won) === 3 && sum(({ refused }) => refused) === 1 && all.length >= 3
    })
    await more
    expect(told[0]?.data?.liveDraws.points).toHaveLength(60)
    for (const message of told.slice(1)) expect(message.data?.liveDraws.points.length).toBeLessThan(20)
    expect(sum(({ repeated }) => repeated)).toBe(1)
    expect([...bySecond.values()].flatMap(({ refusals }) => refusals)).toEqual([{ code: 'QUOTA_EXCEEDED', count: 1 }])
    const seconds = [...bySecond.keys()].map((at) => Date.parse(at) / 1_000).sort((a, b) => a - b)
    expect(seconds).toEqual(seconds.map((_, n) => seconds[0]! + n))
  })

  it('tells of another operator’s pause within two seconds, with the version that made it', async () => {
    const paused = await createLiveCampaign(app)
    let from = 0
    const { told } = await watched(connect(paused.token), { query: WATCH, variables: { id: paused.campaign.id, seconds: 10 } }, (all) => {
      if (from === 0) {
        from = Date.now()
        void moveCampaign(app, paused.token, 'pause', paused.campaign)
      }
      return all.at(-1)?.data?.liveDraws.status === 'PAUSED'
    })
    expect(Date.now() - from).toBeLessThan(2_000)
    expect(told[0]?.data?.liveDraws).toMatchObject({ status: 'ACTIVE', version: paused.campaign.version })
    expect(told.at(-1)?.data?.liveDraws.version).toBe(paused.campaign.version + 1)
  })

  it.each(['MANAGER', 'REVIEWER', 'ANALYST'] as const satisfies readonly Role[])('is open to %s', async (role) => {
    const { token } = await people.person(role)
    const { told } = await watched(connect(token), { query: WATCH, variables: { id: live.campaign.id } })
    expect(told[0]?.data?.liveDraws.points).toHaveLength(300)
  })

  it('of another tenant’s campaign is as of none, and of a draft', async () => {
    const stranger = await createTenant(app)
    const theirs = await login(app, stranger.ownerEmail, stranger.ownerPassword)
    const draft = await createCampaign(app, live.token)
    const asked = [[theirs, live.campaign.id], [theirs, '00000000-0000-7000-8000-000000000000'], [theirs, 'x'], [live.token, draft.id]] as const
    for (const [token, id] of asked) expect(await watched(connect(token), { query: WATCH, variables: { id } })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await watched(connect(live.token), { query: WATCH, variables: { id: live.campaign.id, seconds: 901 } })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'seconds' })
  })
})

describe('its documents', () => {
  it('are the dashboard’s by their ids', async () => {
    const documents = JSON.parse(await readFile(join(packageRoot, 'admin-ui', 'dist', 'documents.json'), 'utf8')) as Record<string, string>
    const documentId = Object.entries(documents).find(([, text]) => text.includes('subscription WatchDraws'))?.[0]
    const variables = { campaignId: live.campaign.id, seconds: 10 }
    const { told } = await watched(connect(live.token), { query: '', variables, extensions: { documentId } })
    expect(told[0]?.data?.liveDraws.points).toHaveLength(10)
    for (const unknown of [`sha256:${'0'.repeat(64)}`, 7, '__proto__']) {
      expect(await watched(connect(live.token), { query: '', variables, extensions: { documentId: unknown } })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'documentId' })
    }
  })

  it.each([
    ['a query', '{ me { id } }'],
    ['a mutation', 'mutation { createApiKey(name: "x") { secret } }'],
    ['two at once', 'subscription { a: liveDraws(campaignId: "a") { unsettled } b: liveDraws(campaignId: "b") { unsettled } }'],
    ['one with too many aliases', `subscription { liveDraws(campaignId: "a") { ${Array.from({ length: 20 }, (_, n) => `u${n}: unsettled`).join(' ')} } }`],
    ['one that goes too deep', `subscription { liveDraws(campaignId: "a") { ${'... on LiveDraws { '.repeat(12)} unsettled ${'}'.repeat(12)} } }`],
  ])('of others keep to their limits: not %s', async (_what, query) => {
    expect(await watched(connect(live.token), { query })).toMatchObject({ code: 'BAD_USER_INPUT' })
  })

  it('do not come by POST, where nobody would guard them', async () => {
    for (const headers of [{}, bearer(live.token)]) {
      const { status, body } = await gql(app.adminGraphqlUrl, WATCH, { id: live.campaign.id }, headers)
      expect([status, body.errors?.[0]?.extensions?.code]).toEqual([400, 'BAD_USER_INPUT'])
    }
  })
})

describe('its socket', () => {
  it('is opened with the cookie by our own pages alone', async () => {
    const session = await cookie()
    expect(await opened({ cookie: session, origin: app.url }, [init()])).toBe(ACKNOWLEDGED)
    expect(await opened({ cookie: session, origin: 'https://evil.example' }, [init()])).toBe(403)
    expect(await opened({ cookie: session, origin: 'null' }, [init()])).toBe(403)
    expect(await opened({ cookie: session, origin: 'http://127.0.0.1:1' }, [init()])).toBe(403)
    expect(await opened({ cookie: session }, [init()])).toBe(403)
    expect(await opened({ origin: 'https://evil.example' }, [init(bearer(live.token))])).toBe(403)
  })

  it.each<[string, () => Record<string, string>, () => object]>([
    ['nobody', () => ({}), () => ({})],
    ['an unknown session', () => ({}), () => bearer(`dbs_${'A'.repeat(43)}`)],
    ['a server key', () => serverKey(live.tenant), () => serverKey(live.tenant)],
    ['an unknown cookie', () => ({ origin: app.url, cookie: `__Host-drawbridge=dbs_${'A'.repeat(43)}` }), () => ({})],
  ])('is closed to %s', async (_who, headers, payload) => { expect(await opened(headers(), [init(payload())])).toBe(FORBIDDEN) })

  it('ends within seconds of its session, and of its operator’s being disabled', async () => {
    const [leaves, goes, stays] = [await people.person('MANAGER'), await people.person('ANALYST'), await people.person('REVIEWER')]
    const ends = [leaves, goes, stays].map(({ token }) => {
      const client = connect(token)
      const ended = new Promise<number>((resolve) => { client.on('closed', (event) => { resolve((event as { code: number }).code) }) })
      const told = new Promise<void>((resolve) => {
        const sink = { next: () => { resolve() }, error: () => undefined, complete: () => undefined }
        client.subscribe({ query: WATCH, variables: { id: live.campaign.id } }, sink)
      })
      return { ended, told }
    })
    await Promise.all(ends.map(({ told }) => told))
    await people.admin('mutation { logout }', {}, leaves.token)
    await people.admin('mutation ($id: ID!) { disableOperator(id: $id) { id } }', { id: goes.id })
    expect(await Promise.all(ends.slice(0, 2).map(({ ended }) => ended))).toEqual([FORBIDDEN, FORBIDDEN])
    const { text } = await fetch(app.metricsUrl).then(async (response) => ({ text: await response.text() }))
    expect(text).toMatch(/drawbridge_subscriptions\{api="\/admin\/graphql"\} [1-9]/)
    expect(text).toMatch(/drawbridge_websockets\{api="\/admin\/graphql"\} [1-9]/)
    const isStill = await Promise.race([ends[2]!.ended.then(() => false), Promise.resolve(true)])
    expect(isStill).toBe(true)
  })

  it('does not keep the server from stopping', async () => {
    const second = await bootApp()
    let stopped: Promise<void> | undefined
    const closed = new Promise<number>((resolve) => {
      const socket = new WebSocket(second.adminGraphqlUrl.replace('http', 'ws'), 'graphql-transport-ws')
      socket.on('open', () => { stopped = second.close() })
      socket.on('close', resolve)
    })
    expect(await closed).toBe(1001)
    await stopped
  })
})
