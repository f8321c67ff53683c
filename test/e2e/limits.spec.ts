import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { SharedRates } from '../../src/api/app/admission/shared-rates.js'
import { AuditLogService } from '../../src/modules/tenancy/audit-log.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { asOwner } from '../support/database.js'
import { type DeviceTokens, deviceTokens } from '../support/draws.js'
import { bearer, createTenant, login, serverKey, type TestTenant } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { eventually } from '../support/rows.js'

const DRAW = 'mutation ($input: DrawInput!) { draw(input: $input) { ... on DrawRejected { code } } }'
const SET_KEY = 'mutation ($id: ID!, $max: Int) { setApiKeyLimit(id: $id, drawsPerSecondMax: $max) { id drawsPerSecondMax } }'
const SET_TENANT = 'mutation ($input: TenantLimitsInput!) { setTenantLimits(input: $input) { drawsPerSecondMax deviceIpDrawsPerSecondMax participantDrawsPerSecondMax } }'
const nowhere = '00000000-0000-7000-8000-000000000000'
const CROWD = 30

// Two processes, as far as anybody knows.
let here: TestApp
let elsewhere: TestApp
beforeAll(async () => {
  here = await bootApp()
  elsewhere = await bootApp({ on: here, env: { ROLE: 'api' } })
})
afterAll(async () => {
  await elsewhere?.close()
  await here?.close()
})

let tenant: TestTenant
let owner: Record<string, string>
beforeAll(async () => {
  tenant = await createTenant(here)
  owner = bearer(await login(here, tenant.ownerEmail, tenant.ownerPassword))
})

const limited = async (id: string, max: number | null, by = owner) =>
  (await gqlData<{ setApiKeyLimit: object }>(here.adminGraphqlUrl, SET_KEY, { id, max }, by)).setApiKeyLimit

interface Key { key: { id: string; drawsPerSecondMax: number | null }; secret: string }
async function createKey(max: number | null): Promise<Key> {
  const query = 'mutation ($max: Int) { createApiKey(name: "Limited", drawsPerSecondMax: $max) { key { id drawsPerSecondMax } secret } }'
  return (await gqlData<{ createApiKey: Key }>(here.adminGraphqlUrl, query, { max }, owner)).createApiKey
}

let n = 0
/** How many of a crowd that comes at once are admitted; all others are refused with RATE_LIMITED. `most`: were they limited to `perSecond`. */
async function rush(app: TestApp, headers: Record<string, string>, perSecond: number): Promise<{ admitted: number; most: number }> {
  const began = performance.now()
  const who = 'x-api-key' in headers ? { userId: 'x' } : {}
  const answers = await Promise.all(Array.from({ length: CROWD }, () =>
    gql(app.graphqlUrl, DRAW, { input: { campaignId: nowhere, ...who, idempotencyKey: `k${n++}` } }, headers)))
  const seconds = (performance.now() - began) / 1_000
  const admitted = answers.filter(({ status }) => status === 200).length
  const limited = answers.filter(({ status, body }) => status === 429 && body.errors?.[0]?.extensions?.code === 'RATE_LIMITED').length
  expect(admitted + limited).toBe(CROWD)
  return { admitted, most: perSecond * (1 + Math.ceil(seconds)) }
}

interface Audited { actor_kind: string; before: object; after: object }
const auditOf = (action: string) => asOwner(here.databaseUrl, async (client) => (await client.query<Audited>(
  'SELECT actor_kind, before, after FROM audit_log WHERE tenant_id = $1 AND action = $2 ORDER BY id', [tenant.tenantId, action])).rows)

describe('an API key’s limit', () => {
  it('is its own, within its tenant’s', async () => {
    const { key, secret } = await createKey(3)
    expect(key.drawsPerSecondMax).toBe(3)
    const { admitted, most } = await rush(here, { 'x-api-key': secret }, 3)
    expect(admitted).toBeGreaterThanOrEqual(3)
    expect(admitted).toBeLessThanOrEqual(most)
    expect(await rush(here, serverKey(tenant), 100_000)).toMatchObject({ admitted: CROWD })
    interface Listed { apiKeys: Array<{ drawsPerSecondMax: number | null }> }
    const { apiKeys } = await gqlData<Listed>(here.adminGraphqlUrl, '{ apiKeys { drawsPerSecondMax } }', {}, owner)
    expect(apiKeys.map(({ drawsPerSecondMax }) => drawsPerSecondMax)).toEqual(expect.arrayContaining([3, null]))
  })

  it('is changed while it is used: here at once, in other processes soon', async () => {
    const { key, secret } = await createKey(null)
    const headers = { 'x-api-key': secret }
    for (const app of [here, elsewhere]) expect(await rush(app, headers, 100_000)).toMatchObject({ admitted: CROWD })
    expect(await limited(key.id, 2)).toEqual({ id: key.id, drawsPerSecondMax: 2 })
    const { admitted, most } = await rush(here, headers, 2)
    expect(admitted).toBeLessThanOrEqual(most)
    await eventually(async () => { expect((await rush(elsewhere, headers, 2)).admitted).toBeLessThan(CROWD) })
    await limited(key.id, null)
    for (const app of [here, elsewhere]) await eventually(async () => { expect((await rush(app, headers, 100_000)).admitted).toBe(CROWD) })
    const [first, second] = await auditOf('api-key.limit-set')
    expect(first).toMatchObject({ actor_kind: 'operator', before: { drawsPerSecondMax: null }, after: { drawsPerSecondMax: 2 } })
    expect(second).toMatchObject({ before: { drawsPerSecondMax: 2 }, after: { drawsPerSecondMax: null } })
  })

  it('is nobody’s whose key is another tenant’s, or revoked', async () => {
    const { key } = await createKey(5)
    const other = await createTenant(here)
    const stranger = bearer(await login(here, other.ownerEmail, other.ownerPassword))
    await expect(limited(key.id, 9, stranger)).rejects.toThrow('NOT_FOUND')
    await gqlData(here.adminGraphqlUrl, 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: key.id }, owner)
    await expect(limited(key.id, 9)).rejects.toThrow('NOT_FOUND')
  })
})

describe('a tenant’s limits', () => {
  let tokens: DeviceTokens
  beforeAll(async () => { tokens = await deviceTokens(here, tenant, owner.authorization!.slice('Bearer '.length)) })

  it('are told with what they can be, and with what holds without them', async () => {
    const query = `{ tenantLimits { drawsPerSecondMax drawsPerSecondCeiling
      deviceIpDrawsPerSecondMax deviceIpDrawsPerSecondDefault participantDrawsPerSecondMax participantDrawsPerSecondDefault
      serverParticipantDrawsPerSecondMax } }`
    expect(await gqlData(here.adminGraphqlUrl, query, {}, owner)).toEqual({
      tenantLimits: {
        drawsPerSecondMax: 100_000, drawsPerSecondCeiling: 100_000,
        deviceIpDrawsPerSecondMax: null, deviceIpDrawsPerSecondDefault: 5,
        participantDrawsPerSecondMax: null, participantDrawsPerSecondDefault: 5, serverParticipantDrawsPerSecondMax: null,
      },
    })
  })

  it('are changed while its devices draw, in every process, each by itself', async () => {
    const ada = await tokens.headers('ada')
    const { admitted, most } = await rush(here, ada, 5)
    expect(admitted).toBeLessThanOrEqual(most)
    const wide = { deviceIpDrawsPerSecondMax: 5_000, participantDrawsPerSecondMax: 4_000 }
    const set = async (app: TestApp, input: object) =>
      (await gqlData<{ setTenantLimits: object }>(app.adminGraphqlUrl, SET_TENANT, { input }, owner)).setTenantLimits
    expect(await set(here, wide)).toEqual({ drawsPerSecondMax: 100_000, ...wide })
    for (const app of [here, elsewhere]) await eventually(async () => { expect((await rush(app, ada, 4_000)).admitted).toBe(CROWD) })
    // Only what is named.
    const narrow = { participantDrawsPerSecondMax: null }
    expect(await set(elsewhere, narrow)).toEqual({ drawsPerSecondMax: 100_000, ...wide, ...narrow })
    for (const app of [here, elsewhere]) await eventually(async () => { expect((await rush(app, ada, 5)).admitted).toBeLessThan(CROWD) })
    const [first, second, ...more] = await auditOf('tenant.limit-set')
    expect(first).toMatchObject({ actor_kind: 'operator', before: { deviceIpDrawsPerSecondMax: null, participantDrawsPerSecondMax: null }, after: wide })
    expect(second).toMatchObject({ before: { participantDrawsPerSecondMax: 4_000 }, after: narrow })
    expect(more).toEqual([])
  })

  it('may hold for each participant that its servers draw for, however they say for whom', async () => {
    const shop = await createTenant(here)
    const its = bearer(await login(here, shop.ownerEmail, shop.ownerPassword))
    const set = (max: number | null) =>
      gqlData(here.adminGraphqlUrl, SET_TENANT, { input: { serverParticipantDrawsPerSecondMax: max } }, its)
    const inline = `mutation { draw(input: { campaignId: "${nowhere}", userId: "ada", idempotencyKey: "k" }) { ... on DrawRejected { code } } }`
    const others = () => Promise.all(Array.from({ length: CROWD }, (_, who) =>
      gql(here.graphqlUrl, DRAW, { input: { campaignId: nowhere, userId: `user-${who}`, idempotencyKey: `k${n++}` } }, serverKey(shop))))
    expect(await rush(here, serverKey(shop), 100_000)).toMatchObject({ admitted: CROWD })
    await set(3)
    await eventually(async () => {
      const { admitted, most } = await rush(here, serverKey(shop), 3)
      expect(admitted).toBeLessThan(CROWD)
      expect(admitted).toBeLessThanOrEqual(most)
    })
    expect((await others()).map(({ status }) => status)).toEqual(Array(CROWD).fill(200))
    const unnamed = await Promise.all(Array.from({ length: CROWD }, () => gql(here.graphqlUrl, inline, {}, serverKey(shop))))
    expect(unnamed.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
    await set(null)
    await eventually(async () => { expect(await rush(here, serverKey(shop), 100_000)).toMatchObject({ admitted: CROWD }) })
  })

  it('are changed in the transaction of their audit', async () => {
    const audit = here.app.get(AuditLogService, { strict: false })
    const { record } = audit
    audit.record = () => Promise.reject(new Error('no audit'))
    try {
      await expect(gqlData(here.adminGraphqlUrl, SET_TENANT, { input: { drawsPerSecondMax: 77 } }, owner)).rejects.toThrow('INTERNAL')
    } finally {
      audit.record = record
    }
    const query = '{ tenantLimits { drawsPerSecondMax } }'
    expect(await gqlData(here.adminGraphqlUrl, query, {}, owner)).toEqual({ tenantLimits: { drawsPerSecondMax: 100_000 } })
  })

  it('hold for its servers within its own', async () => {
    const small = await createTenant(here)
    const its = bearer(await login(here, small.ownerEmail, small.ownerPassword))
    expect(await rush(here, serverKey(small), 100_000)).toMatchObject({ admitted: CROWD })
    await gqlData(here.adminGraphqlUrl, SET_TENANT, { input: { drawsPerSecondMax: 3 } }, its)
    await eventually(async () => {
      const { admitted, most } = await rush(here, serverKey(small), 3)
      expect(admitted).toBeLessThan(CROWD)
      expect(admitted).toBeLessThanOrEqual(most)
    })
  })
})

describe('the installation’s limit', () => {
  const RATE = 40
  const SECONDS = 8
  let apps: TestApp[] = []
  beforeAll(async () => {
    const env = { DRAWS_PER_SECOND_MAX: String(RATE), SHARED_RATES: '1' }
    const first = await bootApp({ env })
    apps = [first, await bootApp({ on: first, env: { ...env, ROLE: 'api' } })]
  })
  afterAll(async () => { for (const app of apps.reverse()) await app.close() })

  it('is one over all tenants and processes', async () => {
    const tenants = await Promise.all([createTenant(apps[0]!), createTenant(apps[0]!)])
    let admitted = 0
    /** Each keeps two requests under way in each process. */
    const drawUntil = (until: number) => Promise.all(apps.flatMap((app) => tenants.flatMap((of) => Array.from({ length: 2 }, async () => {
      while (performance.now() < until) {
        const input = { campaignId: nowhere, userId: 'x', idempotencyKey: `k${n++}` }
        const { status, body } = await gql(app.graphqlUrl, DRAW, { input }, serverKey(of))
        if (status === 200) admitted++
        else expect(body.errors?.[0]?.extensions?.code).toBe('RATE_LIMITED')
      }
    }))))
    // The second's worth that may come at once.
    await drawUntil(performance.now() + 1_500)
    admitted = 0
    const began = performance.now()
    await drawUntil(began + SECONDS * 1_000)
    const due = RATE * (performance.now() - began) / 1_000
    expect(admitted).toBeGreaterThan(due * 0.95)
    expect(admitted).toBeLessThan(due * 1.05)
    const text = await (await fetch(apps[0]!.metricsUrl)).text()
    expect(Number(/^drawbridge_rate_limited_total\{limit="installation"\} (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(0)
  })
})

describe('a rate of all processes', () => {
  it.each([3, 150, 70_000, 400_000, 9_000_000])('is counted exactly, however close two draws may come: %i a second', async (perSecondMax) => {
    const redis = new Redis(here.redisUrl, { enableAutoPipelining: true })
    // A fiftieth of a second's worth, or one.
    const admitted = Math.ceil(perSecondMax / 50)
    const aheadMs = await new Promise<number>((resolve) => {
      const shared = new SharedRates(redis, { isAhead: (_key, ms) => { resolve(ms) } })
      for (let one = 0; one < admitted; one++) shared.counted([{ key: `exact/${perSecondMax}`, perSecondMax }], 1)
    })
    redis.disconnect()
    const due = admitted * 1_000 / perSecondMax
    expect(aheadMs).toBeGreaterThan(due * 0.999)
    expect(aheadMs).toBeLessThan(due * 1.001)
  })
})
