import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { CERTAIN_PPB, createLiveCampaign, type LiveCampaign, serverKey } from '../support/fixtures.js'
import { draw } from '../support/draws.js'
import { eventually } from '../support/rows.js'

const QUERY = 'mutation ($input: DrawInput!) { draw(input: $input) { __typename ... on DrawAccepted { replayed draws { id outcome } } ... on DrawRejected { code } } }'

let app: TestApp
let live: LiveCampaign
beforeAll(async () => {
  app = await bootApp({ env: { BODY_BYTES_MAX: '20000' } })
  live = await createLiveCampaign(app, { prizes: [{ name: 'Prize', probabilityPpb: CERTAIN_PPB, stockTotal: 1_000 }], drawsPerUserTotal: 1_000 })
  // The operation is learned from the first.
  await sent(request('learn')).then(({ text }) => { expect(text).toContain('DrawAccepted') })
})
afterAll(() => app.close())

async function met(result: 'answered' | 'refused' | 'handed_over'): Promise<number> {
  const text = await (await fetch(app.metricsUrl)).text()
  return Number(new RegExp(`^drawbridge_door_requests_total\\{result="${result}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
}

const bodyOf = (idempotencyKey: string, more = {}) =>
  JSON.stringify({ query: QUERY, variables: { input: { campaignId: live.campaign.id, userId: 'ada', idempotencyKey, ...more } } })

function request(key: string, { body = bodyOf(key), headers = {} }: { body?: string; headers?: Record<string, string> } = {}): string {
  const all = {
    host: 'x', 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...serverKey(live.tenant), ...headers,
  }
  return `POST /graphql HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

function open(): { socket: Socket; heard: () => string } {
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  let heard = ''
  socket.setEncoding('utf8').on('data', (part: string) => { heard += part }).on('error', () => undefined)
  return { socket, heard: () => heard }
}

/** Over a connection of its own, the text in as many parts as there are; until the answer has ended, or nobody says more. */
async function sent(...parts: string[]): Promise<{ status: number; text: string; headers: string }> {
  const { socket, heard } = open()
  for (const part of parts) {
    socket.write(part)
    await sleep(20)
  }
  const [headers = '', text = ''] = await eventually(async () => {
    const [head = '', rest = ''] = heard().split(/\r\n\r\n(.*)/s)
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? NaN)
    expect(Buffer.byteLength(rest)).toBe(length)
    return [head, rest]
  })
  socket.destroy()
  return { status: Number(headers.slice(9, 12)), text, headers: headers.toLowerCase() }
}

describe('a plain draw of a server', () => {
  it('is answered at the door, with all that Fastify would say', async () => {
    const before = await met('answered')
    const { status, headers, text } = await sent(request('a', { headers: { 'x-request-id': 'mine' } }))
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({ data: { draw: { __typename: 'DrawAccepted', replayed: false, draws: [{ outcome: 'WON' }] } } })
    for (const line of ['x-request-id: mine', 'cache-control: no-store', 'x-content-type-options: nosniff', 'content-type: application/json; charset=utf-8']) {
      expect(headers).toContain(line)
    }
    expect(await met('answered')).toBe(before + 1)
  })

  it('may come in pieces, and many one after the other over one connection', async () => {
    const text = request('pieces')
    expect((await sent(text.slice(0, 40), text.slice(40, -150), text.slice(-150, -3), text.slice(-3))).text).toContain('"replayed":false')
    const { socket, heard } = open()
    socket.write(Array.from({ length: 20 }, (_, n) => request(`pipe-${n}`)).join(''))
    await eventually(async () => { expect(heard().match(/"replayed":false/g)).toHaveLength(20) })
    socket.destroy()
  })

  it('is drawn by its key, once, whichever door it takes', async () => {
    const input = { campaignId: live.campaign.id, userId: 'ada', idempotencyKey: 'both' }
    const first = await draw(app, serverKey(live.tenant), input)
    const again = await sent(request('both'))
    expect(again.text).toContain('"replayed":true')
    if (first.__typename === 'DrawAccepted') expect(again.text).toContain(first.draws[0]!.id)
  })
})

describe('what is not plain', () => {
  it.each<[name: string, body: () => string]>([
    ['no JSON', () => bodyOf('x').slice(0, -2)],
    ['a poisoned name', () => `{"__proto__":{"a":1},${bodyOf('x').slice(1)}`],
    ['no document', () => '{"variables":{}}'],
    ['text', () => '"draw"'],
    ['a document that breaks the rules', () => JSON.stringify({ query: 'mutation { draw }' })],
  ])('is Fastify’s and Apollo’s to refuse: %s', async (_name, body) => {
    const before = await met('handed_over')
    const answer = await sent(request('x', { body: body() }))
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 400, text: expect.stringContaining('BAD_USER_INPUT') })
    expect(await met('handed_over')).toBe(before + 1)
  })

  it('is answered by the general way: a name that looks like poison, another operation, a query', async () => {
    const before = await met('answered')
    expect((await sent(request('', { body: bodyOf('k', { userId: 'constructor' }) }))).text).toContain('"replayed":false')
    expect((await sent(request('', { body: JSON.stringify({ query: QUERY.replace('id outcome', 'outcome id'), variables: JSON.parse(bodyOf('other')).variables }) }))).text).toContain('"outcome":"WON"')
    expect((await sent(request('', { body: JSON.stringify({ query: `{ campaign(id: "${live.campaign.id}") { id } }` }) }))).text).toContain(live.campaign.id)
    expect(await met('answered')).toBe(before)
  })

  it('never comes in: too long a body, chunks, an unknown key', async () => {
    const before = await Promise.all((['answered', 'refused', 'handed_over'] as const).map(met))
    const long = await sent(request('', { body: bodyOf('long', { deviceId: 'x'.repeat(30_000) }) }))
    expect(long.status).toBe(413)
    const chunked = request('chunked').replace(/content-length: \d+/, 'transfer-encoding: chunked').replace(/(\r\n\r\n)(.*)$/s, (_, gap: string, body: string) => `${gap}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)
    expect((await sent(chunked)).text).toContain('"replayed":false')
    expect((await sent(request('', { body: bodyOf('k'), headers: { 'x-api-key': 'dbk_none' } }))).status).toBe(401)
    expect(await Promise.all((['answered', 'refused', 'handed_over'] as const).map(met))).toEqual(before)
  })
})

describe('who breaks off', () => {
  it('takes nobody’s place, and draws nothing with half a body', async () => {
    const { socket } = open()
    socket.write(request('half').slice(0, -30))
    await sleep(100)
    socket.destroy()
    const atWork = async () => /^drawbridge_draws_at_work (\d+)/m.exec(await (await fetch(app.metricsUrl)).text())?.[1]
    await eventually(async () => { expect(await atWork()).toBe('0') })
    expect((await sent(request('half'))).text).toContain('"replayed":false')
  })
})

describe('too many', () => {
  it('are refused at the door, before a body is read', async () => {
    const small = await bootApp({ env: { REQUESTS_IN_FLIGHT_MAX: '1' }, on: app })
    const main = app
    app = small
    try {
      await sent(request('learn'))
      const { socket } = open()
      socket.write(request('waits').slice(0, -10))
      await sleep(100)
      const before = await met('refused')
      const { status, headers, text } = await sent(request('more'))
      expect({ status, text: JSON.parse(text) }).toMatchObject({ status: 503, text: { errors: [{ extensions: { code: 'OVERLOADED', retryAfterMs: 1_000 } }] } })
      expect(headers).toContain('retry-after: 1')
      expect(await met('refused')).toBe(before + 1)
      socket.destroy()
      await eventually(async () => { expect((await sent(request('later'))).status).toBe(200) })
    } finally {
      app = main
      await small.stop()
    }
  })
})
