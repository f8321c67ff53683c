import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { WebhookSender } from '../../src/modules/fulfilment/webhook.sender.js'
import { type Awards, startAwards } from '../support/awards.js'
import { answering } from '../support/receiver.js'
import { eventually } from '../support/rows.js'

let kit: Awards
beforeAll(async () => { kit = await startAwards({ FULFILMENT_CONCURRENCY: '1', FULFILMENT_BREAKER_MS: '2000' }) })
afterAll(() => kit?.close())

describe('a receiver that is down', () => {
  it('is left alone after five failures in a row; no award loses an attempt by that, and all arrive when it is back', async () => {
    const to = await kit.receiver(answering(500))
    const of = await kit.live({ kind: 'WEBHOOK', url: to.url })
    const ids: string[] = []
    for (let n = 0; n < 12; n++) ids.push(await kit.win(of, `user-${n}`))
    const attempts = async () => {
      const awards = await Promise.all(ids.map((id) => kit.read(of, id)))
      return awards.reduce((sum, { fulfilment }) => sum + (fulfilment?.attempt ?? 0), 0)
    }
    const postponed = async () => /attempts_total\{result="postponed"\} (\d+)/.exec(await (await fetch(kit.app.metricsUrl)).text())?.[1]
    await eventually(async () => expect(Number(await postponed())).toBeGreaterThan(0))
    to.becomes(answering(200))
    for (const id of ids) await kit.becomes(of, id, 'FULFILLED')
    // What was postponed is neither sent nor counted: twelve awards at six attempts each would soon have been on the desk.
    expect([to.keys().size, await attempts()]).toEqual([12, to.received.length])
    expect(to.received.length).toBeGreaterThanOrEqual(17)
    expect(to.received.length).toBeLessThan(40)
    await kit.balanced(of)
  })

  it('is not one that refuses an award', async () => {
    const to = await kit.receiver(answering(404))
    const sender = new WebhookSender({ fulfilmentTimeoutMs: 1_000, fulfilmentPrivateAddresses: true, fulfilmentBreakerMs: 60_000 })
    try {
      for (let n = 0; n < 8; n++) expect(await sender.send(to.url, {}, '{}')).toMatchObject({ kind: 'REFUSED', isDown: false })
      to.becomes(answering(503))
      for (let n = 0; n < 5; n++) expect(await sender.send(to.url, {}, '{}')).toMatchObject({ kind: 'REFUSED', isDown: true })
      expect(await sender.send(to.url, {}, '{}')).toEqual({ kind: 'POSTPONED', forMs: 60_000 })
      const other = await kit.receiver()
      expect(await sender.send(other.url, {}, '{}')).toEqual({ kind: 'DELIVERED' })
      expect(to.received).toHaveLength(13)
    } finally {
      sender.onModuleDestroy()
    }
  })
})
