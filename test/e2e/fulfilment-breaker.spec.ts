import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { WebhookSender } from '../../src/modules/fulfilment/webhook.sender.js'
import { type Awards, startAwards } from '../support/awards.js'
import { answering } from '../support/receiver.js'
import { eventually } from '../support/rows.js'

let kit: Awards
beforeAll(async () => { kit = await startAwards({ FULFILMENT_CONCURRENCY: '1', FULFILMENT_BREAKER_MS: '2000' }) })
afterAll(() => kit?.close())

describe('a receiver that is down', () => {
  it('is left alone after five failures in a row, and asked by one award when some time has passed', async () => {
    const to = await kit.receiver(answering(500))
    const of = await kit.live({ kind: 'WEBHOOK', url: to.url })
    const ids: string[] = []
    for (let n = 0; n < 12; n++) ids.push(await kit.win(of, `user-${n}`))
    // Six attempts each, of which the receiver saw few: the desk has them in time, and it was not hammered.
    for (const id of ids) await kit.becomes(of, id, 'FAILED')
    expect(to.received.length).toBeGreaterThanOrEqual(5)
    expect(to.received.length).toBeLessThan(12 * 6)
    const histories = await Promise.all(ids.map(async (id) => (await kit.read(of, id)).history.map(({ reason }) => reason)))
    const notTried = histories.flat().filter((reason) => reason?.startsWith('not tried: the receiver has failed 5 times') === true)
    expect(notTried).toHaveLength(12 * 6 - to.received.length)
    to.becomes(answering(200))
    await eventually(async () => {
      await kit.admin(of, 'mutation ($ids: [ID!]!, $k: ID!) { reissueAwards(ids: $ids, reason: "back", idempotencyKey: $k) { id } }', { ids, k: `again-${Date.now()}` })
      for (const id of ids) expect((await kit.read(of, id)).status).toBe('FULFILLED')
    }, 15_000)
    expect(to.keys().size).toBe(12)
    await kit.balanced(of)
  })

  it('is not one that refuses an award', async () => {
    const to = await kit.receiver(answering(404))
    const sender = new WebhookSender({ fulfilmentTimeoutMs: 1_000, fulfilmentPrivateAddresses: true, fulfilmentBreakerMs: 60_000 })
    try {
      for (let n = 0; n < 8; n++) expect(await sender.send(to.url, {}, '{}')).toMatchObject({ kind: 'REFUSED', reason: 'HTTP 404: not now' })
      expect(sender.receiversDown).toBe(0)
      to.becomes(answering(503))
      for (let n = 0; n < 5; n++) expect(await sender.send(to.url, {}, '{}')).toMatchObject({ kind: 'REFUSED', reason: 'HTTP 503: not now' })
      expect(await sender.send(to.url, {}, '{}')).toMatchObject({ kind: 'REFUSED', reason: 'not tried: the receiver has failed 5 times in a row', isFinal: false })
      expect(sender.receiversDown).toBe(1)
      const other = await kit.receiver()
      expect(await sender.send(other.url, {}, '{}')).toMatchObject({ kind: 'DELIVERED' })
      expect(to.received).toHaveLength(13)
    } finally {
      sender.onModuleDestroy()
    }
  })
})
