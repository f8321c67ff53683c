import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemContext } from '../../src/common/context.js'
import { OperatorService } from '../../src/modules/tenancy/operator.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { bearer, createLiveCampaign, type LiveCampaign } from '../support/fixtures.js'
import { gql } from '../support/gql.js'

let app: TestApp
let of: LiveCampaign

beforeAll(async () => {
  app = await bootApp()
  of = await createLiveCampaign(app, { prizes: [{ name: 'Code', kind: 'COUPON_CODE', probabilityPpb: 1, stockTotal: 10 }] })
})
afterAll(async () => { await app?.close() })

async function ask(query: string, variables: Record<string, unknown> = {}) {
  const { body } = await gql<Record<string, unknown>>(app.adminGraphqlUrl, query, variables, bearer(of.token))
  return { answer: Object.values(body.data ?? {})[0] ?? null, extensions: body.errors?.[0]?.extensions ?? {} }
}
const SET_LIMITS = `mutation ($i: TenantLimitsInput!, $e: TenantLimitsInput) {
  setTenantLimits(input: $i, expected: $e) { participantDrawsPerSecondMax deviceIpDrawsPerSecondMax } }`
const MOVED = { code: 'CONFLICT', field: 'expected', reason: 'MOVED' }

describe('who says what he saw overwrites nothing else', () => {
  it('limits of the tenant', async () => {
    const set = (i: object, e?: object) => ask(SET_LIMITS, { i, e })
    const unlimited = { participantDrawsPerSecondMax: null }
    expect((await set({ participantDrawsPerSecondMax: 7 }, unlimited)).answer).toMatchObject({ participantDrawsPerSecondMax: 7 })
    const moved = ['participantDrawsPerSecondMax']
    expect((await set({ deviceIpDrawsPerSecondMax: 9 }, unlimited)).extensions).toMatchObject({ ...MOVED, moved })
    expect(await ask('{ tenantLimits { deviceIpDrawsPerSecondMax } }')).toMatchObject({ answer: { deviceIpDrawsPerSecondMax: null } })
    expect((await set({ deviceIpDrawsPerSecondMax: 9 })).answer).toEqual({ participantDrawsPerSecondMax: 7, deviceIpDrawsPerSecondMax: 9 })
  })

  it('how a prize is fulfilled', async () => {
    const p = of.campaign.prizes[0]!.id
    const set = (f: object | null, e?: object) => ask(
      'mutation ($p: ID!, $f: FulfilmentInput, $e: ExpectedFulfilmentInput) { setPrizeFulfilment(prizeId: $p, fulfilment: $f, expected: $e) { fulfilment { kind } } }', { p, f, e })
    const manual = { kind: 'MANUAL', claimWithinSeconds: 86_400 }
    expect((await set(manual, { fulfilment: null })).answer).toEqual({ fulfilment: { kind: 'MANUAL' } })
    expect((await set(null, { fulfilment: null })).extensions).toMatchObject({ ...MOVED, moved: ['fulfilment'] })
    expect((await set({ kind: 'WALLET' }, { fulfilment: { ...manual, claimWithinSeconds: 90_000 } })).extensions).toMatchObject(MOVED)
    expect((await set({ kind: 'WALLET' }, { fulfilment: manual })).answer).toEqual({ fulfilment: { kind: 'WALLET' } })
    // As it is told, with what only another way would use.
    const kept = { kind: 'WALLET', url: null, claimWithinSeconds: null, onExpiry: 'WRITE_OFF' }
    expect((await set(kept, { fulfilment: { kind: 'WALLET' } })).answer).toEqual({ fulfilment: { kind: 'WALLET' } })
    expect((await set(manual, { fulfilment: { kind: 'WALLET' } })).extensions).toMatchObject(MOVED)
    expect((await set(manual, { fulfilment: kept })).answer).toEqual({ fulfilment: { kind: 'MANUAL' } })
    expect((await set(null)).answer).toEqual({ fulfilment: null })
  })

  it('the limit of a key', async () => {
    const { answer } = await ask('mutation { createApiKey(name: "Shop", drawsPerSecondMax: 10) { key { id } } }')
    const { id } = (answer as { key: { id: string } }).key
    const set = (n: number | null, e?: object) =>
      ask('mutation ($id: ID!, $n: Int, $e: ExpectedKeyLimitInput) { setApiKeyLimit(id: $id, drawsPerSecondMax: $n, expected: $e) { drawsPerSecondMax } }', { id, n, e })
    const moved = { ...MOVED, moved: ['drawsPerSecondMax'] }
    expect((await set(8, { drawsPerSecondMax: 10 })).answer).toEqual({ drawsPerSecondMax: 8 })
    expect((await set(5, { drawsPerSecondMax: 10 })).extensions).toMatchObject(moved)
    expect((await set(5, {})).extensions).toMatchObject(moved)
    expect((await set(null, { drawsPerSecondMax: 8 })).answer).toEqual({ drawsPerSecondMax: null })
    expect((await set(5, {})).answer).toEqual({ drawsPerSecondMax: 5 })
    expect((await set(6)).answer).toEqual({ drawsPerSecondMax: 6 })
  })

  it('the role of an operator', async () => {
    const somebody = { email: `role@${of.tenant.slug}.example`, name: 'Rolf', role: 'ANALYST' } as const
    const { operator: { id } } = await app.app.get(OperatorService, { strict: false }).add(systemContext(of.tenant.tenantId, 'tests'), somebody)
    const set = (role: string, expected?: string) =>
      ask('mutation ($id: ID!, $role: Role!, $expected: Role) { setOperatorRole(id: $id, role: $role, expected: $expected) { role } }', { id, role, expected })
    expect((await set('MANAGER', 'ANALYST')).answer).toEqual({ role: 'MANAGER' })
    expect((await set('REVIEWER', 'ANALYST')).extensions).toMatchObject({ ...MOVED, moved: ['role'] })
    expect((await set('REVIEWER')).answer).toEqual({ role: 'REVIEWER' })
  })

  it('velocity rules, in whichever order they are told', async () => {
    const set = (rules: object[], expected?: object[]) => ask(
      'mutation ($c: ID!, $rules: [VelocityRuleInput!]!, $expected: [VelocityRuleInput!]) { setVelocityRules(campaignId: $c, rules: $rules, expected: $expected) { drawsMax } }',
      { c: of.campaign.id, rules, expected },
    )
    const [ip, device] = [{ subject: 'IP', windowSeconds: 60, drawsMax: 5 }, { subject: 'DEVICE', windowSeconds: 60, drawsMax: 7 }]
    expect((await set([ip, device], [])).answer).toHaveLength(2)
    expect((await set([], [ip])).extensions).toMatchObject({ ...MOVED, moved: ['rules'] })
    expect((await set([], [ip, { ...device, drawsMax: 8 }])).extensions).toMatchObject(MOVED)
    expect((await set([ip], [ip, device])).answer).toHaveLength(1)
    expect((await set([device, ip], [ip])).answer).toHaveLength(2)
    expect((await set([], [device, ip])).answer).toEqual([])
    expect((await set([ip])).answer).toHaveLength(1)
  })

  it('the alarm of a pool of codes', async () => {
    const p = of.campaign.prizes[0]!.id
    const set = (n: number | null, e?: object) =>
      ask('mutation ($p: ID!, $n: Int, $e: ExpectedLowStockInput) { setCodeLowStock(prizeId: $p, lowStockAt: $n, expected: $e) { lowStockAt } }', { p, n, e })
    expect((await set(5, { lowStockAt: null })).answer).toEqual({ lowStockAt: 5 })
    expect((await set(6, { lowStockAt: 4 })).extensions).toMatchObject({ ...MOVED, moved: ['lowStockAt'] })
    expect((await set(5, { lowStockAt: 4 })).extensions).toMatchObject(MOVED)
    expect((await set(6)).answer).toEqual({ lowStockAt: 6 })
  })
})

describe('why something was refused', () => {
  it('is told by a reason and what it leaves open, beside the English', async () => {
    expect((await ask('mutation { addRiskEntry(input: { list: BLOCK, subject: IP, value: "x", reason: "r" }) { id } }')).extensions)
      .toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.value', reason: 'IP_RANGE' })
    expect((await ask('mutation { createApiKey(name: "x", drawsPerSecondMax: 0) { secret } }')).extensions).toMatchObject({ reason: 'RANGE', params: { min: 1 } })
  })

  it('is told of each problem of a campaign', async () => {
    const create = `mutation { createCampaign(input: { slug: "${of.campaign.slug}", name: "", mechanic: LOTTERY, startsAt: "2030-01-01T00:00:00Z", endsAt: "2029-01-01T00:00:00Z" }) {
      ... on InvalidCampaign { problems { path code params { name value } } } } }`
    expect((await ask(create)).answer).toEqual({ problems: expect.arrayContaining([
      { path: 'name', code: 'NAME', params: [{ name: 'max', value: '200' }] }, { path: 'endsAt', code: 'AFTER_START', params: [] },
    ]) })
  })

  it('one entry of the audit log is found by its number', async () => {
    const list = (f: object) => ask('query ($f: AuditFilter) { auditLog(filter: $f) { edges { node { seq action } } } }', { f })
    expect((await list({ seq: 2 })).answer).toEqual({ edges: [{ node: { seq: 2, action: expect.any(String) } }] })
    expect((await list({ seq: 1_000_000 })).answer).toEqual({ edges: [] })
  })
})
