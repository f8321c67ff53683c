import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from '@jest/globals'
import { bootApp } from '../support/app.js'
import { CERTAIN_PPB, createCampaign, createTenant, login, moveCampaign, serverKey } from '../support/fixtures.js'

const CALLERS = 120
const QUERY = 'mutation ($input: DrawInput!) { draw(input: $input) { __typename ... on DrawAccepted { draws { outcome } } } }'

it('answers whoever has asked, over whichever listener, before it ends', async () => {
  // A win waits for company so long: every one of them is under way when the process is told to stop.
  const app = await bootApp({ env: { WIN_COMMIT_WINDOW_MS: '100' } })
  const tenant = await createTenant(app)
  const token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  const prizes = [{ name: 'Prize', probabilityPpb: CERTAIN_PPB, stockTotal: 10_000 }]
  const campaign = await moveCampaign(app, token, 'publish', await createCampaign(app, token, { prizes }))
  const ask = (n: number) => new Promise<string>((resolve, reject) => {
    const body = JSON.stringify({ query: QUERY, variables: { input: { campaignId: campaign.id, userId: `user-${n}`, idempotencyKey: 'k' } } })
    // A connection of its own, kept alive.
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), connection: 'keep-alive', ...serverKey(tenant) }
    const sent = request(app.graphqlUrl, { method: 'POST', headers, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => { text += part }).on('end', () => { resolve(`${answer.statusCode} ${text.trim()}`) })
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
  await ask(-1)
  let requests = 0
  app.app.getHttpServer().on('request', () => { requests++ })
  const asked = Array.from({ length: CALLERS }, (_, n) => ask(n))
  const told = Promise.allSettled(asked)
  while (requests < CALLERS) await sleep(1)
  const began = performance.now()
  await app.stop()
  const stoppedMs = performance.now() - began
  expect((await told).map((one) => (one.status === 'rejected' ? String(one.reason) : one.value)).filter((text) => text !== '200 {"data":{"draw":{"__typename":"DrawAccepted","draws":[{"outcome":"WON"}]}}}')).toEqual([])
  // Neither it waits for connections that nobody uses any more.
  expect(stoppedMs).toBeLessThan(9_000)
  await expect(ask(CALLERS)).rejects.toThrow()
  await app.close()
}, 60_000)
