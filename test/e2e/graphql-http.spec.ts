import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { TenantService } from '../../src/modules/tenancy/tenant.service.js'
import { bootApp, type TestApp } from '../support/app.js'

interface Answer {
  status: number
  headers: Headers
  text: string
  body: { data?: unknown; errors?: Array<{ message: string; extensions: Record<string, unknown> }> }
}

let app: TestApp

beforeAll(async () => {
  app = await bootApp()
})

afterAll(async () => {
  await app.close()
})

async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000), ...init })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as Answer['body'] }
}

const raw = (body: string, headers: Record<string, string> = {}, url = app.graphqlUrl) =>
  send(url, { method: 'POST', headers: { 'content-type': 'application/json', 'x-api-key': 'none', ...headers }, body })
/** To the operators' API, which reads a document before it asks who sends it. */
const admin = (query: string, variables: object = {}, headers: Record<string, string> = {}) =>
  raw(JSON.stringify({ query, variables }), headers, app.adminGraphqlUrl)

interface Refusal { status: number; code?: string; field?: string; message?: RegExp }

function expectRefusal({ status, text, headers, body }: Answer, expected: Refusal): void {
  const first = body.errors?.[0]
  expect({ status, code: first?.extensions.code, field: first?.extensions.field }).toEqual({
    status: expected.status, code: expected.code ?? 'BAD_USER_INPUT', field: expected.field ?? first?.extensions.field,
  })
  expect(first?.message).toMatch(expected.message ?? /./)
  expect(first?.extensions.requestId).toBe(headers.get('x-request-id'))
  expect(first?.extensions.requestId).toMatch(/^[\w.:-]+$/)
  expect(headers.get('cache-control')).toBe('no-store')
  expect(text).not.toMatch(/stacktrace|node_modules|\.[jt]s:\d+/)
}

const campaign = { slug: 's', name: 'n', startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-02-01T00:00:00Z' }
const CREATE = 'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { __typename } }'

describe('both endpoints', () => {
  test('answer in the media type that the caller asks for', async () => {
    const plain = await admin('{ __typename }')
    expect([plain.status, plain.body, plain.headers.get('content-type')]).toEqual([200, { data: { __typename: 'Query' } }, 'application/json; charset=utf-8'])
    const graphql = await admin('{ __typename }', {}, { accept: 'application/graphql-response+json' })
    expect([graphql.status, graphql.headers.get('content-type')]).toEqual([200, 'application/graphql-response+json; charset=utf-8'])
  })

  test('can be introspected, but not without end', async () => {
    const names = await admin('{ __schema { mutationType { fields { name } } } }')
    expect(names.text).toContain('createCampaign')
    expectRefusal(await admin('{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }'), { status: 400 })
  })

  test('take over a safe X-Request-Id and replace any other', async () => {
    expect((await admin('{ nope }', {}, { 'x-request-id': 'trace-1.a:b_c' })).body.errors?.[0]?.extensions.requestId).toBe('trace-1.a:b_c')
    expect((await admin('{ nope }', {}, { 'x-request-id': 'a b{}' })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('a request that is no GraphQL', () => {
  test.each([
    ['malformed JSON', '{"query":', 400, 'body'],
    ['an empty body', '', 400, 'body'],
    ['a body that would change prototypes', '{"query":"{ __typename }","__proto__":{"x":1}}', 400, 'body'],
    ['a batch', '[{"query":"{ __typename }"},{"query":"{ __typename }"}]', 400, undefined],
    ['no query', '{"variables":{}}', 400, undefined],
    ['a scalar', '"{ __typename }"', 400, undefined],
    ['a huge body', JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(600_000) } }), 413, 'body'],
  ])('%s', async (_, body, status, field) => {
    expectRefusal(await raw(body, {}, app.adminGraphqlUrl), { status, field })
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', 'nonsense'])('Content-Type %s', async (type) => {
    expectRefusal(await raw('{"query":"{ __typename }"}', { 'content-type': type }, app.adminGraphqlUrl), { status: 415, field: 'Content-Type' })
  })

  test('another method, another path', async () => {
    expectRefusal(await send(app.adminGraphqlUrl, { method: 'GET' }), { status: 400 })
    const nowhere = await send(`${app.url}/nowhere`, {})
    expect([nowhere.status, nowhere.body.errors?.[0]?.extensions.code]).toEqual([404, 'NOT_FOUND'])
  })
})

describe('a document', () => {
  test.each([
    ['a syntax error', '{ a( ', /Syntax Error/],
    ['an unknown field', '{ nope }', /"nope"/],
    ['too many aliases', `{ ${Array.from({ length: 16 }, (_, n) => `a${n}: apiKeys { id }`).join(' ')} }`, /[Aa]lias/],
    ['too many tokens', `{ ${'__typename '.repeat(1_100)} }`, /tokens/],
    ['too deep', '{ me { id ... on Operator { ... on Operator { ... on Operator { ... on Operator { ... on Operator { ... on Operator { ... on Operator { ... on Operator { ... on Operator { id } } } } } } } } } } }', /[Dd]epth/],
    ['two logins, one of them in a fragment', 'mutation { a: login(email: "a", password: "a") { token } ...F } fragment F on Mutation { b: login(email: "a", password: "b") { token } }', /one login/],
    ['an unknown operation', 'query A { __typename } query B { __typename }', /operation/],
  ])('%s', async (_, query, message) => {
    expectRefusal(await admin(query), { status: 400, message })
  })

  test('fragments that double at every step are refused at once', async () => {
    const fragments = Array.from({ length: 100 }, (_, n) => `fragment F${n} on Mutation { ...F${n + 1} ...F${n + 1} }`).join(' ')
    const began = performance.now()
    const { status } = await admin(`mutation { ...F0 } ${fragments} fragment F100 on Mutation { logout }`)
    expect(status).toBe(400)
    expect(performance.now() - began).toBeLessThan(20_000)
  })

  test('one error tells enough: at most ten are listed', async () => {
    const { body } = await admin(`{ ${Array.from({ length: 40 }, (_, n) => `nope${n}`).join(' ')} }`)
    expect(body.errors).toHaveLength(10)
  })

  test('two draws in one request', async () => {
    const query = 'mutation { a: draw(input: {campaignId: "c", idempotencyKey: "1"}) { __typename } b: draw(input: {campaignId: "c", idempotencyKey: "2"}) { __typename } }'
    const { apiKey } = await app.app.get(TenantService, { strict: false }).create({
      slug: 'http', name: 'Http', ownerEmail: 'owner@http.example', ownerName: 'Owner', drawsPerSecondMax: 1_000, actor: 'test',
    })
    expectRefusal(await raw(JSON.stringify({ query }), { 'x-api-key': apiKey }), { status: 400, message: /one draw/ })
    expectRefusal(await raw('{"query":', { 'x-api-key': apiKey }), { status: 400, field: 'body' })
  })
})

describe('variables', () => {
  test.each([
    ['an unknown field', { ...campaign, evil: 1 }, 'input.evil'],
    ['a missing field', { ...campaign, slug: undefined }, 'input'],
    ['an integer beyond 32 bits', { ...campaign, drawsPerUserTotal: 4_294_967_296 }, 'input.drawsPerUserTotal'],
    ['a fraction', { ...campaign, bucketCount: 1.5 }, 'input.bucketCount'],
    ['text for a number', { ...campaign, bucketCount: '1' }, 'input.bucketCount'],
    ['an unknown enum value', { ...campaign, mechanic: 'ROULETTE' }, 'input.mechanic'],
    ['a day that is not in the calendar', { ...campaign, startsAt: '2026-02-30T00:00:00Z' }, 'input.startsAt'],
    ['a date without an offset', { ...campaign, endsAt: '2026-02-01T00:00:00' }, 'input.endsAt'],
    ['a date as a number', { ...campaign, endsAt: 1_790_000_000_000 }, 'input.endsAt'],
  ])('%s is refused and named', async (_, input, field) => {
    expectRefusal(await admin(CREATE, { input }), { status: 400, field })
  })

  test('a NUL character is nothing that went wrong here', async () => {
    expectRefusal(await admin('mutation { login(email: "a\\u0000@example.com", password: "x") { token } }'), { status: 400 })
  })
})

describe('refusals have their HTTP status', () => {
  test('401 on both endpoints', async () => {
    expectRefusal(await admin('{ me { id } }'), { status: 401, code: 'UNAUTHENTICATED' })
    expectRefusal(await raw('{"query":"{ campaigns { id } }"}'), { status: 401, code: 'UNAUTHENTICATED' })
  })
})

describe('health', () => {
  test('live, started, ready, with each check; metrics on their own port', async () => {
    expect((await send(`${app.url}/livez`, {})).status).toBe(200)
    const deadline = Date.now() + 20_000
    let ready = await send(`${app.url}/readyz`, {})
    while (ready.status !== 200 && Date.now() < deadline) {
      await new Promise((resolve) => { setTimeout(resolve, 100) })
      ready = await send(`${app.url}/readyz`, {})
    }
    expect(ready.body).toMatchObject({ ready: true, checks: { process: 'ok', database: 'ok', redis: 'ok', recovery: 'ok', campaigns: 'ok', api: 'ok' } })
    expect((await send(`${app.url}/startupz`, {})).status).toBe(200)
    const metrics = await (await fetch(app.metricsUrl)).text()
    expect(metrics).toContain('drawbridge_http_requests_total{route="/admin/graphql",status="200"}')
    expect(metrics).toContain('drawbridge_nodejs_eventloop_lag_p99_seconds')
    expect((await fetch(`${app.url}/metrics`)).status).toBe(404)
  })
})
