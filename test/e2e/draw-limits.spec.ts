import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { decodeDrawId, encodeDrawId } from '../../src/common/draw-id.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { INCARNATION, type Incarnation } from '../../src/modules/draws/draws.types.js'
import { bucketKeys, bucketOf } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, draw, settledBooks } from '../support/draws.js'
import { createLiveCampaign, serverKey } from '../support/fixtures.js'
import { gql } from '../support/gql.js'

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

it('while a campaign is being restored, nobody is told that nothing was drawn', async () => {
  const at = await createLiveCampaign(app, { drawsPerUserTotal: 5 })
  const headers = serverKey(at.tenant)
  const { draws: [drawn] } = await accepted(app, headers, { campaignId: at.campaign.id, userId: 'ann', idempotencyKey: 'key' })
  await settledBooks(app, at)
  const parts = decodeDrawId(drawn!.id)!
  const queries = {
    participant: `query { participant(campaignId: "${at.campaign.id}", userId: "ann") { drawsLeft } }`,
    draws: `query { draws(campaignId: "${at.campaign.id}", userId: "ann") { edges { node { id } } } }`,
    draw: `query { draw(id: "${drawn!.id}") { id } }`,
    unknown: `query { draw(id: "${encodeDrawId({ ...parts, snowflake: parts.snowflake + 1n })}") { id } }`,
  }
  const ask = async (name: keyof typeof queries) => (await gql(app.graphqlUrl, queries[name], {}, headers)).body
  const restoring = { errors: [{ extensions: { code: 'OVERLOADED', retryAfterMs: 1_000 } }] }
  const whole = async () => {
    expect(await ask('participant')).toEqual({ data: { participant: { drawsLeft: 4 } } })
    expect(await ask('draws')).toEqual({ data: { draws: { edges: [{ node: { id: drawn!.id } }] } } })
  }
  await whole()
  expect(await ask('unknown')).toEqual({ data: { draw: null } })

  // Redis is another than recovery vouched for.
  const incarnation = jest.spyOn(app.app.get<Incarnation>(INCARNATION, { strict: false }), 'isCurrent').mockReturnValue(false)
  for (const name of ['participant', 'draws', 'unknown'] as const) expect(await ask(name)).toMatchObject(restoring)
  expect(await ask('draw')).toEqual({ data: { draw: { id: drawn!.id } } })
  incarnation.mockRestore()
  await whole()

  // The state of one campaign is gone, and nobody has noticed.
  const redis = app.app.get(RedisService, { strict: false }).client
  const snapshot = (await app.app.get(SnapshotService, { strict: false }).get(at.tenant.tenantId, at.campaign.id))!
  const { gate } = bucketKeys(snapshot, snapshot.epoch, bucketOf(snapshot, 'ann'))
  const fields = await redis.hgetall(gate)
  await redis.del(gate)
  expect(await ask('participant')).toMatchObject(restoring)
  await redis.hset(gate, { ...fields, s: 'RECOVERING' })
  expect(await ask('participant')).toMatchObject(restoring)
  await redis.hset(gate, fields)
  await whole()
})
