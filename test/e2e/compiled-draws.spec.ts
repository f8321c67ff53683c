import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { DrawService } from '../../src/modules/draws/draw.service.js'
import { BacklogService } from '../../src/modules/settlement/backlog.service.js'
import { bootApp } from '../support/app.js'
import { type Caller, type Callers, everyCaller } from '../support/compiled-draws/callers.js'
import { randomBodies } from '../support/compiled-draws/requests.js'
import { type Asked, comparable, metric, openWay, rateClock, samples, send, type Told, type Way } from '../support/compiled-draws/ways.js'
import { bearer, serverKey } from '../support/fixtures.js'
import { eventually } from '../support/rows.js'
import { seed } from '../support/seed.js'

const REQUESTS = 2_000
/** Of them, those that come again with the same key. */
const AGAIN_SHARE = 0.35
const PARTS = 4
/** Of the rates' clock, between two requests. */
const STEP_MS = 12
const OVERLOADED_SHARE = 0.03
const APP_DOCUMENT = 'mutation Draw($input: DrawInput!) { draw(input: $input) { __typename ... on DrawAccepted { draws { id outcome prize { name } award { id status } } replayed } ... on DrawRejected { code message } } }'
/** Limits that a few callers run into, and addresses that they name. */
const ENV = { DRAWS_PER_SECOND_MAX: '35', PARTICIPANT_DRAWS_PER_SECOND_MAX: '2', DEVICE_IP_DRAWS_PER_SECOND_MAX: '3', TRUST_PROXY: '1' }
/** What operators see of who was let in and what was drawn. */
const COUNTS = [
  'drawbridge_rate_limited_total', 'drawbridge_refusals_total', 'drawbridge_test_refusals_total', 'drawbridge_draws_total', 'drawbridge_draws_begun_total',
]

let general: Way
let compiled: Way
let callers: Callers
const clock = rateClock()
/** Draws wait to be settled, as far as both know. */
let heldBack = false

beforeAll(async () => {
  const first = await bootApp({ env: { ...ENV, COMPILED_DRAWS: '0' } })
  const second = await bootApp({ env: { ...ENV, COMPILED_DRAWS: '1' }, on: first })
  for (const { app } of [first, second]) app.get(BacklogService, { strict: false }).refuses = () => heldBack
  callers = await everyCaller(first)
  general = await openWay(first, callers.ownerToken)
  compiled = await openWay(second, callers.ownerToken)
}, 60_000)

afterAll(async () => {
  clock.restore()
  await compiled?.app.stop()
  await general?.app.close()
})

const random = seed('compiled draws')
const bodies = randomBodies(random)
let keys = 0

const doorMetric = (result: 'answered' | 'refused' | 'handed_over') => `drawbridge_door_requests_total{result="${result}"}`
const met = (result: Parameters<typeof doorMetric>[0]) => metric(compiled, doorMetric(result))

/** The same request to both, and then again with the same key. Returns what was told. */
async function expectSame(asked: Asked, [one, other] = [general, compiled], isRepeated = true): Promise<Told[]> {
  const key = `key-${++keys}`
  const told: Told[] = []
  for (const again of isRepeated ? [false, true] : [false]) {
    clock.nowMs += STEP_MS
    const [expected, found] = await Promise.all([one, other].map(async (way) => comparable(way, await send(way, asked, key))))
    expect({ asked, again, ...found }).toEqual({ asked, again, ...expected })
    told.push(found!)
  }
  return told
}

const sent = (headers: Readonly<Record<string, string>>, input: object): Asked =>
  ({ body: JSON.stringify({ query: APP_DOCUMENT, variables: { input: { idempotencyKey: 'KEY', ...input } } }), headers: { 'content-type': 'application/json', ...headers } })

describe('the compiled way and the general way', () => {
  const outcomes = new Map<string, number>()
  const count = (name: string) => outcomes.set(name, (outcomes.get(name) ?? 0) + 1)

  function someone(): Caller {
    let left = random.random() * callers.all.reduce((sum, { share }) => sum + share, 0)
    return callers.all.find(({ share }) => (left -= share) < 0) ?? callers.all[0]!
  }

  it.each(Array.from({ length: PARTS }, (_, part) => part))('answer the same to valid, invalid and hostile requests of every caller (part %i)', async () => {
    for (let n = 0; n < REQUESTS / PARTS; n++) {
      const { name, isDevice, headers } = someone()
      heldBack = random.random() < OVERLOADED_SHARE
      const asked = { body: bodies.body(isDevice), headers: { ...bodies.headers(), ...headers } }
      for (const { text } of await expectSame(asked, undefined, random.random() < AGAIN_SHARE)) {
        const outcome = /"outcome":"(\w+)"|"code":"([A-Z_]+)"/.exec(text)
        count(outcome?.[1] ?? outcome?.[2] ?? 'something else')
        count(`${name}: ${/"draw":\{/.test(text) ? 'admitted' : 'not'}`)
      }
    }
    heldBack = false
  }, 120_000)

  it('were both asked for everything, and the short ways were taken', async () => {
    const [answered, refused, handedOver] = [await met('answered'), await met('refused'), await met('handed_over')]
    // Behind the door as well: requests that Fastify has read.
    const behind = (await metric(compiled, 'drawbridge_compiled_draws_total')) - answered
    expect(answered).toBeGreaterThan(REQUESTS * 0.1)
    expect(refused).toBeGreaterThan(REQUESTS * 0.1)
    expect(handedOver).toBeGreaterThan(REQUESTS * 0.1)
    expect(behind).toBeGreaterThan(REQUESTS * 0.01)
    expect(await metric(general, 'drawbridge_compiled_draws_total')).toBe(0)
    const least = {
      WON: 60, LOST: 60, SOLD_OUT: 10, RATE_LIMITED: 100, OVERLOADED: 20, UNAUTHENTICATED: 100, FORBIDDEN: 10, BAD_USER_INPUT: 200,
      'test key: admitted': 10, 'limited server: admitted': 5, 'device 0: admitted': 3, 'device 1: admitted': 3, 'expired: not': 5,
    }
    for (const [name, floor] of Object.entries(least)) {
      expect({ name, seen: Math.min(outcomes.get(name) ?? 0, floor) }).toEqual({ name, seen: floor })
    }
    for (const bad of ['expired', 'tampered with', 'unsigned', 'of another tenant’s key', 'nobody']) {
      expect(outcomes.get(`${bad}: admitted`)).toBeUndefined()
    }
  })

  it('have counted the same, and every limit has refused some', async () => {
    const [expected, found] = [await samples(general, COUNTS), await samples(compiled, COUNTS)]
    expect(found).toEqual(expected)
    const limits = expected.flatMap((line) => /^drawbridge_rate_limited_total\{limit="(\w+)"\} [1-9]/.exec(line)?.[1] ?? [])
    expect(limits.sort()).toEqual(['address', 'api_key', 'installation', 'participant', 'tenant', 'vip'])
  })

  it('draw once what the one begins and the other answers: a code that is not there yet', async () => {
    const query = 'mutation ($input: DrawInput!) { draw(input: $input) { ... on DrawAccepted { replayed draws { award { code } } } } }'
    const headers = { 'content-type': 'application/json', ...serverKey(callers.tenant) }
    for (let n = 0; n < 5; n++) {
      clock.nowMs += 1_000
      const variables = { input: { campaignId: 'CAMPAIGN-coupon', userId: `coupon-${n}`, idempotencyKey: 'KEY' } }
      const [first] = await expectSame({ headers, body: JSON.stringify({ query, variables }) })
      expect(first?.text).toContain('"replayed":false')
    }
  }, 60_000)

  it('answer the same to what apps send, the one compiled and the other not', async () => {
    const before = await metric(compiled, 'drawbridge_compiled_draws_total')
    const told = new Set<string>()
    for (let n = 0; n < 60; n++) {
      clock.nowMs += 1_000
      const campaignId = random.pick(['CAMPAIGN-won', 'CAMPAIGN-lost', 'CAMPAIGN-sold'])
      const [first] = await expectSame(sent(serverKey(callers.tenant), { campaignId, userId: `user-${n}`, ...(n % 3 === 0 ? { count: 3 } : {}) }))
      told.add(/"outcome":"(\w+)"|"code":"(\w+)"/.exec(first!.text)![0])
    }
    expect([...told].sort()).toEqual(['"code":"SOLD_OUT"', '"outcome":"LOST"', '"outcome":"WON"'])
    // All but the first, of which the operation was learned.
    expect((await metric(compiled, 'drawbridge_compiled_draws_total')) - before).toBeGreaterThanOrEqual(60 * 2 - 1)
  }, 60_000)

  it('stop believing a token at the same moment, which the door had known', async () => {
    const asked = sent(bearer(await callers.token('leaving', 60)), { campaignId: 'CAMPAIGN-lost' })
    clock.nowMs += 60_000
    const before = await met('answered')
    for (const { status } of await expectSame(asked)) expect(status).toBe(200)
    expect(await met('answered')).toBeGreaterThan(before)
    const { now } = Date
    // Five seconds are allowed for clocks that differ.
    Date.now = () => now() + 66_000
    try {
      for (const { status, text } of await expectSame(asked)) expect([status, text]).toEqual([401, expect.stringContaining('UNAUTHENTICATED')])
    } finally {
      Date.now = now
    }
  }, 60_000)
})

describe('under overload, the compiled way and the general way', () => {
  const BUSY = { ...ENV, DRAWS_PER_SECOND_MAX: '0', DRAWS_AT_WORK_MIN: '1', DRAWS_AT_WORK_MAX: '1', DRAW_WAIT_MS_MAX: '0', REQUESTS_IN_FLIGHT_MAX: '4' }
  let ways: [general: Way, compiled: Way]
  /** Draws of both come no further. */
  let hold: Promise<void> | undefined

  beforeAll(async () => {
    const boot = async (way: Way, compiledDraws: string): Promise<Way> => {
      const app = await bootApp({ on: general.app, env: { ...BUSY, ROLE: 'api', COMPILED_DRAWS: compiledDraws } })
      const service = app.app.get(DrawService, { strict: false })
      const draw = service.draw.bind(service)
      service.draw = async (...args) => {
        await hold
        return draw(...args)
      }
      return { app, campaigns: way.campaigns }
    }
    ways = [await boot(general, '0'), await boot(compiled, '1')]
    // The operation is learned, and the participant has drawn.
    for (const headers of [serverKey(callers.tenant), callers.all.find(({ name }) => name === 'device 0')!.headers]) {
      await expectSame(sent(headers, { campaignId: 'CAMPAIGN-lost', ...('x-api-key' in headers ? { userId: 'busy' } : {}) }), ways)
    }
  }, 60_000)
  afterAll(async () => { for (const { app } of ways ?? []) await app.stop() })

  it('refuse the same, with the same words: what finds no room, and what comes among too many', async () => {
    const draws = (userId: string, more = {}) => sent(serverKey(callers.tenant), { campaignId: 'CAMPAIGN-lost', userId, ...more })
    let release = () => undefined as void
    hold = new Promise((resolve) => { release = resolve })
    // As many as have room, VIPs first.
    const atWork = ways.flatMap((way) => ['one', 'two'].map((name) => send(way, draws(`vip-${name}`, { participant: { tier: 'VIP' } }), `held-${name}`)))
    for (const way of ways) await eventually(async () => { expect(await metric(way, 'drawbridge_draws_at_work')).toBeGreaterThanOrEqual(1) })
    await sleep(200)
    const before = await metric(ways[1], doorMetric('refused'))
    const device = callers.all.find(({ name }) => name === 'device 0')!.headers
    const refused = [draws('busy'), draws('new'), draws('vip', { participant: { tier: 'VIP' } }), sent(device, { campaignId: 'CAMPAIGN-lost' })]
    for (const asked of refused) {
      clock.nowMs += 10_000
      for (const { status, text, headers } of await expectSame(asked, ways)) {
        expect({ status, text, wait: headers['retry-after'] }).toEqual({ status: 503, text: expect.stringContaining('Too many draws at the same time'), wait: '1' })
      }
    }
    const sockets = await Promise.all(ways.flatMap(({ app }) => Array.from({ length: 4 }, () => halfRequest(app.url))))
    await sleep(200)
    for (const { status, text } of await expectSame(draws('busy'), ways)) {
      expect([status, text]).toEqual([503, expect.stringContaining('Too many requests at the same time')])
    }
    expect(await metric(ways[1], doorMetric('refused'))).toBeGreaterThanOrEqual(before + refused.length * 2 + 2)
    for (const socket of sockets) socket.destroy()
    release()
    hold = undefined
    expect((await Promise.all(atWork)).map(({ status }) => status)).toEqual(expect.arrayContaining([200]))
    for (const { status } of await eventually(() => expectSame(draws('after'), ways))) expect(status).toBe(200)
  }, 60_000)

  async function halfRequest(url: string) {
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => undefined)
    socket.write(`POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Api-Key: ${callers.tenant.apiKey}\r\nContent-Length: 100\r\n\r\n{`)
    return socket
  }
})
