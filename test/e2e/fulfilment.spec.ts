import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { systemContext } from '../../src/common/context.js'
import { DeliveryStore } from '../../src/modules/fulfilment/delivery.store.js'
import { WebhookSender } from '../../src/modules/fulfilment/webhook.sender.js'
import { BooksService } from '../../src/modules/settlement/books/books.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, deviceTokens } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createLiveCampaign, type LiveCampaign, serverKey, type TestPrizeInput } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { answering, startReceiver } from '../support/receiver.js'
import { eventually } from '../support/rows.js'

interface Award {
  id: string; status: string; version: number
  fulfilment: { kind: string; round: number; attempt: number; dueAt: string | null; lastError: string | null; reference: string | null } | null
  history: Array<{ from: string; to: string; reason: string | null; attempt: number | null; actorKind: string }>
}
interface Result { id: string; refusal: string | null; award: { status: string } | null }

const AWARD = 'id status version fulfilment { kind round attempt dueAt lastError reference } history { from to reason attempt actorKind }'
const RESULT = 'id refusal award { status }'
const SWEEP_MS = 50

let app: TestApp
let owner: pg.Client
const receivers: Array<Awaited<ReturnType<typeof startReceiver>>> = []

const boot = { FULFILMENT_PRIVATE_ADDRESSES: '1', FULFILMENT_RETRY_MS: '20,20,20,20,20', FULFILMENT_TIMEOUT_MS: '400', SWEEP_INTERVAL_MS: String(SWEEP_MS) }
beforeAll(async () => {
  app = await bootApp({ env: boot })
  owner = new pg.Client({ connectionString: app.databaseUrl })
  await owner.connect()
})
afterAll(async () => {
  await owner.end()
  await app.close()
  await Promise.all(receivers.map((receiver) => receiver.close()))
})

async function receiver(...given: Parameters<typeof startReceiver>) {
  const started = await startReceiver(...given)
  receivers.push(started)
  return started
}

const live = (fulfilment: TestPrizeInput['fulfilment'], more: Partial<TestPrizeInput> = {}) => createLiveCampaign(app, {
  prizes: [{ name: 'Prize', probabilityPpb: CERTAIN_PPB, stockTotal: 50, value: { amountMinor: 250, currency: 'CNY' }, ...(fulfilment === undefined ? {} : { fulfilment }), ...more }],
})
const admin = <T>({ token }: Pick<LiveCampaign, 'token'>, query: string, variables: Record<string, unknown> = {}) =>
  gqlData<T>(app.adminGraphqlUrl, query, variables, bearer(token))
/** The award of a draw by `userId`. */
async function win({ tenant, campaign }: LiveCampaign, userId = 'ada', key = 'key'): Promise<string> {
  const { draws: [draw] } = await accepted(app, serverKey(tenant), { campaignId: campaign.id, userId, idempotencyKey: key })
  return `A${draw!.id}`
}
const read = async (of: LiveCampaign, id: string) => (await admin<{ award: Award }>(of, `query ($id: ID!) { award(id: $id) { ${AWARD} } }`, { id })).award
const becomes = (of: LiveCampaign, id: string, status: string) => eventually(async () => {
  const award = await read(of, id)
  expect(award.status).toBe(status)
  return award
})
/** Books without grace: every consumer has had everything. */
const balanced = ({ tenant, campaign }: LiveCampaign) => eventually(async () => {
  const audit = await app.app.get(BooksService, { strict: false }).audit(systemContext(tenant.tenantId, 'test'), campaign.id, { strict: true })
  expect(audit).toMatchObject({ violations: [], unsettled: 0 })
})
const settled = (of: LiveCampaign, count = 1) => eventually(async () => {
  const { rows } = await owner.query(`SELECT count(*)::int AS n FROM draw WHERE campaign_id = $1 AND state = 'SETTLED'`, [of.campaign.id])
  expect(rows).toEqual([{ n: count }])
})

describe('a webhook', () => {
  it('is told once, signed, under the award’s id', async () => {
    const to = await receiver()
    const of = await live({ kind: 'WEBHOOK', url: to.url })
    const id = await win(of)
    const award = await becomes(of, id, 'FULFILLED')
    expect(award.history.map(({ from, to: after }) => [from, after])).toEqual([['GRANTED', 'FULFILLING'], ['FULFILLING', 'FULFILLED']])
    expect(award.fulfilment).toMatchObject({ kind: 'WEBHOOK', round: 1, attempt: 1, dueAt: null, lastError: null })
    expect(to.received).toHaveLength(1)
    const { headers, body } = to.received[0]!
    expect(headers).toMatchObject({ 'webhook-id': id, 'idempotency-key': id, 'content-type': 'application/json' })
    const { webhookSecret } = await admin<{ webhookSecret: string }>(of, '{ webhookSecret }')
    const signed = `${id}.${headers['webhook-timestamp'] as string}.${body}`
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', Buffer.from(webhookSecret.slice(6), 'base64')).update(signed).digest('base64')}`)
    expect(JSON.parse(body)).toMatchObject({
      type: 'award.granted', data: { awardId: id, drawId: id.slice(1), userId: 'ada', campaignId: of.campaign.id, prizeId: of.campaign.prizes[0]!.id, amount: { amountMinor: 250, currency: 'CNY' } },
    })
    await balanced(of)
  })

  it('is tried again with the same bytes until it takes it', async () => {
    const to = await receiver(answering(500, 503, 200))
    const of = await live({ kind: 'WEBHOOK', url: to.url })
    const id = await win(of)
    const award = await becomes(of, id, 'FULFILLED')
    expect(award.history.map(({ reason }) => reason)).toEqual([null, 'HTTP 500: not now', 'HTTP 503: not now', null])
    expect([to.received.length, to.keys().size, new Set(to.received.map(({ body }) => body)).size]).toEqual([3, 1, 1])
  })

  it('that never takes it leaves it on the desk, which issues it again under the same id', async () => {
    const to = await receiver(answering(500))
    const of = await live({ kind: 'WEBHOOK', url: to.url })
    const ids = [await win(of, 'ada'), await win(of, 'bob'), await win(of, 'cyd')]
    for (const id of ids) await becomes(of, id, 'FAILED')
    expect(to.received).toHaveLength(3 * 6)
    const list = await admin<{ awards: { edges: Array<{ node: { id: string } }> } }>(of, 'query ($c: ID!) { awards(campaignId: $c, status: FAILED) { edges { node { id } } } }', { c: of.campaign.id })
    expect(list.awards.edges.map(({ node }) => node.id)).toEqual(ids.toReversed())
    to.becomes(answering(200))
    const again = (key: string, which: string[]) => admin<{ reissueAwards: Result[] }>(
      of, `mutation ($ids: [ID!]!, $k: ID!) { reissueAwards(ids: $ids, reason: "mended", idempotencyKey: $k) { ${RESULT} } }`, { ids: which, k: key })
    const { reissueAwards } = await again('k1', ids)
    expect(reissueAwards.map(({ id, refusal }) => [id, refusal])).toEqual(ids.map((id) => [id, null]))
    for (const id of ids) expect((await becomes(of, id, 'FULFILLED')).fulfilment).toMatchObject({ round: 2, attempt: 1 })
    expect([to.received.length, to.keys().size]).toEqual([21, 3])
    expect((await again('k1', ids)).reissueAwards.map(({ refusal, award }) => [refusal, award?.status])).toEqual(ids.map(() => [null, 'FULFILLED']))
    expect((await again('k2', ids)).reissueAwards.map(({ refusal }) => refusal)).toEqual(ids.map(() => 'NOT_ALLOWED'))
    const other = await gql(app.adminGraphqlUrl, 'mutation ($ids: [ID!]!) { reissueAwards(ids: $ids, reason: "else", idempotencyKey: "k1") { id } }', { ids }, bearer(of.token))
    expect(other.body.errors?.[0]?.extensions?.code).toBe('CONFLICT')
    expect(to.received).toHaveLength(21)
    await balanced(of)
  })

  it.each<[string, Parameters<typeof startReceiver>[0], number, RegExp]>([
    ['is gone', answering(410), 1, /^HTTP 410/],
    ['does not answer', () => undefined, 6, /^no answer within 400 ms$/],
    ['redirects', (response) => { response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end() }, 6, /^HTTP 302$/],
    ['refuses without end', (response) => { response.writeHead(500); setInterval(() => response.write('x'.repeat(10_000)), 5).unref() }, 6, /^HTTP 500: x+$/],
    ['hangs up', (response) => { response.socket?.destroy() }, 6, /ECONNRESET|socket hang up/],
  ])('that %s', async (_what, behaviour, requests, reason) => {
    const to = await receiver(behaviour)
    const of = await live({ kind: 'WEBHOOK', url: to.url })
    const award = await becomes(of, await win(of), 'FAILED')
    expect(award.fulfilment?.lastError).toMatch(reason)
    expect([to.received.length, to.keys().size]).toEqual([requests, 1])
  })

  it('that takes it and then talks without end has taken it', async () => {
    const to = await receiver((response) => { response.writeHead(200); setInterval(() => response.write('x'.repeat(10_000)), 1).unref() })
    const of = await live({ kind: 'WEBHOOK', url: to.url })
    await becomes(of, await win(of), 'FULFILLED')
    expect(to.received).toHaveLength(1)
  })

  it('without good TLS is not spoken to; a new address holds for the next issue, also after the campaign', async () => {
    const to = await receiver()
    const of = await live({ kind: 'WEBHOOK', url: to.url.replace('http:', 'https:') })
    const id = await win(of)
    expect((await becomes(of, id, 'FAILED')).fulfilment?.lastError).toBeTruthy()
    expect(to.received).toHaveLength(0)
    await admin(of, `mutation { endCampaign(id: "${of.campaign.id}", expectedVersion: ${of.campaign.version}) { __typename } }`)
    const set = 'mutation ($p: ID!, $f: FulfilmentInput) { setPrizeFulfilment(prizeId: $p, fulfilment: $f) { fulfilment { kind url } } }'
    const { setPrizeFulfilment } = await admin<{ setPrizeFulfilment: unknown }>(of, set, { p: of.campaign.prizes[0]!.id, f: { kind: 'WEBHOOK', url: to.url } })
    expect(setPrizeFulfilment).toEqual({ fulfilment: { kind: 'WEBHOOK', url: to.url } })
    await admin(of, 'mutation ($ids: [ID!]!) { reissueAwards(ids: $ids, reason: "r", idempotencyKey: "k") { id } }', { ids: [id] })
    await becomes(of, id, 'FULFILLED')
    expect(to.keys()).toEqual(new Set([id]))
  })

  it('at a private address is refused where that is not allowed', async () => {
    const to = await receiver()
    const sender = new WebhookSender({ fulfilmentTimeoutMs: 1_000, fulfilmentPrivateAddresses: false })
    for (const url of [to.url, to.url.replace('http:', 'https:'), to.url.replace('127.0.0.1', 'localhost').replace('http:', 'https:'), 'https://[::1]/', 'https://169.254.169.254/latest', 'https://[::ffff:10.0.0.1]/']) {
      expect(await sender.send(url, {}, '{}')).toMatchObject({ kind: 'REFUSED', reason: expect.stringMatching(/not allowed|only https/) })
    }
    expect(to.received).toHaveLength(0)
    sender.onModuleDestroy()
  })

  it('hears of an award again when the worker died before it wrote that down, under the same id, and the dead one’s word counts no more', async () => {
    let deadMansAnswer: (() => void) | undefined
    const to = await receiver((response, n) => {
      if (n === 1) deadMansAnswer = () => response.end()
      else response.end()
    })
    const of = await live({ kind: 'WEBHOOK', url: to.url })
    const store = app.app.get(DeliveryStore, { strict: false })
    const conclude = store.conclude.bind(store)
    // The first attempt ends with its process: what it learnt is told to nobody.
    let dead: Parameters<typeof conclude> | undefined
    let bury: () => void = () => undefined
    store.conclude = (...told) => {
      if (dead === undefined) {
        dead = told
        return new Promise((resolve) => { bury = () => resolve('LOST') })
      }
      return conclude(...told)
    }
    try {
      const id = await win(of)
      await eventually(() => { expect(deadMansAnswer).toBeDefined(); return Promise.resolve() })
      deadMansAnswer!()
      await eventually(() => { expect(dead).toBeDefined(); return Promise.resolve() })
      expect(await read(of, id)).toMatchObject({ status: 'FULFILLING', fulfilment: { attempt: 1 } })
      const [busy] = (await admin<{ revokeAwards: Result[] }>(of, `mutation { revokeAwards(ids: ["${id}"], reason: "r", stock: WRITE_OFF, idempotencyKey: "busy") { ${RESULT} } }`)).revokeAwards
      expect(busy).toMatchObject({ refusal: 'IN_DELIVERY', award: { status: 'FULFILLING' } })
      // Its own run still holds the tenant in this process; another worker's would not know of it.
      const other = await bootApp({ env: boot, on: { databaseUrl: app.databaseUrl, redisUrl: app.redisUrl } })
      try {
        await owner.query(`UPDATE fulfilment_task SET lease_until = now() - interval '1 second' WHERE award_id = (SELECT award_id FROM fulfilment_task WHERE campaign_id = $1)`, [of.campaign.id])
        expect((await becomes(of, id, 'FULFILLED')).fulfilment).toMatchObject({ round: 1, attempt: 2 })
      } finally {
        await other.stop()
      }
      expect([to.received.length, to.keys().size]).toEqual([2, 1])
      expect(await conclude(...dead!)).toBe('LOST')
      expect((await read(of, id)).history.at(-1)?.reason).toBe('an attempt ended after it was taken for dead: delivered')
      await balanced(of)
    } finally {
      delete (store as Partial<DeliveryStore>).conclude
      bury()
    }
  }, 60_000)
})

describe('a wallet', () => {
  it('is credited once, and debited once when the award is revoked', async () => {
    const of = await live({ kind: 'WALLET' })
    const id = await win(of)
    const balance = async () => (await gqlData<{ walletBalances: unknown }>(
      app.graphqlUrl, '{ walletBalances(userId: "ada") { amountMinor currency } }', {}, serverKey(of.tenant))).walletBalances
    expect((await becomes(of, id, 'FULFILLED')).history.map(({ from, to }) => [from, to])).toEqual([['GRANTED', 'FULFILLED']])
    expect(await balance()).toEqual([{ amountMinor: 250, currency: 'CNY' }])
    await settled(of)
    for (const key of ['k', 'k', 'other']) await admin(of, `mutation { revokeAwards(ids: ["${id}"], reason: "fraud", stock: WRITE_OFF, idempotencyKey: "${key}") { id } }`)
    expect(await balance()).toEqual([{ amountMinor: 0, currency: 'CNY' }])
    expect(await read(of, id)).toMatchObject({ status: 'REVOKED' })
    await balanced(of)
  })

  it('takes an address of nobody', async () => {
    const of = await live({ kind: 'WALLET' })
    const { body } = await gql(app.graphqlUrl, submit, { id: await win(of), address }, serverKey(of.tenant))
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'awardId' })
  })
})

const address = { recipient: 'Ada Lovelace', phone: '+86 10 1234', country: 'CN', region: null, city: '上海', postalCode: '200000', line1: '南京路 1', line2: null }
const submit = 'mutation ($id: ID!, $address: AddressInput!) { submitAwardAddress(awardId: $id, address: $address) { kind claimBy award { id status } address { recipient city line1 } } }'
const claimed = 'query ($id: ID!) { award(id: $id) { kind claimBy award { id status } address { recipient city } } }'

describe('a parcel', () => {
  it('goes to the address that its owner gave, which only its owner and the staff see', async () => {
    const of = await live({ kind: 'MANUAL', claimWithinSeconds: 3_600 }, { kind: 'PHYSICAL' })
    const id = await win(of)
    const devices = await deviceTokens(app, of.tenant, of.token)
    const [ada, bob] = [await devices.headers('ada'), await devices.headers('bob')]
    const claim = async (headers: Record<string, string>) => (await gqlData<{ award: { claimBy: string; address: unknown } | null }>(app.graphqlUrl, claimed, { id }, headers)).award
    await eventually(async () => { expect((await claim(ada))?.claimBy).toBeTruthy() })
    expect(await claim(bob)).toBeNull()
    expect((await gql(app.graphqlUrl, submit, { id, address }, bob)).body.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
    const given = await gqlData(app.graphqlUrl, submit, { id, address }, ada)
    expect(given).toMatchObject({ submitAwardAddress: { kind: 'MANUAL', claimBy: null, award: { id, status: 'FULFILLING' }, address: { recipient: 'Ada Lovelace', city: '上海' } } })
    await gqlData(app.graphqlUrl, submit, { id, address: { ...address, line1: '南京路 2' } }, serverKey(of.tenant))
    expect(await claim(bob)).toBeNull()
    expect((await claim(ada))?.address).toEqual({ recipient: 'Ada Lovelace', city: '上海' })
    const { rows } = await owner.query<{ sealed: Buffer }>('SELECT sealed FROM award_address')
    for (const { sealed } of rows) expect(sealed.toString('latin1')).not.toContain('Lovelace')
    expect(await admin(of, `{ awardAddress(id: "${id}") { recipient line1 } }`)).toEqual({ awardAddress: { recipient: 'Ada Lovelace', line1: '南京路 2' } })
    const ship = `mutation { markAwardFulfilled(id: "${id}", reference: "parcel 1") { status fulfilment { reference } } }`
    for (let n = 0; n < 2; n++) expect(await admin(of, ship)).toEqual({ markAwardFulfilled: { status: 'FULFILLED', fulfilment: { reference: 'parcel 1' } } })
    expect((await gql(app.adminGraphqlUrl, ship.replace('parcel 1', 'parcel 2'), {}, bearer(of.token))).body.errors?.[0]?.extensions?.code).toBe('CONFLICT')
    expect((await gql(app.graphqlUrl, submit, { id, address }, ada)).body.errors?.[0]?.extensions?.code).toBe('CONFLICT')
    expect((await read(of, id)).history.map(({ to, reason, actorKind }) => [to, reason, actorKind])).toEqual([
      ['FULFILLING', 'address given', 'participant'], ['FULFILLING', 'address given anew', 'server'], ['FULFILLED', 'parcel 1', 'operator'],
    ])
    await balanced(of)
  })

  it('that nobody claims is EXPIRED, and its unit where the prize says', async () => {
    for (const [onExpiry, granted, vault] of [['RETURN_TO_VAULT', 50, 1], ['WRITE_OFF', 49, 0]] as const) {
      const of = await live({ kind: 'MANUAL', claimWithinSeconds: 60, onExpiry })
      const id = await win(of)
      await eventually(async () => { expect((await read(of, id)).fulfilment?.dueAt).toBeTruthy() })
      await settled(of)
      await owner.query(`UPDATE fulfilment_task SET due_at = now() WHERE campaign_id = $1`, [of.campaign.id])
      await becomes(of, id, 'EXPIRED')
      expect(await stock(of)).toMatchObject({ granted, vault, awarded: 0, prize: { stockTotal: granted } })
      await balanced(of)
    }
  })
})

const stock = async (of: LiveCampaign) => (await admin<{ inventory: Array<{ granted: number; vault: number; awarded: number }> }>(
  of, 'query ($c: ID!) { inventory(campaignId: $c) { granted vault awarded prize { stockTotal } } }', { c: of.campaign.id })).inventory[0]

describe('the desk', () => {
  it('takes awards back, their units into the vault or out, each for its own reason, and tells of it', async () => {
    const of = await live(undefined)
    const [a, b, c, d] = [await win(of, 'ada'), await win(of, 'bob'), await win(of, 'cyd'), await win(of, 'dan')] as const
    await settled(of, 4)
    const back = (how: string, ids: string[], fate: string, key: string) => admin<Record<string, Result[]>>(
      of, `mutation ($ids: [ID!]!, $f: StockFate!, $k: ID!) { results: ${how}(ids: $ids, reason: "because", stock: $f, idempotencyKey: $k) { ${RESULT} } }`, { ids, f: fate, k: key })
    const nobodys = `A${a.slice(1, -1)}${a.endsWith('0') ? '1' : '0'}`
    const vault = await back('revokeAwards', [a, b, 'nonsense', nobodys, a], 'RETURN_TO_VAULT', 'one')
    expect(vault.results?.map(({ id, refusal }) => [id, refusal])).toEqual([[a, null], [b, null], ['nonsense', 'NOT_FOUND'], [nobodys, 'NOT_FOUND']])
    expect(await stock(of)).toMatchObject({ granted: 50, vault: 2, awarded: 2 })
    expect((await back('expireAwards', [c, a], 'WRITE_OFF', 'two')).results?.map(({ refusal }) => refusal)).toEqual([null, 'NOT_ALLOWED'])
    expect(await stock(of)).toMatchObject({ granted: 49, vault: 2, awarded: 1, prize: { stockTotal: 49 } })
    expect((await back('revokeAwards', [a, b, 'nonsense', nobodys, a], 'RETURN_TO_VAULT', 'one')).results).toEqual(vault.results)
    expect((await gql(app.adminGraphqlUrl, `mutation { revokeAwards(ids: ["${d}"], reason: "because", stock: WRITE_OFF, idempotencyKey: "one") { id } }`, {}, bearer(of.token))).body.errors?.[0]?.extensions?.code).toBe('CONFLICT')
    expect(await admin(of, `mutation { failAward(id: "${d}", reason: "lost") { status } }`)).toEqual({ failAward: { status: 'FAILED' } })
    const { reissueAwards } = await admin<{ reissueAwards: Result[] }>(of, `mutation { reissueAwards(ids: ["${d}"], reason: "r", idempotencyKey: "three") { ${RESULT} } }`)
    expect(reissueAwards).toEqual([{ id: d, refusal: 'NO_FULFILMENT', award: { status: 'FAILED' } }])
    await balanced(of)
    const { rows } = await owner.query('SELECT action, actor_kind FROM audit_log WHERE tenant_id = $1 AND action LIKE $2 ORDER BY id', [of.tenant.tenantId, 'award%'])
    expect(rows.map(({ action, actor_kind: kind }: { action: string; actor_kind: string }) => `${kind} ${action}`)).toEqual([
      'operator awards.revoked', 'operator awards.expired', 'operator award.failed', 'operator awards.issued-again',
    ])
    const seen = await gqlData<{ draw: { award: { status: string } } }>(app.graphqlUrl, `{ draw(id: "${a.slice(1)}") { award { status } } }`, {}, serverKey(of.tenant))
    expect(seen.draw.award.status).toBe('REVOKED')
  })

  it('pages, newest first, by what is asked', async () => {
    const of = await live(undefined)
    const ids: string[] = []
    for (const [n, user] of ['ada', 'bob', 'ada'].entries()) ids.push(await win(of, user, `k${n}`))
    const query = 'query ($c: ID!, $u: ID, $p: ID, $s: AwardStatus, $n: Int, $a: String) { awards(campaignId: $c, userId: $u, prizeId: $p, status: $s, first: $n, after: $a) { edges { node { id userId } } pageInfo { hasNextPage endCursor } } }'
    type Page = { awards: { edges: Array<{ node: { id: string } }>; pageInfo: { hasNextPage: boolean; endCursor: string } } }
    const page = async (args: object) => (await admin<Page>(of, query, { c: of.campaign.id, ...args })).awards
    const idsOf = ({ edges }: Page['awards']) => edges.map(({ node }) => node.id)
    const first = await page({ n: 2 })
    expect([idsOf(first), first.pageInfo.hasNextPage]).toEqual([[ids[2], ids[1]], true])
    expect(idsOf(await page({ n: 2, a: first.pageInfo.endCursor }))).toEqual([ids[0]])
    expect(idsOf(await page({ u: 'ada' }))).toEqual([ids[2], ids[0]])
    expect(idsOf(await page({ s: 'FAILED' }))).toEqual([])
    expect(idsOf(await page({ p: of.campaign.prizes[0]!.id, s: 'GRANTED' }))).toHaveLength(3)
  })

  it('gives awards that were won before their way as well', async () => {
    const of = await live(undefined)
    const id = await win(of)
    expect(await read(of, id)).toMatchObject({ status: 'GRANTED', fulfilment: null })
    await admin(of, 'mutation ($p: ID!) { setPrizeFulfilment(prizeId: $p, fulfilment: { kind: WALLET }) { id } }', { p: of.campaign.prizes[0]!.id })
    await becomes(of, id, 'FULFILLED')
    await balanced(of)
  })

  it('rotates the secret; the one before signs along', async () => {
    const to = await receiver()
    const of = await live({ kind: 'WEBHOOK', url: to.url })
    const before = await admin<{ webhookSecret: string }>(of, '{ webhookSecret }')
    const { rotateWebhookSecret } = await admin<{ rotateWebhookSecret: string }>(of, 'mutation { rotateWebhookSecret }')
    expect([rotateWebhookSecret === before.webhookSecret, (await admin<{ webhookSecret: string }>(of, '{ webhookSecret }')).webhookSecret]).toEqual([false, rotateWebhookSecret])
    await becomes(of, await win(of), 'FULFILLED')
    expect(String(to.received[0]?.headers['webhook-signature']).split(' ')).toHaveLength(2)
  })
})
