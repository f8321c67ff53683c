import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { DeliveryStore } from '../../src/modules/fulfilment/delivery.store.js'
import { WebhookSender } from '../../src/modules/fulfilment/webhook.sender.js'
import { type Awards, RESULT, type Result, startAwards } from '../support/awards.js'
import { bearer } from '../support/fixtures.js'
import { gql } from '../support/gql.js'
import { answering, type startReceiver } from '../support/receiver.js'
import { eventually } from '../support/rows.js'

let kit: Awards
beforeAll(async () => { kit = await startAwards() })
afterAll(() => kit.close())

describe('a webhook', () => {
  it('is told once, signed, under the award’s id', async () => {
    const to = await kit.receiver()
    const of = await kit.live({ kind: 'WEBHOOK', url: to.url })
    const id = await kit.win(of)
    const award = await kit.becomes(of, id, 'FULFILLED')
    expect(award.history.map(({ from, to: after }) => [from, after])).toEqual([['GRANTED', 'FULFILLING'], ['FULFILLING', 'FULFILLED']])
    expect(award.fulfilment).toMatchObject({ kind: 'WEBHOOK', round: 1, attempt: 1, dueAt: null, lastError: null })
    expect(to.received).toHaveLength(1)
    const { headers, body } = to.received[0]!
    expect(headers).toMatchObject({ 'webhook-id': id, 'idempotency-key': id, 'content-type': 'application/json' })
    const { webhookSecret } = await kit.admin<{ webhookSecret: string }>(of, '{ webhookSecret }')
    const signed = `${id}.${headers['webhook-timestamp'] as string}.${body}`
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', Buffer.from(webhookSecret.slice(6), 'base64')).update(signed).digest('base64')}`)
    expect(JSON.parse(body)).toMatchObject({
      type: 'award.granted', data: { awardId: id, drawId: id.slice(1), userId: 'ada', campaignId: of.campaign.id, prizeId: of.campaign.prizes[0]!.id, amount: { amountMinor: 250, currency: 'CNY' } },
    })
    await kit.balanced(of)
  })

  it('is tried again with the same bytes until it takes it', async () => {
    const to = await kit.receiver(answering(500, 503, 200))
    const of = await kit.live({ kind: 'WEBHOOK', url: to.url })
    const id = await kit.win(of)
    const award = await kit.becomes(of, id, 'FULFILLED')
    expect(award.history.map(({ reason }) => reason)).toEqual([null, 'HTTP 500: not now', 'HTTP 503: not now', null])
    expect([to.received.length, to.keys().size, new Set(to.received.map(({ body }) => body)).size]).toEqual([3, 1, 1])
  })

  it('that never takes it leaves it on the desk, which issues it again under the same id', async () => {
    const to = await kit.receiver(answering(500))
    const of = await kit.live({ kind: 'WEBHOOK', url: to.url })
    const ids = [await kit.win(of, 'ada'), await kit.win(of, 'bob'), await kit.win(of, 'cyd')]
    for (const id of ids) await kit.becomes(of, id, 'FAILED')
    expect(to.received).toHaveLength(3 * 6)
    const list = await kit.admin<{ awards: { edges: Array<{ node: { id: string } }> } }>(of, 'query ($c: ID!) { awards(campaignId: $c, status: FAILED) { edges { node { id } } } }', { c: of.campaign.id })
    expect(list.awards.edges.map(({ node }) => node.id)).toEqual(ids.toReversed())
    to.becomes(answering(200))
    const again = (key: string, which: string[]) => kit.admin<{ reissueAwards: Result[] }>(
      of, `mutation ($ids: [ID!]!, $k: ID!) { reissueAwards(ids: $ids, reason: "mended", idempotencyKey: $k) { ${RESULT} } }`, { ids: which, k: key })
    const { reissueAwards } = await again('k1', ids)
    expect(reissueAwards.map(({ id, refusal }) => [id, refusal])).toEqual(ids.map((id) => [id, null]))
    for (const id of ids) expect((await kit.becomes(of, id, 'FULFILLED')).fulfilment).toMatchObject({ round: 2, attempt: 1 })
    expect([to.received.length, to.keys().size]).toEqual([21, 3])
    expect((await again('k1', ids)).reissueAwards.map(({ refusal, award }) => [refusal, award?.status])).toEqual(ids.map(() => [null, 'FULFILLED']))
    expect((await again('k2', ids)).reissueAwards.map(({ refusal }) => refusal)).toEqual(ids.map(() => 'NOT_ALLOWED'))
    const other = await gql(kit.app.adminGraphqlUrl, 'mutation ($ids: [ID!]!) { reissueAwards(ids: $ids, reason: "else", idempotencyKey: "k1") { id } }', { ids }, bearer(of.token))
    expect(other.body.errors?.[0]?.extensions?.code).toBe('CONFLICT')
    expect(to.received).toHaveLength(21)
    await kit.balanced(of)
  })

  it.each<[string, Parameters<typeof startReceiver>[0], number, RegExp]>([
    ['is gone', answering(410), 1, /^HTTP 410/],
    ['does not answer', () => undefined, 6, /^no answer within 400 ms$/],
    ['redirects', (response) => { response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end() }, 6, /^HTTP 302$/],
    ['refuses without end', (response) => { response.writeHead(500); setInterval(() => response.write('x'.repeat(10_000)), 5).unref() }, 6, /^HTTP 500: x+$/],
    ['hangs up', (response) => { response.socket?.destroy() }, 6, /ECONNRESET|socket hang up/],
  ])('that %s', async (_what, behaviour, requests, reason) => {
    const to = await kit.receiver(behaviour)
    const of = await kit.live({ kind: 'WEBHOOK', url: to.url })
    const award = await kit.becomes(of, await kit.win(of), 'FAILED')
    expect(award.fulfilment?.lastError).toMatch(reason)
    expect([to.received.length, to.keys().size]).toEqual([requests, 1])
  })

  it('that takes it and then talks without end has taken it', async () => {
    const to = await kit.receiver((response) => { response.writeHead(200); setInterval(() => response.write('x'.repeat(10_000)), 1).unref() })
    const of = await kit.live({ kind: 'WEBHOOK', url: to.url })
    await kit.becomes(of, await kit.win(of), 'FULFILLED')
    expect(to.received).toHaveLength(1)
  })

  it('without good TLS is not spoken to; a new address holds for the next issue, also after the campaign', async () => {
    const to = await kit.receiver()
    const of = await kit.live({ kind: 'WEBHOOK', url: to.url.replace('http:', 'https:') })
    const id = await kit.win(of)
    expect((await kit.becomes(of, id, 'FAILED')).fulfilment?.lastError).toBeTruthy()
    expect(to.received).toHaveLength(0)
    await kit.admin(of, `mutation { endCampaign(id: "${of.campaign.id}", expectedVersion: ${of.campaign.version}) { __typename } }`)
    const set = 'mutation ($p: ID!, $f: FulfilmentInput) { setPrizeFulfilment(prizeId: $p, fulfilment: $f) { fulfilment { kind url } } }'
    const { setPrizeFulfilment } = await kit.admin<{ setPrizeFulfilment: unknown }>(of, set, { p: of.campaign.prizes[0]!.id, f: { kind: 'WEBHOOK', url: to.url } })
    expect(setPrizeFulfilment).toEqual({ fulfilment: { kind: 'WEBHOOK', url: to.url } })
    await kit.admin(of, 'mutation ($ids: [ID!]!) { reissueAwards(ids: $ids, reason: "r", idempotencyKey: "k") { id } }', { ids: [id] })
    await kit.becomes(of, id, 'FULFILLED')
    expect(to.keys()).toEqual(new Set([id]))
  })

  it('at a private address is refused where that is not allowed', async () => {
    const to = await kit.receiver()
    const sender = new WebhookSender({ fulfilmentTimeoutMs: 1_000, fulfilmentPrivateAddresses: false, fulfilmentBreakerMs: 0 })
    for (const url of [to.url, to.url.replace('http:', 'https:'), to.url.replace('127.0.0.1', 'localhost').replace('http:', 'https:'), 'https://[::1]/', 'https://169.254.169.254/latest', 'https://[::ffff:10.0.0.1]/']) {
      expect(await sender.send(url, {}, '{}')).toMatchObject({ kind: 'REFUSED', reason: expect.stringMatching(/not allowed|only https/) })
    }
    expect(to.received).toHaveLength(0)
    sender.onModuleDestroy()
  })

  it('hears of an award again when the worker died before it wrote that down, under the same id, and the dead one’s word counts no more', async () => {
    let deadMansAnswer: (() => void) | undefined
    const to = await kit.receiver((response, n) => {
      if (n === 1) deadMansAnswer = () => response.end()
      else response.end()
    })
    const of = await kit.live({ kind: 'WEBHOOK', url: to.url })
    const store = kit.app.app.get(DeliveryStore, { strict: false })
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
      const id = await kit.win(of)
      await eventually(() => { expect(deadMansAnswer).toBeDefined(); return Promise.resolve() })
      deadMansAnswer!()
      await eventually(() => { expect(dead).toBeDefined(); return Promise.resolve() })
      expect(await kit.read(of, id)).toMatchObject({ status: 'FULFILLING', fulfilment: { attempt: 1 } })
      const [busy] = (await kit.admin<{ revokeAwards: Result[] }>(of, `mutation { revokeAwards(ids: ["${id}"], reason: "r", stock: WRITE_OFF, idempotencyKey: "busy") { ${RESULT} } }`)).revokeAwards
      expect(busy).toMatchObject({ refusal: 'IN_DELIVERY', award: { status: 'FULFILLING' } })
      // Its own run still holds the tenant in this process; another worker's would not know of it.
      const other = await kit.another()
      try {
        await kit.owner.query(`UPDATE fulfilment_task SET lease_until = now() - interval '1 second' WHERE award_id = (SELECT award_id FROM fulfilment_task WHERE campaign_id = $1)`, [of.campaign.id])
        expect((await kit.becomes(of, id, 'FULFILLED')).fulfilment).toMatchObject({ round: 1, attempt: 2 })
      } finally {
        await other.stop()
      }
      expect([to.received.length, to.keys().size]).toEqual([2, 1])
      expect(await conclude(...dead!)).toBe('LOST')
      expect((await kit.read(of, id)).history.at(-1)?.reason).toBe('an attempt ended after it was taken for dead: delivered')
      await kit.balanced(of)
    } finally {
      delete (store as Partial<DeliveryStore>).conclude
      bury()
    }
  }, 60_000)
})
