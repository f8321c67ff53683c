import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemContext } from '../../src/common/context.js'
import { PolicyService } from '../../src/modules/tenancy/policy.service.js'
import type { ChangeKind } from '../../src/modules/tenancy/tenancy.types.js'
import { bootApp, type TestApp } from '../support/app.js'
import { bearer, createCampaign, moveCampaign } from '../support/fixtures.js'
import { gql } from '../support/gql.js'
import { People, type Person } from '../support/people.js'

const FIELDS = 'id state version kinds diff { path before after }'
const APPROVE = `mutation ($id: ID!, $v: Int!) { approveChange(id: $id, expectedVersion: $v) { ${FIELDS} } }`
const ADJUST = 'mutation ($p: ID!, $d: Int!, $k: ID!) { adjustStock(prizeId: $p, delta: $d, reason: "More", idempotencyKey: $k) { granted } }'
const SET_LIMITS = 'mutation ($i: TenantLimitsInput!) { setTenantLimits(input: $i) { drawsPerSecondMax participantDrawsPerSecondMax } }'
const LIMITS = '{ tenantLimits { drawsPerSecondMax participantDrawsPerSecondMax } }'
const SET_KEY = 'mutation ($id: ID!, $n: Int) { setApiKeyLimit(id: $id, drawsPerSecondMax: $n) { drawsPerSecondMax } }'
const SET_POLICY = 'mutation ($v: Int!, $p: TenantPolicyInput!) { setTenantPolicy(expectedVersion: $v, patch: $p) { version } }'
const ABOUT = 'query ($id: ID!) { changeRequest(id: $id) { operation params { name value } campaignName stockNow deciders } }'

interface Shown { id: string; state: string; version: number; kinds: string[]; diff: object[] }
interface About { operation: string; params: object[]; campaignName: string | null; stockNow: number | null; deciders: number }
interface Policy { version: number; approvals: object[]; publishers: string[] }
interface Limits { drawsPerSecondMax: number; participantDrawsPerSecondMax: number | null }

let app: TestApp
let people: People
let second: Person
let maker: Person
let checker: Person

beforeAll(async () => {
  app = await bootApp()
  people = await People.of(app)
  second = await people.person('OWNER')
  maker = await people.person('MANAGER')
  checker = await people.person('MANAGER')
})
afterAll(async () => { await app?.close() })

async function ask(query: string, variables: Record<string, unknown>, token = people.owner) {
  const { body } = await gql<Record<string, unknown>>(app.adminGraphqlUrl, query, variables, bearer(token))
  const [error] = body.errors ?? []
  return { code: error?.extensions?.code, extensions: error?.extensions ?? {}, answer: Object.values(body.data ?? {})[0] ?? null }
}
/** As whoever runs the installation could. */
async function approvals(...rules: Array<[kind: ChangeKind, above?: number]>): Promise<void> {
  const [service, ctx] = [app.app.get(PolicyService, { strict: false }), systemContext(people.tenant.tenantId, 'tests')]
  await service.set(ctx, (await service.get(ctx)).version, { approvals: rules.map(([kind, above]) => ({ kind, above: above ?? 0 })) })
}
const shown = async (id: string) => (await people.admin<{ changeRequest: Shown }>(`query ($id: ID!) { changeRequest(id: $id) { ${FIELDS} } }`, { id })).changeRequest
const about = async (id: string) => (await people.admin<{ changeRequest: About }>(ABOUT, { id })).changeRequest
/** Asks for the change, which must wait: what waits. */
async function waiting(query: string, variables: Record<string, unknown>, token = people.owner): Promise<Shown> {
  const { code, extensions, answer } = await ask(query, variables, token)
  expect({ code, answer }).toEqual({ code: 'APPROVAL_REQUIRED', answer: null })
  return shown(String(extensions.changeRequestId))
}
const approve = ({ id, version }: Shown, token: string) => ask(APPROVE, { id, v: version }, token)
const policyNow = async () => (await people.admin<{ tenantPolicy: Policy }>('{ tenantPolicy { version approvals { kind above } publishers } }')).tenantPolicy
const limitsNow = async () => (await people.admin<{ tenantLimits: Limits }>(LIMITS)).tenantLimits

describe('what waits for a second owner', () => {
  it('limits that let more through wait for another owner; narrower ones hold at once', async () => {
    await approvals(['LIMITS'])
    const { drawsPerSecondMax } = await limitsNow()
    const narrower = { drawsPerSecondMax: drawsPerSecondMax - 1, participantDrawsPerSecondMax: 1 }
    expect((await ask(SET_LIMITS, { i: narrower })).code).toBeUndefined()
    const request = await waiting(SET_LIMITS, { i: { drawsPerSecondMax, participantDrawsPerSecondMax: null } }, people.owner)
    expect(request.kinds).toEqual(['LIMITS'])
    expect(await limitsNow()).toEqual({ drawsPerSecondMax: drawsPerSecondMax - 1, participantDrawsPerSecondMax: 1 })
    expect(await approve(request, checker.token)).toMatchObject({ code: 'FORBIDDEN', extensions: { reason: 'NOT_DECIDER' } })
    expect(await approve(request, people.owner)).toMatchObject({ code: 'FORBIDDEN', extensions: { reason: 'SELF_APPROVAL' } })
    expect((await approve(request, second.token)).answer).toMatchObject({ state: 'APPLIED' })
    expect(await limitsNow()).toEqual({ drawsPerSecondMax, participantDrawsPerSecondMax: null })
  })

  it('limits within the threshold, and those that moved meanwhile', async () => {
    await approvals(['LIMITS', 1])
    expect((await ask(SET_LIMITS, { i: { participantDrawsPerSecondMax: 500 } }, people.owner)).code).toBeUndefined()
    await approvals(['LIMITS'])
    const request = await waiting(SET_LIMITS, { i: { participantDrawsPerSecondMax: 600 } }, people.owner)
    expect((await ask(SET_LIMITS, { i: { participantDrawsPerSecondMax: 5 } }, second.token)).code).toBeUndefined()
    expect(await approve(request, second.token)).toMatchObject({ code: 'CONFLICT', extensions: { moved: ['participantDrawsPerSecondMax'] } })
    expect(await shown(request.id)).toMatchObject({ state: 'STALE' })
  })

  it('the limit of a key', async () => {
    await approvals(['LIMITS'])
    const { createApiKey: { key } } = await people.admin<{ createApiKey: { key: { id: string } } }>('mutation { createApiKey(name: "Kiosk", drawsPerSecondMax: 5) { key { id } } }')
    expect((await ask(SET_KEY, { id: key.id, n: 4 }, people.owner)).answer).toEqual({ drawsPerSecondMax: 4 })
    const request = await waiting(SET_KEY, { id: key.id, n: null }, people.owner)
    expect(request.diff).toEqual([{ path: 'apiKeys[Kiosk].drawsPerSecondMax', before: '4', after: 'null' }])
    expect(await about(request.id)).toMatchObject({ operation: 'setApiKeyLimit', params: [{ name: 'key', value: 'Kiosk' }], deciders: 1 })
    expect((await approve(request, second.token)).answer).toMatchObject({ state: 'APPLIED' })
    expect(await people.admin('{ apiKeys { name drawsPerSecondMax } }')).toMatchObject({ apiKeys: expect.arrayContaining([{ name: 'Kiosk', drawsPerSecondMax: null }]) })
  })

  it('a policy that asks for less waits for another owner; one that asks for more holds at once', async () => {
    await approvals(['STOCK', 10])
    const set = (p: object, token = people.owner) => policyNow().then(({ version }) => ask(SET_POLICY, { v: version, p }, token))
    const rules = (above: number) => ({ approvals: [{ kind: 'STOCK', above }] })
    expect((await set(rules(5))).code).toBeUndefined()
    expect((await set({ publishers: ['OWNER'] })).code).toBeUndefined()
    for (const looser of [rules(6), { approvals: [] }, { publishers: ['OWNER', 'MANAGER'] }]) {
      expect(await set(looser)).toMatchObject({ code: 'APPROVAL_REQUIRED' })
    }
    expect(await policyNow()).toMatchObject({ approvals: [{ kind: 'STOCK', above: 5 }], publishers: ['OWNER'] })
    const request = await waiting(SET_POLICY, { v: (await policyNow()).version, p: { approvals: [] } }, people.owner)
    expect(request).toMatchObject({ kinds: ['POLICY'], diff: [{ path: 'approvals[STOCK]', after: null }] })
    expect(await approve(request, checker.token)).toMatchObject({ code: 'FORBIDDEN' })
    expect((await approve(request, second.token)).answer).toMatchObject({ state: 'APPLIED' })
    expect((await policyNow()).approvals).toEqual([])
    expect((await set({ publishers: ['OWNER', 'MANAGER', 'REVIEWER'] })).code).toBeUndefined()
    expect(await set({ approvals: [{ kind: 'POLICY' }] })).toMatchObject({ code: 'BAD_USER_INPUT', extensions: { reason: 'POLICY_RULE' } })
  })

  it('say how many could decide, and what the stock is by now', async () => {
    const draft = await createCampaign(app, people.owner, { name: 'Spring', prizes: [{ name: 'Prize', probabilityPpb: 1, stockTotal: 1_000 }] })
    const campaign = await moveCampaign(app, people.owner, 'publish', draft)
    const prize = campaign.prizes[0]!.id
    await approvals(['STOCK', 10])
    const request = await waiting(ADJUST, { p: prize, d: 50, k: 'moved' }, maker.token)
    expect((await ask(ADJUST, { p: prize, d: 5, k: 'between' }, maker.token)).code).toBeUndefined()
    expect(await about(request.id)).toEqual({
      operation: 'adjustStock', params: [{ name: 'prize', value: 'Prize' }, { name: 'units', value: '50' }], campaignName: 'Spring',
      stockNow: 1_005, deciders: 3,
    })
    expect((await approve(request, checker.token)).answer).toMatchObject({ state: 'APPLIED' })
    expect(await about(request.id)).toMatchObject({ stockNow: null })
  })
})
