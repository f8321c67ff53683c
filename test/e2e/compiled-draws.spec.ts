import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { CERTAIN_PPB, createCampaign, createTenant, login, moveCampaign, serverKey, type TestTenant } from '../support/fixtures.js'
import { seed } from '../support/seed.js'

const REQUESTS = 1_000
const PARTS = 4

type Kind = 'won' | 'lost' | 'sold' | 'coupon'
interface Way { readonly app: TestApp; readonly campaigns: Readonly<Record<Kind, string>> }
interface Asked { readonly body: string; readonly headers: Readonly<Record<string, string>> }

let general: Way
let compiled: Way
let tenant: TestTenant

/** Each way has campaigns of its own, alike but for their ids, so that the n-th request finds the same on both. */
async function open(app: TestApp, token: string): Promise<Way> {
  const publish = async (probabilityPpb: number, stockTotal: number, more = {}, kind: 'POINTS' | 'COUPON_CODE' = 'POINTS') => {
    const prizes = [{ name: 'Prize "1" <b> 🎁', kind, probabilityPpb, stockTotal, value: { amountMinor: 5, currency: 'CNY' } }]
    return (await moveCampaign(app, token, 'publish', await createCampaign(app, token, { prizes, drawsPerUserTotal: 1_000, ...more }))).id
  }
  return {
    app,
    campaigns: {
      won: await publish(CERTAIN_PPB, 100_000),
      lost: await publish(0, 10),
      sold: await publish(CERTAIN_PPB, 1, { mechanic: 'FLASH_SALE' }),
      // Its code is read where it is asked for: the general way answers what the compiled one has begun.
      coupon: await publish(CERTAIN_PPB, 100_000, {}, 'COUPON_CODE'),
    },
  }
}

beforeAll(async () => {
  const first = await bootApp({ env: { COMPILED_DRAWS: '0' } })
  const second = await bootApp({ env: { COMPILED_DRAWS: '1' }, on: first })
  tenant = await createTenant(first)
  const token = await login(first, tenant.ownerEmail, tenant.ownerPassword)
  general = await open(first, token)
  compiled = await open(second, token)
}, 60_000)

afterAll(async () => {
  await compiled?.app.stop()
  await general?.app.close()
})

const random = seed('compiled draws')
const { pick } = random
const maybe = (share: number, text: string) => (random.random() < share ? text : '')

const LEAVES = ['id', 'campaignId', 'userId', 'ordinal', 'state', 'outcome', 'createdAt', '__typename', 'again: id', 'id @include(if: true)']
const PRIZE = ['prize { name }', 'prize { id kind imageUrl value { amountMinor currency } }', 'p: prize { n: name name }', 'prize { name } prize { kind }']
const AWARD = ['award { id status code amount { amountMinor } }', 'award { drawId prize { name } createdAt codeExpiresAt }', 'award { code }', 'award { nothing }']
const several = (from: readonly string[], most: number) => Array.from({ length: 1 + random.int(most) }, () => pick(from)).join(' ')

function selection(): string {
  const draws = `draws { ${several([...LEAVES, ...LEAVES, ...PRIZE, ...AWARD], 6)} ${maybe(0.1, '...F')} ${maybe(0.1, '... on Draw { id ordinal }')} }`
  const accepted = `... on DrawAccepted { ${pick([draws, `${draws} replayed`, 'replayed drawsLeft', `replayed ... on DrawAccepted { drawsLeft } ${draws}`])} }`
  const refused = pick(['... on DrawRejected { code message retryAfterMs }', '... on DrawRejected { c: code }', '... on Prize { name }', '...R', ''])
  return `${maybe(0.8, '__typename')} ${maybe(0.95, accepted)} ${refused} ${maybe(0.1, '... on DrawPayload { __typename }')}`
}

function document(): string {
  const variable = pick(['$input: DrawInput!', '$input: DrawInput!', '$input: DrawInput!', '$input: DrawInput', '$other: DrawInput!', '$input: DrawInput!, $x: Int'])
  const argument = pick(['input: $input', 'input: $input', 'input: $input', 'input: {campaignId: "x", idempotencyKey: "y"}', 'input: $input, more: 1', ''])
  const root = pick(['draw', 'draw', 'draw', 'mine: draw', 'draw @skip(if: false)', 'drew', 'proto__: draw'])
  const set = selection()
  const fragments = `${set.includes('...F') ? ` fragment F on Draw { id outcome ${maybe(0.2, '...F')} }` : ''}${set.includes('...R') ? ` fragment R on DrawRejected { code }` : ''}`
  const twice = maybe(0.05, ` second: draw(${argument}) { __typename }`)
  return `${pick(['mutation', 'mutation Draw', 'mutation Draw', 'query Draw', '# a comment\nmutation Draw'])}(${variable}) { ${root}(${argument}) { ${set} }${twice} }${fragments}${maybe(0.1, ' query Other { __typename }')}`
}

const ODD: readonly unknown[] = [null, 1, -1, 1.5, 2 ** 40, true, '', ' ', 'x'.repeat(300), '\0', '\ud800', '🎁', [], ['a'], {}, '1', '00000000-0000-7000-8000-000000000000']

function input(): Record<string, unknown> {
  const whole: Record<string, unknown> = { campaignId: pick(['CAMPAIGN-won', 'CAMPAIGN-won', 'CAMPAIGN-coupon', 'CAMPAIGN-lost', 'CAMPAIGN-lost', 'CAMPAIGN-sold', 'none']), userId: `user-${random.int(40)}`, idempotencyKey: 'KEY' }
  const more: Record<string, unknown> = {
    count: pick([1, 1, 2, 10, 11, 0, '1', 1.0, 2 ** 31]), deviceId: pick(['device', null, 7]), ip: pick(['198.51.100.7', '2001:db8::1', 'not an address', null]),
    participant: pick([{ tier: 'gold' }, { attributes: [{ name: 'a', number: 1 }] }, { tier: 5 }, null]), nothing: 1, __proto__x: {},
  }
  for (const name of Object.keys(more)) if (random.random() < 0.12) whole[name] = more[name]
  if (random.random() < 0.25) whole[pick(Object.keys(whole))] = pick(ODD)
  if (random.random() < 0.08) delete whole[pick(Object.keys(whole))]
  return whole
}

function body(query: string): string {
  const variables = pick<unknown>([{ input: input() }, { input: input() }, { input: input() }, { input: input() }, { input: input(), other: 1 }, { input: null }, { input: [input()] }, {}, null, 'text', []])
  const whole: Record<string, unknown> = { query, variables }
  if (random.random() < 0.3) whole.operationName = pick([null, 'Draw', 'Draw', 'Other', 'None', '', 5])
  if (random.random() < 0.04) whole.extensions = pick<unknown>([{}, null, { persistedQuery: { version: 1, sha256Hash: 'x' } }])
  const text = JSON.stringify(random.random() < 0.02 ? [whole] : whole)
  return random.random() < 0.02 ? text.slice(0, -2) : text
}

function headers(): Record<string, string> {
  const accept = pick<string | undefined>([undefined, undefined, '*/*', 'application/json', 'application/graphql-response+json', 'application/graphql-response+json, application/json',
    'application/json, application/graphql-response+json', 'text/html', 'application/*;q=0.5', 'multipart/mixed'])
  return {
    'content-type': pick(['application/json', 'application/json', 'application/json', 'application/json; charset=utf-8', 'application/json;charset=utf-8', 'text/plain']),
    ...(random.random() < 0.96 ? serverKey(tenant) : pick<Record<string, string>>([{}, { 'x-api-key': 'dbk_wrong' }, { ...serverKey(tenant), authorization: 'Bearer x' }])),
    ...(accept === undefined ? {} : { accept }),
  }
}

async function send({ app, campaigns }: Way, asked: Asked, key: string) {
  const text = asked.body.replaceAll('"KEY"', JSON.stringify(key)).replace(/CAMPAIGN-(\w+)/g, (_, name: Kind) => campaigns[name])
  // Not fetch, which sends an Accept of its own.
  const { request } = await import('node:http')
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const sent = request(app.graphqlUrl, { method: 'POST', headers: { ...asked.headers, 'content-length': Buffer.byteLength(text) } }, (answer) => {
      let told = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => { told += part })
      answer.on('end', () => { resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: told }) })
    })
    sent.on('error', reject)
    sent.end(text)
  })
}

/** What must differ, by what it is. */
function comparable({ app, campaigns }: Way, { status, headers: { date: _, 'x-request-id': id, ...told }, text }: Awaited<ReturnType<typeof send>>) {
  let same = text.replaceAll(String(id), 'REQUEST').replaceAll(app.url, 'URL')
  for (const [name, campaignId] of Object.entries(campaigns)) same = same.replaceAll(campaignId, `CAMPAIGN-${name}`)
  same = same.replace(/"[0-9A-Za-z]{16,40}"/g, '"DRAW"').replace(/"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"/g, '"UUID"').replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"')
  return { status, headers: told, text: same }
}

const counted = async (app: TestApp) => Number(/^drawbridge_compiled_draws_total (\d+)/m.exec(await (await fetch(app.metricsUrl)).text())?.[1])

describe('the compiled way and the general way', () => {
  let keys = 0

  async function expectSame(asked: Asked): Promise<string> {
    const key = `key-${++keys}`
    const [expected, found] = [comparable(general, await send(general, asked, key)), comparable(compiled, await send(compiled, asked, key))]
    expect({ asked, ...found }).toEqual({ asked, ...expected })
    // The same again, and the same key.
    const [before, after] = [comparable(general, await send(general, asked, key)), comparable(compiled, await send(compiled, asked, key))]
    expect({ asked, again: true, ...after }).toEqual({ asked, again: true, ...before })
    return found.text
  }

  it.each(Array.from({ length: PARTS }, (_, part) => part))('answer the same to valid, invalid and hostile requests (part %i)', async () => {
    const documents = Array.from({ length: 150 }, document)
    for (let n = 0; n < REQUESTS / PARTS; n++) await expectSame({ body: body(pick(documents)), headers: headers() })
  }, 120_000)

  it('draw once what the one begins and the other answers: a code that is not there yet', async () => {
    const query = 'mutation ($input: DrawInput!) { draw(input: $input) { ... on DrawAccepted { replayed draws { award { code } } } } }'
    const asked = { headers: { 'content-type': 'application/json', ...serverKey(tenant) } }
    for (let n = 0; n < 5; n++) {
      const variables = { input: { campaignId: 'CAMPAIGN-coupon', userId: `coupon-${n}`, idempotencyKey: 'KEY' } }
      expect(await expectSame({ ...asked, body: JSON.stringify({ query, variables }) })).toContain('"replayed":false')
    }
  }, 60_000)

  it('answer the same to what apps send, the one compiled and the other not', async () => {
    const before = await counted(compiled.app)
    const query = 'mutation Draw($input: DrawInput!) { draw(input: $input) { __typename ... on DrawAccepted { draws { id outcome prize { name } award { id status } } replayed } ... on DrawRejected { code message } } }'
    const told = new Set<string>()
    for (let n = 0; n < 60; n++) {
      const variables = { input: { campaignId: pick(['CAMPAIGN-won', 'CAMPAIGN-lost', 'CAMPAIGN-sold']), userId: `user-${n}`, idempotencyKey: 'KEY', ...(n % 3 === 0 ? { count: 3 } : {}) } }
      told.add(/"outcome":"(\w+)"|"code":"(\w+)"/.exec(await expectSame({ body: JSON.stringify({ query, variables }), headers: { 'content-type': 'application/json', ...serverKey(tenant) } }))![0])
    }
    expect([...told].sort()).toEqual(['"code":"SOLD_OUT"', '"outcome":"LOST"', '"outcome":"WON"'])
    // All but the first, of which the operation was learned.
    expect((await counted(compiled.app)) - before).toBeGreaterThanOrEqual(60 * 2 - 1)
    expect(await counted(general.app)).toBe(0)
  }, 60_000)
})
