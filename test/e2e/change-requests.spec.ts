import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Context, type Role, systemContext } from '../../src/common/context.js'
import { CampaignService } from '../../src/modules/campaigns/campaign.service.js'
import { ApprovalService } from '../../src/modules/governance/approval.service.js'
import { ChangeRequestService } from '../../src/modules/governance/change-request.service.js'
import { type PolicyPatch, PolicyService } from '../../src/modules/tenancy/policy.service.js'
import type { ChangeKind } from '../../src/modules/tenancy/tenancy.types.js'
import { bootApp, type TestApp } from '../support/app.js'
import { bearer, CERTAIN_PPB, createCampaign, moveCampaign, type TestCampaign } from '../support/fixtures.js'
import { gql } from '../support/gql.js'
import { People, type Person } from '../support/people.js'

interface Shown {
  id: string
  state: string
  version: number
  kinds: string[]
  summary: string
  diff: Array<{ path: string; before: string | null; after: string | null }>
  author: { id: string }
  decidedBy: { id: string } | null
  decisionReason: string | null
  campaignId: string | null
  baseVersion: number | null
  reason: string | null
}

const FIELDS = `id state version kinds summary reason campaignId baseVersion decisionReason author { id } decidedBy { id } diff { path before after }`
const PUBLISH = 'mutation ($id: ID!, $v: Int!) { publishCampaign(id: $id, expectedVersion: $v) { __typename ... on Campaign { status } ... on InvalidCampaign { message } } }'
const UPDATE = `mutation ($id: ID!, $v: Int!, $p: UpdateCampaignInput!) { updateCampaign(id: $id, expectedVersion: $v, patch: $p) {
  __typename ... on Campaign { version } ... on InvalidCampaign { problems { path } } } }`
const REVISE = `mutation ($id: ID!, $v: Int!, $prizes: [OddsEntryInput!]) { reviseOdds(id: $id, expectedVersion: $v, prizes: $prizes, reason: "Too many") {
  __typename ... on Campaign { version } ... on VersionConflict { message } } }`
const ADJUST = 'mutation ($p: ID!, $d: Int!, $k: ID!) { adjustStock(prizeId: $p, delta: $d, reason: "More", idempotencyKey: $k) { granted } }'
const RELEASE = 'mutation ($p: ID!, $u: Int!, $k: ID!) { releaseStock(prizeId: $p, units: $u, reason: "Now", idempotencyKey: $k) { granted vault } }'
const BLOCK = 'mutation ($i: [RiskEntryInput!]!) { addRiskEntries(inputs: $i) { added } }'
const RULES = 'mutation ($r: [VelocityRuleInput!]!) { setVelocityRules(rules: $r) { drawsMax } }'
const APPROVE = `mutation ($id: ID!, $v: Int!) { approveChange(id: $id, expectedVersion: $v) { ${FIELDS} } }`
const REJECT = `mutation ($id: ID!) { rejectChange(id: $id, reason: "Not today") { ${FIELDS} } }`
const WITHDRAW = `mutation ($id: ID!) { withdrawChange(id: $id) { ${FIELDS} } }`

let app: TestApp
let people: People
let maker: Person
let checker: Person
let reviewer: Person

beforeAll(async () => {
  app = await bootApp()
  people = await People.of(app)
  maker = await people.person('MANAGER')
  checker = await people.person('MANAGER')
  reviewer = await people.person('REVIEWER')
})
afterAll(async () => { await app?.close() })

async function ask(query: string, variables: Record<string, unknown>, token: string) {
  const { body, status } = await gql<Record<string, { __typename?: string }>>(app.adminGraphqlUrl, query, variables, bearer(token))
  const [error] = body.errors ?? []
  const answer = Object.values(body.data ?? {})[0] ?? null
  return { status, code: error?.extensions?.code, message: error?.message, extensions: error?.extensions ?? {}, answer }
}
async function policy(patch: PolicyPatch): Promise<void> {
  // As whoever runs the installation could: an owner would need a second one to ask for less.
  const [service, ctx] = [app.app.get(PolicyService, { strict: false }), systemContext(people.tenant.tenantId, 'tests')]
  await service.set(ctx, (await service.get(ctx)).version, patch)
}
const approvals = (...rules: Array<[kind: ChangeKind, above?: number]>) =>
  policy({ approvals: rules.map(([kind, above]) => ({ kind, above: above ?? 0 })) })
/** Asks for the change, which must wait: what waits. */
async function waiting(query: string, variables: Record<string, unknown>, token = maker.token): Promise<Shown> {
  const { status, code, extensions, answer } = await ask(query, variables, token)
  expect({ status, code, answer }).toEqual({ status: 403, code: 'APPROVAL_REQUIRED', answer: null })
  return shown(String(extensions.changeRequestId))
}
async function shown(id: string): Promise<Shown> {
  const { changeRequest } = await people.admin<{ changeRequest: Shown }>(`query ($id: ID!) { changeRequest(id: $id) { ${FIELDS} } }`, { id })
  return changeRequest
}
const approve = ({ id, version }: Shown, token = checker.token) => ask(APPROVE, { id, v: version }, token)
type ShownCampaign = TestCampaign & { prizes: Array<{ probabilityPpb: number }>; drawsPerUserTotal: number; budget: { totalMinor: number } }
async function campaignOf(id: string) {
  const query = 'query ($id: ID!) { campaign(id: $id) { id slug status version drawsPerUserTotal budget { totalMinor } prizes { id name stockTotal probabilityPpb } } }'
  return (await people.admin<{ campaign: ShownCampaign }>(query, { id })).campaign
}
const budget = { currency: 'CNY', totalMinor: 1_000 }
async function live(): Promise<TestCampaign> {
  await approvals()
  const prizes = [{ name: 'Prize', probabilityPpb: CERTAIN_PPB / 10, stockTotal: 1_000, value: { amountMinor: 1, currency: 'CNY' } }]
  return moveCampaign(app, people.owner, 'publish', await createCampaign(app, people.owner, { prizes, budget, drawsPerUserTotal: 5 }))
}
const contextOf = (person: Person, role: Role): Context =>
  ({ tenantId: people.tenant.tenantId, requestId: 'test', caller: { kind: 'operator', operatorId: person.id, role } })
/** Everything that a change could touch. */
const kept = async (id: string) => JSON.stringify([
  await campaignOf(id), await people.sql('SELECT count(*) FROM stock_ledger'), await people.sql('SELECT count(*) FROM risk_entry'), await people.sql('SELECT count(*) FROM velocity_rule'),
])

describe('where the tenant asks for nothing', () => {
  it('every change is made as ever, and none waits', async () => {
    const campaign = await live()
    expect((await ask(REVISE, { id: campaign.id, v: campaign.version, prizes: [{ prize: 'Prize', probabilityPpb: 1 }] }, maker.token)).answer).toMatchObject({ __typename: 'Campaign' })
    expect((await ask(ADJUST, { p: campaign.prizes[0]!.id, d: 7, k: 'free' }, maker.token)).code).toBeUndefined()
    expect((await ask(BLOCK, { i: [{ list: 'BLOCK', subject: 'PARTICIPANT', value: 'free', reason: 'r' }] }, maker.token)).code).toBeUndefined()
    expect(await people.admin('{ changeRequests { edges { cursor } } }')).toEqual({ changeRequests: { edges: [] } })
  })
})

describe('a change that needs a second operator', () => {
  type VariablesOf = (campaign: TestCampaign, size: number) => Record<string, unknown>
  type Case = [what: string, kind: ChangeKind, above: number, query: string, variables: VariablesOf, path: string]
  it.each<Case>([
    ['odds', 'ODDS', 1_000, REVISE, (c, n) => ({ id: c.id, v: c.version, prizes: [{ prize: 'Prize', probabilityPpb: CERTAIN_PPB / 10 + n }] }), 'prizes[Prize].probabilityPpb'],
    ['stock', 'STOCK', 50, ADJUST, (c, n) => ({ p: c.prizes[0]!.id, d: n, k: `adjust-${n}` }), 'prizes[Prize].stockTotal'],
    ['less stock', 'STOCK', 50, ADJUST, (c, n) => ({ p: c.prizes[0]!.id, d: -n, k: `less-${n}` }), 'prizes[Prize].stockTotal'],
    ['a limit', 'LIMITS', 1, UPDATE, (c, n) => ({ id: c.id, v: c.version, p: { drawsPerUserTotal: 9 + n, ...(n > 1 ? { winsPerUser: 3 } : {}) } }), 'drawsPerUserTotal'],
    ['a budget', 'BUDGET', 100, UPDATE, (c, n) => ({ id: c.id, v: c.version, p: { budget: { currency: 'CNY', totalMinor: 1_000 + n } } }), 'budget.totalMinor'],
    ['lists', 'RISK_LISTS', 2, BLOCK, (c, n) => ({ i: Array.from({ length: n }, (_, i) => ({ campaignId: c.id, list: 'BLOCK', subject: 'PARTICIPANT', value: `v${i}`, reason: 'r' })) }), 'entries[0]'],
  ])('waits above the threshold and changes nothing until it is approved: %s', async (what, kind, above, query, variables, path) => {
    const first = await live()
    await approvals([kind, above])
    expect((await ask(query, variables(first, above), maker.token)).code).toBeUndefined()
    const campaign = await campaignOf(first.id)
    const before = await kept(campaign.id)
    // One more than the threshold, beside what was free.
    const asked = variables(campaign, 2 * above + 1)
    const request = await waiting(query, asked)
    expect(request).toMatchObject({ state: 'PENDING', kinds: [kind], author: { id: maker.id }, decidedBy: null, campaignId: campaign.id })
    expect(request.diff.map((change) => change.path)).toContain(path)
    expect(await kept(campaign.id)).toBe(before)
    // The same, asked again, is the same request.
    expect((await waiting(query, asked)).id).toBe(request.id)
    const done = await approve(request)
    expect(done.answer).toMatchObject({ state: 'APPLIED', decidedBy: { id: checker.id }, author: { id: maker.id } })
    expect(await kept(campaign.id)).not.toBe(before)
    const entries = await people.sql<{ actor_id: string; approved: { changeRequestId: string; authorId: string } }>(
      'SELECT actor_id, after -> \'approved\' AS approved FROM audit_log WHERE after -> \'approved\' ->> \'changeRequestId\' = $1', [request.id])
    const entry = { actor_id: checker.id, approved: { changeRequestId: request.id, authorId: maker.id } }
    // Less stock is taken out of the buckets first, which the log says by itself.
    expect(entries).toEqual(what === 'less stock' ? [entry, entry] : [entry])
    expect(await approve(await shown(request.id))).toMatchObject({ code: 'CONFLICT' })
  })

  it('publishes, in the name of the second', async () => {
    await approvals(['PUBLISH'])
    const draft = await createCampaign(app, maker.token)
    const request = await waiting(PUBLISH, { id: draft.id, v: draft.version })
    expect(request.diff).toEqual([{ path: 'status', before: '"DRAFT"', after: '"ACTIVE"' }])
    expect((await campaignOf(draft.id)).status).toBe('DRAFT')
    expect((await approve(request, reviewer.token)).answer).toMatchObject({ state: 'APPLIED' })
    expect((await campaignOf(draft.id)).status).toBe('ACTIVE')
  })

  it('releases stock, and sets rules where they are still those that were seen', async () => {
    const campaign = await live()
    const prize = campaign.prizes[0]!.id
    await approvals(['STOCK'], ['LIMITS'])
    const release = await waiting(RELEASE, { p: prize, u: 1, k: 'release' })
    // Nothing lies in the vault.
    expect(await approve(release)).toMatchObject({ code: 'BAD_USER_INPUT' })
    expect(await shown(release.id)).toMatchObject({ state: 'STALE' })
    const rule = (drawsMax: number) => ({ r: [{ subject: 'IP', windowSeconds: 60, drawsMax }] })
    const [mine, older] = [await waiting(RULES, rule(5)), await waiting(RULES, rule(6))]
    expect((await approve(mine)).code).toBeUndefined()
    expect(await people.admin('{ velocityRules { drawsMax } }')).toEqual({ velocityRules: [{ drawsMax: 5 }] })
    expect(await approve(older)).toMatchObject({ code: 'CONFLICT', extensions: { moved: ['rules'] } })
    expect(await people.admin('{ velocityRules { drawsMax } }')).toEqual({ velocityRules: [{ drawsMax: 5 }] })
  })

  it('is refused at once where it could not be made, and free where it concerns no published campaign', async () => {
    await live()
    await approvals(['LIMITS'], ['STOCK'], ['ODDS'])
    const draft = await createCampaign(app, maker.token)
    expect((await ask(UPDATE, { id: draft.id, v: draft.version, p: { drawsPerUserTotal: 3 } }, maker.token)).answer).toMatchObject({ __typename: 'Campaign' })
    expect((await ask(ADJUST, { p: draft.prizes[0]!.id, d: 100, k: 'draft' }, maker.token)).code).toBeUndefined()
    const rulesOf = 'mutation ($c: ID!) { setVelocityRules(campaignId: $c, rules: [{ subject: IP, windowSeconds: 60, drawsMax: 5 }]) { drawsMax } }'
    expect((await ask(rulesOf, { c: draft.id }, maker.token)).answer).toEqual([{ drawsMax: 5 }])
    const campaign = await live()
    await approvals(['LIMITS'], ['STOCK'], ['ODDS'])
    expect((await ask(UPDATE, { id: campaign.id, v: campaign.version, p: { drawsPerUserTotal: 0 } }, maker.token)).answer).toMatchObject({ __typename: 'InvalidCampaign' })
    expect((await ask(UPDATE, { id: campaign.id, v: campaign.version, p: { name: 'Another' } }, maker.token)).answer).toMatchObject({ __typename: 'Campaign' })
    expect((await ask(REVISE, { id: campaign.id, v: campaign.version, prizes: [{ prize: 'Prize', probabilityPpb: 1 }] }, maker.token)).answer).toMatchObject({ __typename: 'VersionConflict' })
  })
})

describe('who decides', () => {
  const limits = async (): Promise<Shown> => {
    const campaign = await live()
    await approvals(['LIMITS'])
    return waiting(UPDATE, { id: campaign.id, v: campaign.version, p: { drawsPerUserTotal: 9 } })
  }

  it('says so of who asks', async () => {
    const request = await limits()
    const mayDecide = async (token: string) => (await ask('query ($id: ID!) { changeRequest(id: $id) { mayDecide } }', { id: request.id }, token)).answer
    expect(await mayDecide(maker.token)).toEqual({ mayDecide: false })
    expect(await mayDecide(checker.token)).toEqual({ mayDecide: true })
    expect(await mayDecide(reviewer.token)).toEqual({ mayDecide: false })
  })

  it('finds a change waiting again that somebody began to make and never ended, and its author may take it back', async () => {
    const request = await limits()
    const begun = (until: string) => people.sql(
      `UPDATE change_request SET state = 'APPLYING', version = version + 1, decided_by = $2, lease_until = now() + $3::interval WHERE id = $1`,
      [request.id, checker.id, until],
    )
    await begun('1 minute')
    expect(await shown(request.id)).toMatchObject({ state: 'APPLYING' })
    expect(await ask(WITHDRAW, { id: request.id }, maker.token)).toMatchObject({ code: 'CONFLICT' })
    await begun('-1 second')
    expect(await shown(request.id)).toMatchObject({ state: 'PENDING' })
    const { changeRequests } = await people.admin<{ changeRequests: { edges: Array<{ node: { id: string } }> } }>('{ changeRequests(state: PENDING) { edges { node { id } } } }')
    expect(changeRequests.edges.map(({ node }) => node.id)).toContain(request.id)
    expect((await ask(WITHDRAW, { id: request.id }, maker.token)).answer).toMatchObject({ state: 'WITHDRAWN' })
  })

  it('is never the author: through the API, through the services, in the database', async () => {
    const request = await limits()
    expect(await approve(request, maker.token)).toMatchObject({ code: 'FORBIDDEN' })
    expect(await ask(REJECT, { id: request.id }, maker.token)).toMatchObject({ code: 'FORBIDDEN' })
    const author = contextOf(maker, 'OWNER')
    await expect(app.app.get(ApprovalService, { strict: false }).approve(author, request.id, request.version)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(app.app.get(ChangeRequestService, { strict: false }).claim(author, request.id, request.version)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const forged = 'UPDATE change_request SET state = \'APPLIED\', decided_by = author_id WHERE id = $1'
    await expect(people.sql(forged, [request.id])).rejects.toThrow('change_request_second_operator')
    expect(await shown(request.id)).toMatchObject({ state: 'PENDING', version: 1 })
  })

  it('is nobody whose role could not make the change', async () => {
    const request = await limits()
    expect(await approve(request, reviewer.token)).toMatchObject({ code: 'FORBIDDEN' })
    const draft = await createCampaign(app, maker.token)
    await policy({ publishers: ['OWNER', 'REVIEWER'], approvals: [{ kind: 'PUBLISH', above: 0 }] })
    expect(await ask(PUBLISH, { id: draft.id, v: draft.version }, maker.token)).toMatchObject({ code: 'FORBIDDEN' })
    const publication = await waiting(PUBLISH, { id: draft.id, v: draft.version }, reviewer.token)
    expect(await approve(publication, checker.token)).toMatchObject({ code: 'FORBIDDEN' })
    expect((await approve(publication, people.owner)).code).toBeUndefined()
    await policy({ publishers: ['OWNER', 'MANAGER', 'REVIEWER'] })
  })

  it('rejects with a reason, and the author alone withdraws', async () => {
    const [rejected, withdrawn] = [await limits(), await limits()]
    expect((await ask(REJECT, { id: rejected.id }, checker.token)).answer).toMatchObject({ state: 'REJECTED', decisionReason: 'Not today', decidedBy: { id: checker.id } })
    expect(await ask(WITHDRAW, { id: withdrawn.id }, checker.token)).toMatchObject({ code: 'FORBIDDEN' })
    expect((await ask(WITHDRAW, { id: withdrawn.id }, maker.token)).answer).toMatchObject({ state: 'WITHDRAWN' })
    for (const { id } of [rejected, withdrawn]) expect(await approve(await shown(id))).toMatchObject({ code: 'CONFLICT' })
    const actions = await people.sql<{ action: string }>('SELECT action FROM audit_log WHERE subject_id = ANY($1) ORDER BY id', [[rejected.id, withdrawn.id]])
    expect(actions.map(({ action }) => action)).toEqual(['change-request.created', 'change-request.created', 'change-request.rejected', 'change-request.withdrawn'])
    const { changeRequests } = await people.admin<{ changeRequests: { edges: Array<{ node: { id: string } }> } }>(
      '{ changeRequests(state: REJECTED, kind: LIMITS) { edges { node { id } } } }')
    expect(changeRequests.edges.map(({ node }) => node.id)).toEqual([rejected.id])
  })

  it('is one of two who approve at once', async () => {
    const campaign = await live()
    await approvals(['STOCK'])
    const request = await waiting(ADJUST, { p: campaign.prizes[0]!.id, d: 10, k: 'once' })
    const answers = await Promise.all([checker.token, people.owner, checker.token, people.owner].map((token) => approve(request, token)))
    expect(answers.map(({ code }) => code ?? 'done').sort()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'done'])
    expect((await campaignOf(campaign.id)).prizes[0]!.stockTotal).toBe(1_010)
  })

  it('is told what moved where the campaign has changed meanwhile', async () => {
    const campaign = await live()
    await approvals(['LIMITS'])
    const request = await waiting(UPDATE, { id: campaign.id, v: campaign.version, p: { drawsPerUserTotal: 9 } })
    await ask(UPDATE, { id: campaign.id, v: campaign.version, p: { name: 'Another' } }, checker.token)
    expect(await approve(request)).toMatchObject({ code: 'CONFLICT', extensions: { moved: expect.arrayContaining(['name']) } })
    expect((await campaignOf(campaign.id)).drawsPerUserTotal).toBe(5)
    expect(await shown(request.id)).toMatchObject({ state: 'STALE', decidedBy: { id: checker.id } })
  })

  it('comes too late after the time that the tenant gives', async () => {
    const request = await limits()
    await people.sql('UPDATE change_request SET expires_at = now() - interval \'1 second\' WHERE id = $1', [request.id])
    expect(await shown(request.id)).toMatchObject({ state: 'EXPIRED' })
    expect(await approve(request)).toMatchObject({ code: 'CONFLICT', message: 'The change request is expired' })
    expect(await ask(WITHDRAW, { id: request.id }, maker.token)).toMatchObject({ code: 'CONFLICT' })
  })

  it('goes on where an approver’s process died, and who was only slow changes nothing any more', async () => {
    const request = await limits()
    const [requests, campaign] = [app.app.get(ChangeRequestService, { strict: false }), request.campaignId!]
    const slow = await requests.claim(contextOf(checker, 'MANAGER'), request.id, request.version)
    const taken = await shown(request.id)
    expect(await approve(taken, people.owner)).toMatchObject({ code: 'CONFLICT', message: 'The change request is applying' })
    await people.sql('UPDATE change_request SET lease_until = now() - interval \'1 second\' WHERE id = $1', [request.id])
    expect((await approve(taken, people.owner)).answer).toMatchObject({ state: 'APPLIED' })
    const { version } = await campaignOf(campaign)
    const late = app.app.get(CampaignService, { strict: false }).update(slow.ctx, campaign, version, { drawsPerUserTotal: 11 })
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await campaignOf(campaign)).toMatchObject({ version, drawsPerUserTotal: 9 })
  })
})
