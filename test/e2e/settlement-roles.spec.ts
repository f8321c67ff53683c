import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { CERTAIN_PPB, createLiveCampaign, serverKey } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { eventually } from '../support/rows.js'

const DRAW = 'mutation ($input: DrawInput!) { draw(input: $input) { ... on DrawAccepted { draws { id outcome } } } }'
const READ = 'query ($id: ID!) { draw(id: $id) { state } }'

// Nobody sweeps: what settles was woken for.
const env = { SWEEP_INTERVAL_MS: '60000' }
let api: TestApp
let worker: TestApp
beforeAll(async () => {
  api = await bootApp({ env: { ...env, ROLE: 'api' } })
  worker = await bootApp({ env: { ...env, ROLE: 'worker' }, on: api })
})
afterAll(async () => {
  await worker?.close()
  await api?.close()
})

it.each(['DURABLE_WINS', 'FAST'] as const)('a worker settles what another process draws, without a sweep: %s', async (durability) => {
  const prizes = [{ name: 'Mug', probabilityPpb: CERTAIN_PPB, stockTotal: 100 }]
  const { tenant, campaign } = await createLiveCampaign(api, { durability, prizes })
  interface Drawn { draw: { draws: Array<{ id: string; outcome: string }> } }
  const ids: string[] = []
  for (let n = 0; n < 5; n++) {
    const input = { campaignId: campaign.id, userId: `user-${n}`, idempotencyKey: 'once' }
    const { draw } = await gqlData<Drawn>(api.graphqlUrl, DRAW, { input }, serverKey(tenant))
    expect(draw.draws[0]!.outcome).toBe('WON')
    ids.push(draw.draws[0]!.id)
  }
  for (const id of ids) {
    await eventually(async () => {
      expect((await gqlData<{ draw: { state: string } }>(api.graphqlUrl, READ, { id }, serverKey(tenant))).draw.state).toBe('SETTLED')
    })
  }
})
