import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { generateKeyPair, exportJWK } from 'jose'
import { bootApp, type TestApp } from '../support/app.js'
import { settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createLiveCampaign, type LiveCampaign, moveCampaign, createCampaign, type TestCampaign } from '../support/fixtures.js'
import { gql } from '../support/gql.js'
import { everythingKept, INNARDS, stockReturned } from '../support/nothing-written.js'

const long = (length: number) => 'x'.repeat(length)
const prize = { name: 'Prize', probabilityPpb: 1, stockTotal: 1 }
const table = { name: 't', audience: { tiers: ['gold'] }, entries: [{ prize: 'Prize', probabilityPpb: 1 }] }
const payload = '{ __typename ... on InvalidCampaign { problems { path message } } ... on VersionConflict { message } }'

interface Answer { __typename?: string; problems?: Array<{ path: string; message: string }> }

describe('bad input of operators', () => {
  let app: TestApp
  let live: LiveCampaign
  let draft: TestCampaign
  let ended: TestCampaign
  let before: string

  beforeAll(async () => {
    app = await bootApp()
    live = await createLiveCampaign(app)
    draft = await createCampaign(app, live.token)
    ended = await moveCampaign(app, live.token, 'end', await moveCampaign(app, live.token, 'publish', await createCampaign(app, live.token)))
    await settledBooks(app, live)
    await stockReturned(app, live.tenant.tenantId)
    before = await everythingKept(app, live.tenant.tenantId)
  })
  afterAll(async () => {
    try {
      expect(await everythingKept(app, live.tenant.tenantId)).toBe(before)
    } finally {
      await app.close()
    }
  })

  async function ask(query: string, variables: Record<string, unknown> = {}) {
    const { status, body } = await gql<Record<string, Answer>>(app.adminGraphqlUrl, query, variables, bearer(live.token))
    expect(JSON.stringify(body)).not.toMatch(INNARDS)
    const [error] = body.errors ?? []
    return { status, code: error?.extensions?.code, field: error?.extensions?.field, data: body.data ?? null }
  }
  /** The paths of an InvalidCampaign. */
  async function problems(query: string, variables: Record<string, unknown>): Promise<string[]> {
    const { data, code } = await ask(query, variables)
    const [answer] = Object.values(data ?? {})
    if (answer?.__typename !== 'InvalidCampaign') throw new Error(`${answer?.__typename ?? code}`)
    expect(answer.problems!.every(({ message }) => message.length > 3 && message.length < 300)).toBe(true)
    return answer.problems!.map(({ path }) => path)
  }
  const refused = (field: string) => ({ status: 400, code: 'BAD_USER_INPUT', field, data: null })

  const CREATE = `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) ${payload} }`
  const whole = { slug: 'a-new-one', name: 'N', startsAt: '2030-01-01T00:00:00Z', endsAt: '2030-01-02T00:00:00Z', prizes: [prize] }

  it.each<[string, Record<string, unknown>, string[]]>([
    ['ends before it starts', { endsAt: '2029-12-31T00:00:00Z' }, ['endsAt']],
    ['ends when it starts', { endsAt: '2030-01-01T00:00:00Z' }, ['endsAt']],
    ['before the year 2000', { startsAt: '1999-01-01T00:00:00Z' }, ['startsAt']],
    ['odds above the sum', { prizes: [prize, { ...prize, probabilityPpb: CERTAIN_PPB }] }, ['prizes']],
    ['odds of one above the sum', { prizes: [{ ...prize, probabilityPpb: CERTAIN_PPB + 1 }] }, ['prizes[0].probabilityPpb', 'prizes']],
    ['negative odds', { prizes: [{ ...prize, probabilityPpb: -1 }] }, ['prizes[0].probabilityPpb']],
    ['negative stock', { prizes: [prize, { ...prize, stockTotal: -1 }] }, ['prizes[1].stockTotal']],
    ['two fallbacks', { prizes: [{ ...prize, isFallback: true }, { ...prize, isFallback: true }] }, ['prizes[1].isFallback']],
    ['limits of zero', { drawsPerUserTotal: 0, drawsPerUserDaily: -1, winsPerUser: 0 }, ['drawsPerUserTotal', 'drawsPerUserDaily', 'winsPerUser']],
    ['a prize’s limits of zero', { prizes: [{ ...prize, winsPerUser: 0, unlockAfterDraws: -3 }] }, ['prizes[0].winsPerUser', 'prizes[0].unlockAfterDraws']],
    ['three buckets', { bucketCount: 3 }, ['bucketCount']],
    ['128 buckets', { bucketCount: 128 }, ['bucketCount']],
    ['a zone that is none', { timezone: 'Mars/Base' }, ['timezone']],
    ['a zone of another folder', { timezone: '../etc/passwd' }, ['timezone']],
    ['a currency that is none', { prizes: [{ ...prize, value: { amountMinor: -1, currency: 'yuan' } }] }, ['prizes[0].value.amountMinor', 'prizes[0].value.currency']],
    ['a blank name', { name: ' ' }, ['name']],
    ['a name with a control character', { name: 'a\u0000b', prizes: [{ ...prize, name: '\u0007' }] }, ['name', 'prizes[0].name']],
    ['half a character', { name: '\ud800', description: '\udc00' }, ['name', 'description']],
    ['a long name', { name: long(201) }, ['name']],
    ['capitals in the slug', { slug: 'Slug' }, ['slug']],
    ['braces in the slug', { slug: 'a}{b' }, ['slug']],
    ['no slug', { slug: '' }, ['slug']],
    ['a long slug', { slug: long(65) }, ['slug']],
    ['101 prizes', { prizes: Array(101).fill(prize) }, ['prizes']],
    ['rules without tickets', { ticketRules: { dailyFree: { tickets: 1 } } }, ['ticketRules']],
    ['rules that give nothing, or too much', { requiresTickets: true, ticketRules: { dailyFree: { tickets: 0 }, signIn: { tickets: 1_001, expiresAfterDays: 31, streakBonuses: [{ days: 0, tickets: 1 }, { days: 7, tickets: 1 }, { days: 7, tickets: 2 }] }, share: { tickets: 1, perDayMax: 0, totalMax: 0, expiresAfterDays: 0 } } },
      ['ticketRules.dailyFree.tickets', 'ticketRules.signIn.tickets', 'ticketRules.signIn.expiresAfterDays', 'ticketRules.signIn.streakBonuses[0].days', 'ticketRules.signIn.streakBonuses[2].days',
        'ticketRules.share.perDayMax', 'ticketRules.share.totalMax', 'ticketRules.share.expiresAfterDays']],
    ['a streak of no days', { prizes: [{ ...prize, unlockAfterStreakDays: 0 }] }, ['prizes[0].unlockAfterStreakDays']],
    ['an expression that is wrong', { eligibility: 'tier ==' }, ['eligibility']],
    ['an expression of unknown names', { eligibility: 'level > 3' }, ['eligibility']],
    ['a very long expression', { eligibility: `tier == "${long(100_000)}"` }, ['eligibility']],
    ['a deep expression', { eligibility: `${'('.repeat(900)}true${')'.repeat(900)}` }, ['eligibility']],
    ['odds for nobody in particular', { oddsTables: [{ name: 't', audience: {}, entries: [{ prize: 'Prize', probabilityPpb: 1 }] }] }, ['oddsTables[0].audience']],
    ['odds of a prize that is not there', { oddsTables: [{ ...table, entries: [{ prize: 'None', probabilityPpb: 1 }] }] }, ['oddsTables[0].entries[0].prize']],
    ['odds above the sum in a table', { oddsTables: [{ ...table, entries: [{ prize: 'Prize', probabilityPpb: CERTAIN_PPB + 1 }] }] }, ['oddsTables[0].entries[0].probabilityPpb', 'oddsTables[0].entries']],
    ['two tables of a name, for the same', { oddsTables: [table, table] }, ['oddsTables[1].name', 'oddsTables[1].audience']],
    ['a table for a wrong expression', { oddsTables: [{ ...table, audience: { when: 'segments.map(s, s)' } }] }, ['oddsTables[0].audience.when']],
    ['21 tables', { oddsTables: Array(21).fill(table) }, ['oddsTables']],
    ['everything at once', { slug: '', name: '', bucketCount: 0, timezone: '', endsAt: '2000-01-01T00:00:00Z' }, ['slug', 'name', 'endsAt', 'timezone', 'bucketCount']],
  ])('createCampaign: %s', async (_what, change, paths) => {
    expect(await problems(CREATE, { input: { ...whole, ...change } })).toEqual(paths)
  })

  it('a slug that exists', async () => {
    expect(await problems(CREATE, { input: { ...whole, slug: live.campaign.slug } })).toEqual(['slug'])
    const clone = `mutation ($id: ID!, $slug: String!) { cloneCampaign(id: $id, slug: $slug) ${payload} }`
    expect(await problems(clone, { id: live.campaign.id, slug: draft.slug })).toEqual(['slug'])
    expect(await problems(clone, { id: live.campaign.id, slug: '}{' })).toEqual(['slug'])
  })

  it.each<[Record<string, unknown>, string]>([
    [{ startsAt: 'yesterday' }, 'startsAt'], [{ startsAt: 5 }, 'startsAt'], [{ endsAt: '2030-02-30T00:00:00Z' }, 'endsAt'], [{ endsAt: '2030-01-02' }, 'endsAt'],
    [{ bucketCount: 2 ** 31 }, 'bucketCount'], [{ bucketCount: '4' }, 'bucketCount'], [{ drawsPerUserTotal: 1.5 }, 'drawsPerUserTotal'],
    [{ mechanic: 'ROULETTE' }, 'mechanic'], [{ name: null }, 'name'], [{ nope: true }, 'nope'], [{ prizes: [{ ...prize, stockTotal: 2 ** 31 }] }, 'stockTotal'],
    [{ prizes: [{ ...prize, nope: 1 }] }, 'nope'], [{ prizes: [{ name: 'x' }] }, 'prizes'], [{ prizes: { 0: null } }, 'prizes'],
  ])('createCampaign: %p is not of its type', async (change, field) => {
    const answer = await ask(CREATE, { input: { ...whole, ...change } })
    expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', data: null })
    expect(String(answer.field)).toContain(field)
  })

  it('updateCampaign refuses what a live campaign promised, and an old version', async () => {
    const update = `mutation ($id: ID!, $v: Int!, $p: UpdateCampaignInput!) { updateCampaign(id: $id, expectedVersion: $v, patch: $p) ${payload} }`
    const { id, version } = live.campaign
    expect(await problems(update, { id, v: version, p: { timezone: 'Asia/Tokyo', bucketCount: 4, startsAt: '2031-01-01T00:00:00Z' } })).toEqual(expect.arrayContaining(['timezone', 'bucketCount', 'startsAt']))
    expect(await problems(update, { id, v: version, p: { prizes: [] } })).toContain('prizes')
    expect(await problems(update, { id, v: version, p: { name: null, endsAt: null } })).toEqual(expect.arrayContaining(['name', 'endsAt']))
    for (const v of [version - 1, version + 1, 0, -1]) {
      expect((await ask(update, { id, v, p: { name: 'x' } })).data).toMatchObject({ updateCampaign: { __typename: 'VersionConflict' } })
    }
    expect(await ask(update, { id, v: 2 ** 31, p: {} })).toMatchObject(refused('v'))
  })

  it('reviseOdds refuses what cannot be, with its place', async () => {
    const revise = `mutation ($id: ID!, $v: Int!, $p: [OddsEntryInput!], $t: [OddsTableInput!], $r: String!) {
      reviseOdds(id: $id, expectedVersion: $v, prizes: $p, oddsTables: $t, reason: $r) ${payload} }`
    const { id, version } = live.campaign
    const odds = (probabilityPpb: number, name = 'Prize') => [{ prize: name, probabilityPpb }]
    expect(await problems(revise, { id, v: version, p: odds(1), r: ' ' })).toEqual(['reason'])
    expect(await problems(revise, { id, v: version, p: odds(1, 'None'), r: 'r' })).toEqual(['prizes[0].prize'])
    expect(await problems(revise, { id, v: version, p: odds(-1), r: 'r' })).toEqual(['prizes[0].probabilityPpb'])
    expect(await problems(revise, { id, v: version, t: [{ ...table, entries: [] }], r: 'r' })).toEqual(['oddsTables[0].entries'])
    expect(await problems(revise, { id, v: version, r: 'r' })).toEqual(['prizes'])
    expect(await problems(revise, { id: draft.id, v: draft.version, p: odds(1), r: 'r' })).toEqual(['status'])
    expect(await problems(revise, { id: ended.id, v: ended.version, p: odds(1), r: 'r' })).toEqual(['status'])
    expect((await ask(revise, { id, v: version - 1, p: odds(1), r: 'r' })).data).toMatchObject({ reviseOdds: { __typename: 'VersionConflict' } })
  })

  it('checkExpression tells where it is wrong, and what it gives', async () => {
    const check = `query ($e: String!, $u: ID, $f: ParticipantInput) { checkExpression(expression: $e, userId: $u, facts: $f) {
      ok result undecided problems { line column message } } }`
    const told = async (e: string, f?: object) => (await ask(check, { e, f })).data?.checkExpression
    expect(await told('"vip" in segments', { segments: ['vip'] })).toEqual({ ok: true, result: true, undecided: null, problems: [] })
    expect(await told('attributes.level > 3')).toEqual({ ok: true, result: false, undecided: 'No such key: level', problems: [] })
    expect(await told('tier == "a" &&\n level > 3')).toEqual({
      ok: false, result: null, undecided: null,
      problems: [{ line: 2, column: 2, message: "unknown variable 'level'; known: userId, tier, riskPool, segments, attributes" }],
    })
    expect(await told(long(100_000))).toMatchObject({ ok: false, problems: [{ line: 1 }] })
    expect(await ask(check, { e: 'true', f: { tier: '' } })).toMatchObject(refused('facts.tier'))
    expect(await ask(check, { e: 'true', f: { attributes: [{ name: 'a' }] } })).toMatchObject(refused('facts.attributes[0]'))
  })

  it.each(['publish', 'pause', 'resume', 'end'])('%sCampaign where it cannot be', async (step) => {
    const query = `mutation ($id: ID!, $v: Int!) { ${step}Campaign(id: $id, expectedVersion: $v) ${payload} }`
    expect(await problems(query, { id: ended.id, v: ended.version })).toEqual(['status'])
  })

  const ADJUST = 'mutation ($p: ID!, $delta: Int!, $reason: String!, $key: ID!) { adjustStock(prizeId: $p, delta: $delta, reason: $reason, idempotencyKey: $key) { granted } }'
  it.each<[Record<string, unknown>, string]>([
    [{ delta: 0 }, 'delta'], [{ delta: 2 ** 31 }, 'delta'], [{ delta: 2 ** 31 - 1 }, 'delta'], [{ delta: -(2 ** 31) }, 'delta'], [{ delta: '1' }, 'delta'],
    [{ reason: '' }, 'reason'], [{ reason: long(5_000) }, 'reason'], [{ reason: 'a\u0000' }, 'reason'],
    [{ key: '' }, 'idempotencyKey'], [{ key: 'a}{b' }, 'idempotencyKey'], [{ key: long(300) }, 'idempotencyKey'], [{ key: '\u0000' }, 'idempotencyKey'],
  ])('adjustStock: %p', async (change, field) => {
    expect(await ask(ADJUST, { p: live.campaign.prizes[0]!.id, delta: 1, reason: 'r', key: 'k', ...change })).toMatchObject(refused(field))
  })

  const RELEASE = 'mutation ($p: ID!, $units: Int!, $reason: String!, $key: ID!) { releaseStock(prizeId: $p, units: $units, reason: $reason, idempotencyKey: $key) { granted } }'
  it.each<[Record<string, unknown>, string]>([
    [{ units: 0 }, 'units'], [{ units: -1 }, 'units'], [{ units: 2 ** 31 }, 'units'], [{ units: 1 }, 'units'],
    [{ reason: '' }, 'reason'], [{ reason: 'a\u0000' }, 'reason'], [{ key: '' }, 'idempotencyKey'], [{ key: 'a}{b' }, 'idempotencyKey'],
  ])('releaseStock: %p', async (change, field) => {
    expect(await ask(RELEASE, { p: live.campaign.prizes[0]!.id, units: 1, reason: 'r', key: 'k', ...change })).toMatchObject(refused(field))
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['mutation ($n: String!) { createApiKey(name: $n) { secret } }', { n: '' }, 'name'],
    ['mutation ($n: String!) { createApiKey(name: $n) { secret } }', { n: 'a\u0000b' }, 'name'],
    ['mutation ($n: String!) { createApiKey(name: $n) { secret } }', { n: long(1_000) }, 'name'],
    ...[0, -1, 100_001].flatMap((max): Array<[string, Record<string, unknown>, string]> => [
      ['mutation ($n: Int) { createApiKey(name: "k", drawsPerSecondMax: $n) { secret } }', { n: max }, 'drawsPerSecondMax'],
      ['mutation ($n: Int) { setApiKeyLimit(id: "00000000-0000-7000-8000-000000000000", drawsPerSecondMax: $n) { id } }', { n: max }, 'drawsPerSecondMax'],
      ...['drawsPerSecondMax', 'deviceIpDrawsPerSecondMax', 'participantDrawsPerSecondMax', 'serverParticipantDrawsPerSecondMax'].map((limit): [string, Record<string, unknown>, string] =>
        ['mutation ($i: TenantLimitsInput!) { setTenantLimits(input: $i) { drawsPerSecondMax } }', { i: { drawsPerSecondMax: 7, [limit]: max } }, `input.${limit}`]),
    ]),
    ['mutation ($i: TenantLimitsInput!) { setTenantLimits(input: $i) { drawsPerSecondMax } }', { i: { drawsPerSecondMax: null } }, 'input.drawsPerSecondMax'],
    ['mutation ($k: String!, $j: String!) { registerParticipantKey(kid: $k, algorithm: "ES256", publicJwk: $j) { id } }', { k: 'k', j: 'no JSON' }, 'publicJwk'],
    ['mutation ($k: String!, $j: String!) { registerParticipantKey(kid: $k, algorithm: "ES256", publicJwk: $j) { id } }', { k: 'k', j: '{"kty":"oct","k":"AAAA"}' }, 'publicJwk'],
    ['mutation ($k: String!, $j: String!) { registerParticipantKey(kid: $k, algorithm: "none", publicJwk: $j) { id } }', { k: 'k', j: '{}' }, 'algorithm'],
    ['mutation ($i: RiskEntryInput!) { addRiskEntry(input: $i) { id } }', { i: { list: 'BLOCK', subject: 'IP', value: '1.2.3.4/99', reason: 'r' } }, 'input.value'],
    ['mutation ($i: RiskEntryInput!) { addRiskEntry(input: $i) { id } }', { i: { list: 'BLOCK', subject: 'DEVICE', value: 'a}{b', reason: 'r' } }, 'input.value'],
    ['mutation ($i: RiskEntryInput!) { addRiskEntry(input: $i) { id } }', { i: { list: 'BLOCK', subject: 'DEVICE', value: 'd', reason: '' } }, 'input.reason'],
    ['mutation ($r: [VelocityRuleInput!]!) { setVelocityRules(rules: $r) { drawsMax } }', { r: [{ subject: 'IP', windowSeconds: 0, drawsMax: 1 }] }, 'rules[0].windowSeconds'],
    ['mutation ($r: [VelocityRuleInput!]!) { setVelocityRules(rules: $r) { drawsMax } }', { r: [{ subject: 'IP', windowSeconds: 86_401, drawsMax: 1 }] }, 'rules[0].windowSeconds'],
    ['mutation ($r: [VelocityRuleInput!]!) { setVelocityRules(rules: $r) { drawsMax } }', { r: [{ subject: 'IP', windowSeconds: 1, drawsMax: 0 }] }, 'rules[0].drawsMax'],
    ['query ($f: Int) { campaigns(first: $f) { edges { cursor } } }', { f: 0 }, 'first'],
    ['query ($f: Int) { campaigns(first: $f) { edges { cursor } } }', { f: 101 }, 'first'],
    ['query ($a: String) { campaigns(after: $a) { edges { cursor } } }', { a: 'nonsense' }, 'after'],
    ['query ($s: String) { campaigns(search: $s) { edges { cursor } } }', { s: '\u0000' }, 'search'],
    ['query ($f: Int) { consumedEvents(consumer: RISK, first: $f) { id } }', { f: 0 }, 'first'],
    ['query ($f: Int) { riskEntries(first: $f) { edges { cursor } } }', { f: 101 }, 'first'],
    ['query ($a: String) { riskEntries(after: $a) { edges { cursor } } }', { a: '}{' }, 'after'],
    ['query ($c: ID!, $f: Int) { ticketLedger(campaignId: $c, userId: "u", first: $f) { edges { cursor } } }', { c: 'x', f: 101 }, 'first'],
    ['query ($c: ID!, $a: String) { ticketLedger(campaignId: $c, userId: "u", after: $a) { edges { cursor } } }', { c: 'x', a: 'dGlja2V0OjA' }, 'after'],
    ['query ($c: ID!, $u: ID!) { ticketLedger(campaignId: $c, userId: $u) { edges { cursor } } }', { c: 'x', u: 'a}{b' }, 'userId'],
    ['query ($c: ID!, $f: Int) { stockLedger(campaignId: $c, first: $f) { edges { cursor } } }', { c: 'x', f: 0 }, 'first'],
    ['query ($c: ID!, $a: String) { stockLedger(campaignId: $c, after: $a) { edges { cursor } } }', { c: 'x', a: 'dGlja2V0OjE' }, 'after'],
    ['query ($f: Int) { walletLedger(userId: "u", first: $f) { edges { cursor } } }', { f: 101 }, 'first'],
    ['query ($a: String) { walletLedger(userId: "u", after: $a) { edges { cursor } } }', { a: 'c3RvY2s6MQ' }, 'after'],
    ['query ($u: ID!) { walletLedger(userId: $u) { edges { cursor } } }', { u: 'a}{b' }, 'userId'],
    ['query ($c: ID!, $f: Int) { quarantinedDraws(campaignId: $c, first: $f) { edges { cursor } } }', { c: 'x', f: 101 }, 'first'],
    ['query ($c: ID!, $a: String) { quarantinedDraws(campaignId: $c, after: $a) { edges { cursor } } }', { c: 'x', a: 'dGlja2V0OjA' }, 'after'],
    ['query ($c: ID!, $f: Int) { draws(campaignId: $c, first: $f) { edges { cursor } } }', { c: 'x', f: 0 }, 'first'],
    ['query ($k: ID!) { draws(campaignId: "x", idempotencyKey: $k) { edges { cursor } } }', { k: 'alone' }, 'idempotencyKey'],
  ])('%s with %p', async (query, variables, field) => {
    expect(await ask(query, variables)).toMatchObject(refused(field))
  })

  it('a private key is not taken', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const query = 'mutation ($j: String!) { registerParticipantKey(kid: "k", algorithm: "ES256", publicJwk: $j) { id } }'
    expect(await ask(query, { j: JSON.stringify(await exportJWK(privateKey)) })).toMatchObject(refused('publicJwk'))
  })

  it.each<[string, string]>([['a\u0000@b.example', 'p'], ['', ''], ["' OR 1=1 --", 'x'], ['a@b.example', long(5_000)], ['\ud800', '\ud800']])('login as %p', async (email, password) => {
    const { status, body } = await gql(app.adminGraphqlUrl, 'mutation ($e: String!, $p: String!) { login(email: $e, password: $p) { token } }', { e: email, p: password })
    expect(JSON.stringify(body)).not.toMatch(INNARDS)
    expect([[400, 'BAD_USER_INPUT'], [401, 'UNAUTHENTICATED']]).toContainEqual([status, body.errors?.[0]?.extensions?.code])
  })

  it.each(['', 'x', 'a}{b', 'a\u0000', '\ud800', long(3_000)])('the id %p is of nothing', async (id) => {
    expect(await ask('query ($id: ID!) { campaign(id: $id) { id } }', { id })).toMatchObject({ status: 200, data: { campaign: null } })
    for (const query of [
      'query ($id: ID!) { inventory(campaignId: $id) { granted } }', 'query ($id: ID!) { booksAudit(campaignId: $id) { balanced } }',
      'query ($id: ID!) { ticketLedger(campaignId: $id, userId: "u") { edges { cursor } } }', 'query ($id: ID!) { stockLedger(campaignId: $id) { edges { cursor } } }',
      'query ($id: ID!) { quarantinedDraws(campaignId: $id) { edges { cursor } } }',
      `mutation ($id: ID!) { pauseCampaign(id: $id, expectedVersion: 1) ${payload} }`, 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }',
      'mutation ($id: ID!) { setApiKeyLimit(id: $id, drawsPerSecondMax: 1) { id } }',
      'mutation ($id: ID!) { removeRiskEntry(id: $id) { id } }', 'mutation ($id: ID!) { adjustStock(prizeId: $id, delta: 1, reason: "r", idempotencyKey: "k") { granted } }',
      `mutation ($id: ID!) { cloneCampaign(id: $id, slug: "s") ${payload} }`,
      `mutation ($id: ID!) { reviseOdds(id: $id, expectedVersion: 1, oddsTables: [], reason: "r") ${payload} }`,
    ]) expect([query, await ask(query, { id })]).toMatchObject([query, { status: 400, code: 'NOT_FOUND', data: null }])
  })
})
