import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootApp, type TestApp } from '../support/app.js'
import { draw } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, createTenant, login, serverKey } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { eventually } from '../support/rows.js'

const LIVE = `query ($id: ID!, $seconds: Int) { liveDraws(campaignId: $id, seconds: $seconds) {
  campaignId status version unsettled refusals { code count } points { at won lost pending repeated refused } } }`

const KINDS = ['won', 'lost', 'pending', 'repeated', 'refused'] as const
type Kind = (typeof KINDS)[number]

interface Live {
  campaignId: string
  status: string
  version: number
  unsettled: number
  refusals: Array<{ code: string; count: number }>
  points: Array<{ at: string } & Record<Kind, number>>
}

describe('what becomes of draws, live', () => {
  let app: TestApp
  beforeAll(async () => { app = await bootApp() })
  afterAll(() => app.close())

  it('is counted second by second, for its tenant alone, and settles', async () => {
    const prizes = [{ name: 'Certain', probabilityPpb: CERTAIN_PPB, stockTotal: 9 }]
    const at = await createLiveCampaign(app, { prizes, drawsPerUserTotal: 2 })
    const other = await createTenant(app)
    const token = bearer(at.token)
    const campaignId = at.campaign.id
    const by = (userId: string, idempotencyKey: string) => draw(app, serverKey(at.tenant), { campaignId, userId, idempotencyKey })
    for (const key of ['k1', 'k2', 'k1', 'k3']) await by('ann', key)
    await by('bob', 'k1')
    const live = await eventually(async () => {
      const { liveDraws } = await gqlData<{ liveDraws: Live }>(app.adminGraphqlUrl, LIVE, { id: campaignId, seconds: 60 }, token)
      const sum = (kind: Kind) => liveDraws.points.reduce((all, point) => all + point[kind], 0)
      const sums = Object.fromEntries(KINDS.map((kind) => [kind, sum(kind)]))
      expect({ ...sums, unsettled: liveDraws.unsettled }).toEqual({ won: 3, lost: 0, pending: 0, repeated: 1, refused: 1, unsettled: 0 })
      return liveDraws
    })
    expect(live).toMatchObject({ status: 'ACTIVE', version: at.campaign.version })
    expect(live.points).toHaveLength(60)
    const first = Date.parse(live.points[0]!.at)
    expect(live.points.map(({ at: time }) => Date.parse(time))).toEqual(live.points.map((_, n) => first + n * 1_000))
    expect(live.refusals).toEqual([{ code: 'QUOTA_EXCEEDED', count: 1 }])

    const stranger = bearer(await login(app, other.ownerEmail, other.ownerPassword))
    expect(await gqlData(app.adminGraphqlUrl, LIVE, { id: at.campaign.id }, stranger)).toEqual({ liveDraws: null })
    const wrong = await gql(app.adminGraphqlUrl, LIVE, { id: at.campaign.id, seconds: 901 }, token)
    expect(wrong.body.errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', field: 'seconds' } })
  })

  it('is nothing for what was never published', async () => {
    const tenant = await createTenant(app)
    const token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
    const campaign = await createCampaign(app, token)
    expect(await gqlData(app.adminGraphqlUrl, LIVE, { id: campaign.id }, bearer(token))).toEqual({ liveDraws: null })
  })
})
