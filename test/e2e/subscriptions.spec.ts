import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws'
import { WebSocket } from 'ws'
import { bootApp, type TestApp } from '../support/app.js'
import { bearer, CERTAIN_PPB, createLiveCampaign, createTenant, serverKey, type LiveCampaign } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { newSigningKey, participantToken, type SigningKey } from '../support/tenancy.js'

const SETTLED = 'subscription ($id: ID!) { drawSettled(drawId: $id) { id userId state outcome settledAt prize { name } award { status prize { name } } } }'
const WINNERS = 'subscription ($id: ID!) { winners(campaignId: $id) { maskedUserId prizeName at } }'
const DRAW = 'mutation ($input: DrawInput!) { draw(input: $input) { ... on DrawAccepted { draws { id } } ... on DrawRejected { code } } }'

let app: TestApp
let live: LiveCampaign
let key: SigningKey
let socketUrl: string
const clients: Client[] = []

beforeAll(async () => {
  app = await bootApp()
  live = await createLiveCampaign(app, { prizes: [{ name: 'Mug', probabilityPpb: CERTAIN_PPB, stockTotal: 1_000 }] })
  key = newSigningKey('EdDSA')
  const mutation = 'mutation ($publicJwk: String!) { registerParticipantKey(kid: "k1", algorithm: "EdDSA", publicJwk: $publicJwk) { id } }'
  await gqlData(app.adminGraphqlUrl, mutation, { publicJwk: key.publicJwk }, bearer(live.token))
  socketUrl = app.graphqlUrl.replace('http', 'ws')
})
afterAll(async () => {
  for (const client of clients) await client.dispose()
  await app?.close()
})

function connect(connectionParams: Record<string, string>, url = socketUrl): Client {
  const client = createClient({ url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 })
  clients.push(client)
  return client
}
const asServer = () => connect({ 'x-api-key': live.tenant.apiKey })

let keys = 0
async function draw(userId: string): Promise<string> {
  const input = { campaignId: live.campaign.id, userId, idempotencyKey: `k${keys++}` }
  interface Drawn { draw: { draws: Array<{ id: string }> } }
  const drawn = await gqlData<Drawn>(app.graphqlUrl, DRAW, { input }, serverKey(live.tenant))
  return drawn.draw.draws[0]!.id
}

type Result = FormattedExecutionResult<Record<string, unknown>, unknown>
interface Seen { readonly results: Result[]; readonly error?: unknown }

/** Everything until the end, or until `count` results came. Throws after 10 s. */
function collect(client: Client, query: string, id: string, count = Infinity): Promise<Seen> & { readonly started: Promise<void> } {
  const results: Result[] = []
  const iterator = client.iterate({ query, variables: { id } })
  const collecting = (async (): Promise<Seen> => {
    const late = setTimeout(() => void iterator.throw?.(new Error('Nothing came for 10 s')), 10_000)
    try {
      for await (const result of iterator) if (results.push(result) >= count) break
      return { results }
    } catch (error) {
      return { results, error }
    } finally {
      clearTimeout(late)
    }
  })()
  return Object.assign(collecting, { started: new Promise<void>((resolve) => { setTimeout(resolve, 400) }) })
}

/** How a socket that says `messages` is closed. */
function rawSocket(messages: readonly string[], url = socketUrl): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'graphql-transport-ws')
    socket.on('open', () => { for (const message of messages) socket.send(message) })
    socket.on('close', resolve)
    socket.on('error', reject)
  })
}
const init = (payload: object) => JSON.stringify({ type: 'connection_init', payload })

describe('drawSettled', () => {
  it('tells when a draw is settled, and ends', async () => {
    const id = await draw('ada')
    const { results, error } = await collect(asServer(), SETTLED, id)
    expect(error).toBeUndefined()
    expect(results).toHaveLength(1)
    expect(results[0]).toMatchObject({ data: { drawSettled: { id, userId: 'ada', state: 'SETTLED', outcome: 'WON', prize: { name: 'Mug' }, award: { status: 'GRANTED', prize: { name: 'Mug' } } } } })
  })

  it('tells of a settled draw at once, to any number of subscribers', async () => {
    const id = await draw('bob')
    await collect(asServer(), SETTLED, id)
    const began = performance.now()
    const all = await Promise.all(Array.from({ length: 10 }, () => collect(asServer(), SETTLED, id)))
    expect(performance.now() - began).toBeLessThan(30_000)
    for (const { results } of all) expect(results).toMatchObject([{ data: { drawSettled: { id, state: 'SETTLED' } } }])
  })

  it('is for a participant’s own draws, and the tenant’s', async () => {
    const id = await draw('eve')
    const token = (sub: string) => participantToken(key, 'k1', live.tenant.slug, { sub })
    const own = await collect(connect({ Authorization: `Bearer ${await token('eve')}` }), SETTLED, id)
    expect(own.results).toMatchObject([{ data: { drawSettled: { id } } }])
    const stranger = await createTenant(app)
    for (const client of [connect({ authorization: `Bearer ${await token('mallory')}` }), connect({ 'x-api-key': stranger.apiKey })]) {
      const { results } = await collect(client, SETTLED, id)
      expect(results).toHaveLength(1)
      expect(results[0]?.errors?.[0]).toMatchObject({ extensions: { code: 'NOT_FOUND', requestId: expect.any(String) } })
    }
  })
})

describe('winners', () => {
  it('are told from now on, their names masked, to every subscriber', async () => {
    await draw('before')
    const both = [collect(asServer(), WINNERS, live.campaign.id, 2), collect(asServer(), WINNERS, live.campaign.id, 2)]
    // What was won a second before may still be on its way into the list.
    await new Promise((resolve) => { setTimeout(resolve, 2_500) })
    await draw('a-secret-name-1')
    await draw('a-secret-name-2')
    for (const { results } of await Promise.all(both)) {
      expect(results).toHaveLength(2)
      for (const result of results) expect(result).toMatchObject({ data: { winners: { prizeName: 'Mug' } } })
      expect(JSON.stringify(results)).not.toContain('a-secret-name')
    }
  })

  it('of a campaign that is not there are refused', async () => {
    const { results } = await collect(asServer(), WINNERS, '00000000-0000-7000-8000-000000000000')
    expect(results[0]?.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
  })
})

describe('the socket', () => {
  it('takes the proof of the opening request too', async () => {
    const subscribe = JSON.stringify({ id: '1', type: 'subscribe', payload: { query: SETTLED, variables: { id: await draw('headers') } } })
    const received: string[] = []
    const socket = new WebSocket(socketUrl, 'graphql-transport-ws', { headers: serverKey(live.tenant) })
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      socket.on('open', () => { socket.send(init({})) })
      socket.on('message', (data) => {
        received.push((JSON.parse((data as Buffer).toString()) as { type: string }).type)
        if (received.at(-1) === 'connection_ack') socket.send(subscribe)
        if (received.at(-1) === 'complete') resolve()
      })
    })
    socket.close()
    expect(received).toEqual(['connection_ack', 'next', 'complete'])
  })

  it.each<[string, () => readonly string[], number]>([
    ['nobody', () => [init({})], 4403],
    ['a wrong key', () => [init({ 'x-api-key': 'nonsense' })], 4403],
    ['one who does not wait for the answer', () => [JSON.stringify({ id: '1', type: 'subscribe', payload: { query: SETTLED } })], 4401],
    ['nonsense', () => ['nonsense'], 4400],
    ['a message that is too large', () => [init({ 'x-api-key': 'x'.repeat(20_000) })], 1009],
    ['two beginnings', () => [init({ 'x-api-key': live.tenant.apiKey }), init({})], 4429],
  ])('is closed to %s', async (_, messages, code) => {
    expect(await rawSocket(messages())).toBe(code)
  })

  it.each(['/admin', '/graphql/', '/', '/graphql/x'])('is not at %s', async (path) => {
    await expect(rawSocket([], app.url.replace('http', 'ws') + path)).rejects.toThrow(/404/)
  })

  it.each([
    ['a mutation', 'mutation { draw(input: {campaignId: "c", userId: "u", idempotencyKey: "k"}) { __typename } }', /subscription/],
    ['a query', '{ campaigns { id } }', /subscription/],
    ['two subscriptions', 'subscription { a: winners(campaignId: "a") { at } b: winners(campaignId: "b") { at } }', /one top level field/],
    ['an unknown field', 'subscription { nope }', /nope/],
    ['a syntax error', 'subscription {', /Syntax Error/],
  ])('refuses %s', async (_, query, message) => {
    const { error } = await collect(asServer(), query, '')
    expect(error).toMatchObject([{ message: expect.stringMatching(message), extensions: { code: 'BAD_USER_INPUT', requestId: expect.any(String) } }])
  })

  it('may wait to say who it is only so often from one address', async () => {
    const opening = () => new Promise<WebSocket | number>((resolve) => {
      const socket = new WebSocket(socketUrl, 'graphql-transport-ws')
      socket.on('open', () => { resolve(socket) })
      socket.on('unexpected-response', (_request, response) => { resolve(response.statusCode!) })
      socket.on('error', () => undefined)
    })
    const proven = await Promise.all(Array.from({ length: 3 }, async () => {
      const socket = (await opening()) as WebSocket
      const acknowledged = new Promise((resolve) => { socket.once('message', resolve) })
      socket.send(init({ 'x-api-key': live.tenant.apiKey }))
      await acknowledged
      return socket
    }))
    const results = await Promise.all(Array.from({ length: 25 }, opening))
    const opened = results.filter((result) => typeof result !== 'number')
    expect(opened).toHaveLength(20)
    expect(results.filter((result) => result === 429)).toHaveLength(5)
    await Promise.all([...opened, ...proven].map((socket) => new Promise((resolve) => {
      socket.once('close', resolve)
      socket.close()
    })))
    expect(await rawSocket([init({})])).toBe(4403)
  })

  it('has twenty subscriptions at most', async () => {
    const client = asServer()
    const open = Array.from({ length: 20 }, () => client.iterate({ query: WINNERS, variables: { id: live.campaign.id } }))
    for (const iterator of open) void iterator.next()
    await new Promise((resolve) => { setTimeout(resolve, 500) })
    const { error } = await collect(client, WINNERS, live.campaign.id)
    expect(error).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    for (const iterator of open) await iterator.return?.()
  })

  it('does not keep the server from stopping', async () => {
    const second = await bootApp()
    const closed = new Promise<number>((resolve) => {
      const socket = new WebSocket(second.graphqlUrl.replace('http', 'ws'), 'graphql-transport-ws')
      socket.on('close', resolve)
    })
    await new Promise((resolve) => { setTimeout(resolve, 300) })
    const began = performance.now()
    await second.close()
    expect(performance.now() - began).toBeLessThan(30_000)
    expect(await closed).toBe(1001)
  })
})
