import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { settledBooks } from '../support/draws.js'
import { bearer, createLiveCampaign, type LiveCampaign, serverKey } from '../support/fixtures.js'
import { gql, type GqlError } from '../support/gql.js'
import { everythingKept, INNARDS } from '../support/nothing-written.js'

const long = (length: number) => 'x'.repeat(length)
const unsafeIds: Array<[string, string]> = [
  ['empty', ''], ['too long', long(129)], ['braces', 'a}{b'], ['NUL', 'a\u0000b'], ['a line break', 'a\nb'], ['DEL', '\u007f'], ['a line separator', '\u2028'], ['half a character', '\ud800'],
]

describe('bad input', () => {
  let app: TestApp
  let live: LiveCampaign
  let before: string

  beforeAll(async () => {
    app = await bootApp()
    live = await createLiveCampaign(app, { requiresTickets: true })
    await settledBooks(app, live)
    before = await everythingKept(app, live.tenant.tenantId)
  })
  afterAll(async () => {
    try {
      expect(await everythingKept(app, live.tenant.tenantId)).toBe(before)
    } finally {
      await app.close()
    }
  })

  const target = (api: 'app' | 'admin') => (api === 'app'
    ? { url: app.graphqlUrl, headers: serverKey(live.tenant) } : { url: app.adminGraphqlUrl, headers: bearer(live.token) })

  async function send(api: 'app' | 'admin', body: string, headers: Record<string, string> = {}) {
    const { url, headers: credentials } = target(api)
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...credentials, ...headers }, body, signal: AbortSignal.timeout(10_000) })
    const text = await response.text()
    expect(text).not.toMatch(INNARDS)
    return { status: response.status, error: (JSON.parse(text) as { errors?: GqlError[] }).errors?.[0] }
  }

  async function refusal(api: 'app' | 'admin', query: string, variables: Record<string, unknown> = {}) {
    const { url, headers } = target(api)
    const { status, body } = await gql(url, query, variables, headers)
    expect(JSON.stringify(body)).not.toMatch(INNARDS)
    const [error] = body.errors ?? []
    expect(error?.message.length ?? 0).toBeLessThan(600)
    if (error !== undefined) expect(error.extensions?.requestId).toMatch(/^[\w-]{8,}$/)
    return { status, code: error?.extensions?.code, field: error?.extensions?.field, data: body.data ?? null }
  }
  const badInput = (field?: string) => ({ status: 400, code: 'BAD_USER_INPUT', ...(field === undefined ? {} : { field }), data: null })

  describe.each(['app', 'admin'] as const)('requests to the %s API', (api) => {
    it.each<[string, string, Record<string, string>, number]>([
      ['malformed JSON', '{"query": ', {}, 400],
      ['no JSON', 'hello', {}, 400],
      ['nothing', '', {}, 400],
      ['a list', '[]', {}, 400],
      ['a batch', '[{"query":"{ __typename }"},{"query":"{ __typename }"}]', {}, 400],
      ['a number', '1', {}, 400],
      ['null', 'null', {}, 400],
      ['no query', '{}', {}, 400],
      ['a query that is none', '{"query": 5}', {}, 400],
      ['variables that are none', '{"query": "{ __typename }", "variables": "x"}', {}, 400],
      ['an operation that is not there', '{"query": "query A { __typename }", "operationName": "B"}', {}, 400],
      ['a syntax error', '{"query": "{ campaigns {"}', {}, 400],
      ['a prototype', '{"__proto__": {"query": "{ __typename }"}}', {}, 400],
      ['text', '{"query":"{ __typename }"}', { 'content-type': 'text/plain' }, 415],
      ['a form', 'query=%7B__typename%7D', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
      ['XML', '<query/>', { 'content-type': 'application/xml' }, 415],
      ['a huge body', JSON.stringify({ query: '{ __typename }', pad: long(4_000_000) }), {}, 413],
      ['too many tokens', JSON.stringify({ query: `{ ${'__typename '.repeat(2_000)} }` }), {}, 400],
      ['too many aliases', JSON.stringify({ query: `{ ${Array.from({ length: 50 }, (_, n) => `a${n}: ${api === 'app' ? 'campaigns' : 'apiKeys'} { id }`).join(' ')} }` }), {}, 400],
    ])('%s', async (_what, body, headers, status) => {
      const answer = await send(api, body, headers)
      expect([answer.status, answer.error?.extensions?.code]).toEqual([status, 'BAD_USER_INPUT'])
      expect(answer.error?.extensions?.requestId).toBeTruthy()
    })

    it.each(['{ nope }', 'query ($x: Nope) { __typename }', '{ campaigns { nope } }', 'mutation { nope }', '{ ...F }', '{ __typename } { __typename }'])('the document %s', async (query) => {
      expect(await refusal(api, query)).toMatchObject(badInput())
    })
  })

  describe('draw', () => {
    const draw = (input: Record<string, unknown>) => refusal('app',
      'mutation ($input: DrawInput!) { draw(input: $input) { __typename ... on DrawRejected { code } } }',
      { input: { campaignId: live.campaign.id, userId: 'user', idempotencyKey: 'key', ...input } })

    it.each([0, 11, -1, 2 ** 31, -(2 ** 31) - 1, 1e300, 1.5, '1', true, [1], {}])('count %p', async (count) => {
      expect(await draw({ count })).toMatchObject(badInput('input.count'))
    })

    it.each(['userId', 'idempotencyKey', 'deviceId'].flatMap((field) => unsafeIds.map(([what, id]) => [field, what, id] as const)))('%s: %s', async (field, _what, id) => {
      expect(await draw({ [field]: id })).toMatchObject(badInput(`input.${field}`))
    })

    it.each<[Record<string, unknown>, string]>([
      [{ idempotencyKey: long(65) }, 'input.idempotencyKey'], [{ idempotencyKey: null }, 'input.idempotencyKey'], [{ idempotencyKey: undefined }, 'input'],
      [{ userId: null }, 'input.userId'], [{ userId: ['a'] }, 'input.userId'], [{ userId: { a: 1 } }, 'input.userId'],
      [{ ip: '1.2.3' }, 'input.ip'], [{ ip: '1.2.3.4, 5.6.7.8' }, 'input.ip'], [{ ip: '' }, 'input.ip'], [{ ip: 5 }, 'input.ip'],
      [{ participant: { tier: '' } }, 'input.participant.tier'], [{ participant: { riskPool: 'a}{b' } }, 'input.participant.riskPool'],
      [{ participant: { segments: ['ok', long(65)] } }, 'input.participant.segments[1]'], [{ participant: { segments: Array(33).fill('s') } }, 'input.participant.segments'],
      [{ participant: { attributes: [{ name: 'a' }] } }, 'input.participant.attributes[0]'], [{ participant: { attributes: [{ name: 'a', number: 1, string: 'x' }] } }, 'input.participant.attributes[0]'],
      [{ participant: { attributes: [{ name: '', number: 1 }] } }, 'input.participant.attributes'], [{ participant: { attributes: [{ name: 'a', string: long(257) }] } }, 'input.participant.attributes.a'],
      [{ participant: { attributes: [{ name: 'a', number: 1 }, { name: 'a', number: 2 }] } }, 'input.participant.attributes.a'],
      [{ participant: { attributes: Array.from({ length: 33 }, (_, n) => ({ name: `a${n}`, boolean: true })) } }, 'input.participant.attributes'],
      [{ participant: { attributes: Array.from({ length: 17 }, (_, n) => ({ name: `a${n}`, string: long(256) })) } }, 'input.participant.attributes'],
      [{ participant: { __proto: 1 } }, 'input.participant'], [{ participant: [1] }, 'input.participant'],
      [{ nope: 1 }, 'input.nope'], [{ __proto: 1 }, 'input.__proto'],
    ])('%p', async (input, field) => {
      const { field: told, ...answer } = await draw(input)
      expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', data: null })
      expect(String(told)).toContain(field)
    })

    it.each(['', 'x', "' OR 1=1 --", 'a}{b', 'a\u0000b', '\ud800', '..', long(5_000), '00000000-0000-0000-0000-000000000000', '%s'])('campaignId %p is no campaign', async (campaignId) => {
      expect(await draw({ campaignId })).toEqual({ status: 200, code: undefined, field: undefined, data: { draw: { __typename: 'DrawRejected', code: 'CAMPAIGN_NOT_FOUND' } } })
    })

    it('twice in one request', async () => {
      const one = `draw(input: { campaignId: "${live.campaign.id}", userId: "u", idempotencyKey: "k" }) { __typename }`
      expect(await refusal('app', `mutation { ${one} b: ${one} }`)).toMatchObject(badInput())
      expect(await refusal('app', `mutation { a: ${one} ...F } fragment F on Mutation { b: ${one} }`)).toMatchObject(badInput())
    })
  })

  describe('other operations of the app API', () => {
    const c = () => live.campaign.id
    it.each([0, -1, 1_000_001, 2 ** 31, 1.5, '5'])('grantTickets: amount %p', async (amount) => {
      const input = { campaignId: c(), userId: 'u', amount, reason: 'r', idempotencyKey: 'k' }
      expect(await refusal('app', 'mutation ($input: GrantTicketsInput!) { grantTickets(input: $input) { balance } }', { input })).toMatchObject(badInput('input.amount'))
    })
    it.each<[Record<string, unknown>, string]>([
      [{ reason: '' }, 'reason'], [{ reason: ' ' }, 'reason'], [{ reason: long(201) }, 'reason'], [{ reason: 'a\u0000' }, 'reason'], [{ reason: '\ud800' }, 'reason'],
      ...unsafeIds.map(([, userId]): [Record<string, unknown>, string] => [{ userId }, 'userId']),
      ...unsafeIds.map(([, idempotencyKey]): [Record<string, unknown>, string] => [{ idempotencyKey }, 'idempotencyKey']),
    ])('grantTickets: %p', async (change, field) => {
      const input = { campaignId: c(), userId: 'u', amount: 1, reason: 'r', idempotencyKey: 'k', ...change }
      expect(await refusal('app', 'mutation ($input: GrantTicketsInput!) { grantTickets(input: $input) { balance } }', { input })).toMatchObject(badInput(`input.${field}`))
    })

    it.each<[Record<string, unknown>, string]>([
      [{ expiresAt: '2020-01-01T00:00:00Z' }, 'input.expiresAt'], [{ expiresAt: '2200-01-01T00:00:00Z' }, 'input.expiresAt'], [{ expiresAt: 'tomorrow' }, 'input.expiresAt'],
    ])('grantTickets: %p', async (change, field) => {
      const input = { campaignId: c(), userId: 'u', amount: 1, reason: 'r', idempotencyKey: 'k', ...change }
      expect(await refusal('app', 'mutation ($input: GrantTicketsInput!) { grantTickets(input: $input) { balance } }', { input })).toMatchObject(badInput(field))
    })
    it.each<[Record<string, unknown>, string]>([
      [{ rule: 'DAILY' }, 'input.rule'], [{ userId: null }, 'input.userId'],
      ...unsafeIds.map(([, userId]): [Record<string, unknown>, string] => [{ userId }, 'input.userId']),
      ...unsafeIds.map(([, idempotencyKey]): [Record<string, unknown>, string] => [{ idempotencyKey }, 'input.idempotencyKey']),
    ])('claimTickets: %p', async (change, field) => {
      const input = { campaignId: c(), userId: 'u', rule: 'SIGN_IN', idempotencyKey: 'k', ...change }
      expect(await refusal('app', 'mutation ($input: ClaimTicketsInput!) { claimTickets(input: $input) { __typename } }', { input })).toMatchObject(badInput(field))
    })

    it.each<[string, Record<string, unknown>, string]>([
      ['query ($c: ID!, $x: Int) { draws(campaignId: $c, first: $x) { edges { cursor } } }', { x: 0 }, 'first'],
      ['query ($c: ID!, $x: Int) { draws(campaignId: $c, first: $x) { edges { cursor } } }', { x: 101 }, 'first'],
      ['query ($c: ID!, $x: Int) { draws(campaignId: $c, first: $x) { edges { cursor } } }', { x: -5 }, 'first'],
      ['query ($c: ID!, $x: String) { draws(campaignId: $c, after: $x) { edges { cursor } } }', { x: 'nonsense' }, 'after'],
      ['query ($c: ID!, $x: String) { draws(campaignId: $c, after: $x) { edges { cursor } } }', { x: '' }, 'after'],
      ['query ($c: ID!, $x: DrawOutcome) { draws(campaignId: $c, outcome: $x) { edges { cursor } } }', { x: 'MAYBE' }, 'x'],
      ['query ($c: ID!, $x: Int) { recentWinners(campaignId: $c, first: $x) { at } }', { x: 0 }, 'first'],
      ['query ($c: ID!, $x: Int) { recentWinners(campaignId: $c, first: $x) { at } }', { x: 101 }, 'first'],
      ['query ($c: ID!, $x: ID) { participant(campaignId: $c, userId: $x) { wins } }', { x: 'a}{b' }, 'userId'],
      ['query ($c: ID!, $x: ID) { participant(campaignId: $c, userId: $x) { wins } }', { x: null }, 'userId'],
    ])('%s with %p', async (query, variables, field) => {
      expect(await refusal('app', query, { c: c(), ...variables })).toMatchObject(badInput(field))
    })

    it.each(['{ campaign { id } }', '{ campaign(id: "a", slug: "b") { id } }'])('%s: which one?', async (query) => {
      expect(await refusal('app', query)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' })
    })

    it.each(['', "'; DROP TABLE draw; --", 'a\u0000', '}{', '\ud800', long(3_000)])('the id %p is of nothing', async (id) => {
      const query = 'query ($id: ID!) { draw(id: $id) { id } byId: campaign(id: $id) { id } }'
      expect(await refusal('app', query, { id })).toMatchObject({ status: 200, data: { draw: null, byId: null } })
      for (const field of ['draws(campaignId: $id) { edges { cursor } }', 'participant(campaignId: $id, userId: "u") { wins }', 'recentWinners(campaignId: $id) { at }']) {
        expect(await refusal('app', `query ($id: ID!) { ${field} }`, { id })).toMatchObject({ status: 400, code: 'NOT_FOUND' })
      }
    })
  })
})
