import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { bearer, createTenant, login, serverKey, type TestTenant } from '../support/fixtures.js'
import { gql, gqlData, type GqlAnswer } from '../support/gql.js'
import { newSigningKey, participantToken, type SigningKey } from '../support/tenancy.js'

const DEVICE_MAX = 5
const DRAW = `mutation ($input: DrawInput!) { draw(input: $input) { ... on DrawRejected { code } } }`
const nowhere = '00000000-0000-7000-8000-000000000000'

let app: TestApp
let tenant: TestTenant
let key: SigningKey

beforeAll(async () => {
  app = await bootApp({ env: { REQUESTS_IN_FLIGHT_MAX: '20', TRUST_PROXY: '1', BODY_BYTES_MAX: '8192' } })
  tenant = await createTenant(app)
  key = newSigningKey('ES256')
  await registerKey(tenant)
})
afterAll(() => app?.close())

async function registerKey(of: TestTenant): Promise<void> {
  const token = await login(app, of.ownerEmail, of.ownerPassword)
  const mutation = 'mutation ($publicJwk: String!) { registerParticipantKey(kid: "k1", algorithm: "ES256", publicJwk: $publicJwk) { id } }'
  await gqlData(app.adminGraphqlUrl, mutation, { publicJwk: key.publicJwk }, bearer(token))
}

let n = 0
const draw = (headers: Record<string, string>) => gql(app.graphqlUrl, DRAW, { input: { campaignId: nowhere, userId: 'x', idempotencyKey: `k${n++}` } }, headers)
const deviceDraw = (headers: Record<string, string>) => gql(app.graphqlUrl, DRAW, { input: { campaignId: nowhere, idempotencyKey: `k${n++}` } }, headers)
const device = async (sub: string, ip: string, of = tenant) => ({ ...bearer(await participantToken(key, 'k1', of.slug, { sub })), 'x-forwarded-for': ip })
const times = <T>(count: number, fn: () => Promise<T>) => Promise.all(Array.from({ length: count }, fn))
const metric = async (name: RegExp) => Number(new RegExp(`^${name.source} (\\d+)$`, 'm').exec(await (await fetch(app.metricsUrl)).text())?.[1] ?? 0)

function expectRefusal({ status, headers, body }: GqlAnswer<unknown>, expected: { status: number; code: string }): void {
  expect({ status, code: body.errors?.[0]?.extensions?.code, data: body.data }).toEqual({ ...expected, data: undefined })
  expect(headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(body.errors?.[0]?.extensions?.requestId).toBe(headers.get('x-request-id'))
  if (status !== 429 && status !== 503) return
  expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(body.errors?.[0]?.extensions?.retryAfterMs).toBeGreaterThanOrEqual(1)
}

describe('who is not known', () => {
  it.each<[string, Record<string, string>]>([
    ['nobody', {}],
    ['a key that is none', { 'x-api-key': 'db_nonsense' }],
    ['a token that is none', { authorization: 'Bearer nonsense' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
  ])('%s is refused', async (_, headers) => {
    expectRefusal(await draw(headers), { status: 401, code: 'UNAUTHENTICATED' })
  })

  it('is refused before the body is read', async () => {
    const response = await fetch(app.graphqlUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":' })
    expect(response.status).toBe(401)
  })

  it('is refused with both proofs, though each is good', async () => {
    expectRefusal(await draw({ ...serverKey(tenant), ...(await device('ada', '192.0.2.1')) }), { status: 401, code: 'UNAUTHENTICATED' })
  })

  it('counts in the metrics', async () => {
    const before = await metric(/drawbridge_refusals_total\{code="UNAUTHENTICATED"\}/)
    await draw({})
    expect(await metric(/drawbridge_refusals_total\{code="UNAUTHENTICATED"\}/)).toBe(before + 1)
  })
})

describe('a body', () => {
  it('that is too large is refused before it is sent', async () => {
    const { port } = new URL(app.graphqlUrl)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Api-Key: ${tenant.apiKey}\r\nContent-Length: 1000000\r\n\r\n{`)
    let text = ''
    socket.on('data', (part) => { text += part.toString() })
    await once(socket, 'end')
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toContain('"code":"BAD_USER_INPUT"')
    expect(text.toLowerCase()).toContain('connection: close')
    socket.destroy()
  })
})

describe('how often one may draw', () => {
  // Twice as many may be in flight: those of the test before may not all be gone.
  const CROWD = 9

  /** All at once: a second's worth, and what has come back by the time that the last was answered. Returns the refusals. */
  async function expectLimited(headers: ReadonlyArray<Record<string, string>>) {
    const began = performance.now()
    const answers = await Promise.all(headers.map(deviceDraw))
    const seconds = (performance.now() - began) / 1_000
    const refused = answers.filter(({ status }) => status === 429)
    const admitted = answers.filter(({ status }) => status === 200).length
    expect(admitted).toBeGreaterThanOrEqual(DEVICE_MAX)
    expect(admitted).toBeLessThanOrEqual(DEVICE_MAX + Math.ceil(seconds * DEVICE_MAX))
    expect(answers.length - admitted).toBe(refused.length)
    return refused
  }

  it('is limited for a participant, whatever its address', async () => {
    const headers = await Promise.all(Array.from({ length: CROWD }, (_, i) => device('eager', `198.51.100.${i}`)))
    for (const answer of await expectLimited(headers)) expectRefusal(answer, { status: 429, code: 'RATE_LIMITED' })
  })

  it('is limited for an address, whatever the participant', async () => {
    const headers = await Promise.all(Array.from({ length: CROWD }, (_, i) => device(`crowd-${i}`, '203.0.113.7')))
    for (const answer of await expectLimited(headers)) expectRefusal(answer, { status: 429, code: 'RATE_LIMITED' })
  })

  it('is not limited by looking', async () => {
    const headers = await device('looker', '203.0.113.8')
    for (const { status } of await times(15, () => gql(app.graphqlUrl, '{ campaigns { id } draw(id: "x") { id } }', {}, headers))) expect(status).toBe(200)
    expect((await deviceDraw(headers)).status).toBe(200)
  })

  it('comes back with time', async () => {
    const headers = await device('patient', '203.0.113.9')
    const answers = await times(8, () => deviceDraw(headers))
    const waitMs = Math.max(...answers.map(({ body }) => body.errors?.[0]?.extensions?.retryAfterMs ?? 0))
    expect(waitMs).toBeGreaterThan(0)
    await new Promise((resolve) => { setTimeout(resolve, waitMs + 50) })
    expect((await deviceDraw(headers)).status).toBe(200)
  })

  it('is limited for a tenant, its servers included, and for no other tenant', async () => {
    const small = await createTenant(app, { drawsPerSecondMax: 10 })
    const answers = await times(18, () => draw(serverKey(small)))
    const admitted = answers.filter(({ status }) => status === 200).length
    expect(admitted).toBeGreaterThanOrEqual(10)
    expect(admitted).toBeLessThan(14)
    expectRefusal(answers.find(({ status }) => status !== 200)!, { status: 429, code: 'RATE_LIMITED' })
    expect((await draw(serverKey(tenant))).status).toBe(200)
  })

  it('is not limited by address for a server', async () => {
    for (const { status } of await times(18, () => draw(serverKey(tenant)))) expect(status).toBe(200)
  })
})

describe('too many at the same time', () => {
  const halfRequest = (length: number) =>
    `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Api-Key: ${tenant.apiKey}\r\nContent-Length: ${length}\r\n\r\n{`

  const settled = () => new Promise((resolve) => { setTimeout(resolve, 200) })
  /** The tenant's, whose bodies do not come: until what is returned is called. */
  async function halfRequests(count: number): Promise<() => Promise<unknown>> {
    const { port } = new URL(app.graphqlUrl)
    const sockets = Array.from({ length: count }, () => connect(Number(port), '127.0.0.1'))
    await Promise.all(sockets.map(async (socket) => {
      await once(socket, 'connect')
      socket.on('error', () => undefined).write(halfRequest(100))
    }))
    await settled()
    return () => {
      for (const socket of sockets) socket.destroy()
      return settled()
    }
  }

  it('are refused, and let in when the others are answered or broken off', async () => {
    const breakOff = await halfRequests(20)
    expectRefusal(await draw(serverKey(tenant)), { status: 503, code: 'OVERLOADED' })
    await breakOff()
    for (let round = 0; round < 3; round++) {
      for (const { status } of await times(16, () => draw(serverKey(tenant)))) expect(status).toBe(200)
    }
  })

  it('leave a fifth of the room to other tenants', async () => {
    const other = await createTenant(app)
    const breakOff = await halfRequests(19)
    expectRefusal(await draw(serverKey(tenant)), { status: 503, code: 'OVERLOADED' })
    for (const { status } of await times(4, () => draw(serverKey(other)))) expect(status).toBe(200)
    await breakOff()
    for (const { status } of await times(16, () => draw(serverKey(tenant)))) expect(status).toBe(200)
  })
})

describe('a VIP', () => {
  it('takes no token of its tenant’s others, and has as many as they', async () => {
    const small = await createTenant(app, { drawsPerSecondMax: 3 })
    const query = 'mutation ($input: DrawInput!) { draw(input: $input) { __typename ... on DrawRejected { code } } }'
    const admitted = async (tier: string) => {
      const input = { campaignId: nowhere, userId: 'x', idempotencyKey: 'k', participant: { tier } }
      const began = performance.now()
      const answers = await times(8, () => gql(app.graphqlUrl, query, { input }, serverKey(small)))
      return { count: answers.filter(({ status }) => status === 200).length, seconds: (performance.now() - began) / 1_000 }
    }
    for (const tier of ['gold', 'VIP']) {
      const { count, seconds } = await admitted(tier)
      expect(count).toBeGreaterThanOrEqual(3)
      expect(count).toBeLessThanOrEqual(3 + Math.ceil(seconds * 3))
    }
  })
})
