import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { decodeDrawId, encodeDrawId } from '../../src/common/draw-id.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { INCARNATION, type Incarnation } from '../../src/modules/draws/draws.types.js'
import { TicketService } from '../../src/modules/draws/ticket.service.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { bucketKeys, bucketOf } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { accepted, draw, grantTickets, settledBooks } from '../support/draws.js'
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

it('a grant that no Int could tell the balance of is refused, and nothing of it written', async () => {
  const at = await createLiveCampaign(app, { requiresTickets: true, prizes: [{ name: 'Never', probabilityPpb: 0, stockTotal: 1 }] })
  const ledger = (text: string, values: unknown[] = []) =>
    app.app.get(SqlService, { strict: false }).tenant(at.tenant.tenantId, (sql) => sql.query(text, values))
  const most = 2_147_483_647
  const grant = async (amount: number, key: string) => (await grantTickets(app, at, 'rich', amount, key)).body
  const granted = (balance: number) => ({ data: { grantTickets: { userId: 'rich', balance } } })
  expect(await grant(1_000, 'first')).toEqual(granted(1_000))
  // Two thousand grants later.
  await ledger(`INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key, created_at)
    VALUES ($1, $2, 'rich', 'GRANT', $3, 'test', 'grant:many', now() - interval '1 minute')`, [at.tenant.tenantId, at.campaign.id, most - 3_000])
  const snapshot = (await app.app.get(SnapshotService, { strict: false }).get(at.tenant.tenantId, at.campaign.id))!
  await app.app.get(TicketService, { strict: false }).sweep(snapshot)

  const refused = { errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'input.amount' } }] }
  expect(await grant(2_001, 'too-many')).toMatchObject(refused)
  // Of those that come together, as many as there is room for.
  const together = await Promise.all(Array.from({ length: 8 }, (_, n) => grant(500, `together-${n}`)))
  expect(together.filter(({ errors }) => errors === undefined)).toHaveLength(4)
  for (const { errors } of together) if (errors !== undefined) expect({ errors }).toMatchObject(refused)
  expect(await grant(1, 'one-more')).toMatchObject(refused)
  expect(await grant(1_000, 'first')).toEqual(granted(most))
  await accepted(app, serverKey(at.tenant), { campaignId: at.campaign.id, userId: 'rich', idempotencyKey: 'key', count: 3 })
  await settledBooks(app, at)
  expect(await grant(2, 'one-more')).toEqual(granted(most - 1))
  const { rows } = await ledger('SELECT sum(amount)::text AS sum, count(*) FILTER (WHERE applied_at IS NULL)::int AS unapplied FROM ticket_ledger')
  expect(rows).toEqual([{ sum: String(most - 1), unapplied: 0 }])
})
