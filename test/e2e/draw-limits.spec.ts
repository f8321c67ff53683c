import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { draw } from '../support/draws.js'
import { createLiveCampaign, serverKey } from '../support/fixtures.js'

const dayMs = 86_400_000

let app: TestApp
beforeAll(async () => { app = await bootApp() })
afterAll(() => app.close())

it('a wait that is longer than an Int can say is told as the longest', async () => {
  const startsAt = Date.now() + 60 * dayMs
  const at = await createLiveCampaign(app, { startsAt: new Date(startsAt).toISOString(), endsAt: new Date(startsAt + dayMs).toISOString() })
  expect(await draw(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: 'early', idempotencyKey: 'key' }))
    .toMatchObject({ __typename: 'DrawRejected', code: 'CAMPAIGN_NOT_STARTED', retryAfterMs: 2_147_483_647 })
})
