import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Kind, parse } from 'graphql'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { encodeDrawId } from '../../src/common/draw-id.js'
import { newId } from '../../src/common/ids.js'
import { systemContext } from '../../src/common/context.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { PolicyService } from '../../src/modules/tenancy/policy.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { csv, upload } from '../support/codes.js'
import { accepted, type DeviceTokens, deviceTokens, grantTickets, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createLiveCampaign, type LiveCampaign, serverKey } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'

type Ids = Record<'campaign' | 'slug' | 'prize' | 'award' | 'draw' | 'apiKey' | 'participantKey' | 'riskEntry' | 'codeImport' | 'operator' | 'invitation' | 'changeRequest', string>
type Operation = [field: string, text: string, variables: (ids: Ids, own: LiveCampaign) => Record<string, unknown>]

const payload = '__typename ... on Campaign { id } ... on VersionConflict { message current { id } } ... on InvalidCampaign { message problems { path message } }'
const move = (field: string): Operation =>
  [field, `mutation ($c: ID!) { ${field}(id: $c, expectedVersion: 2) { ${payload} } }`, ({ campaign }) => ({ c: campaign })]
const update: [string, string] = ['updateCampaign', `mutation ($c: ID!, $v: Int!, $p: UpdateCampaignInput!) { updateCampaign(id: $c, expectedVersion: $v, patch: $p) { ${payload} } }`]

const appOperations: Operation[] = [
  ['campaign', 'query ($c: ID!) { campaign(id: $c) { id name prizes { id } } }', ({ campaign }) => ({ c: campaign })],
  ['campaign', 'query ($s: String!) { campaign(slug: $s) { id name } }', ({ slug }) => ({ s: slug })],
  ['draw', 'query ($d: ID!) { draw(id: $d) { id userId outcome award { code } } }', ({ draw }) => ({ d: draw })],
  ['draws', 'query ($c: ID!) { draws(campaignId: $c, first: 5) { edges { cursor } } }', ({ campaign }) => ({ c: campaign })],
  ['draws', 'query ($c: ID!) { draws(campaignId: $c, userId: "shared") { edges { cursor } } }', ({ campaign }) => ({ c: campaign })],
  ['participant', 'query ($c: ID!) { participant(campaignId: $c, userId: "shared") { wins tickets drawsLeft } }', ({ campaign }) => ({ c: campaign })],
  ['recentWinners', 'query ($c: ID!) { recentWinners(campaignId: $c) { maskedUserId } }', ({ campaign }) => ({ c: campaign })],
  ['draw', 'mutation ($c: ID!) { draw(input: { campaignId: $c, userId: "shared", idempotencyKey: "key" }) { __typename ... on DrawRejected { code message retryAfterMs } } }', ({ campaign }) => ({ c: campaign })],
  ['grantTickets', 'mutation ($c: ID!) { grantTickets(input: { campaignId: $c, userId: "shared", amount: 1, reason: "r", idempotencyKey: "other" }) { balance } }', ({ campaign }) => ({ c: campaign })],
  ['resetTestDraws', 'mutation ($c: ID!) { resetTestDraws(campaignId: $c) }', ({ campaign }) => ({ c: campaign })],
  ['award', 'query ($a: ID!) { award(id: $a) { kind award { id } address { city } } }', ({ award }) => ({ a: award })],
  ['submitAwardAddress', 'mutation ($a: ID!) { submitAwardAddress(awardId: $a, address: { recipient: "R", country: "CN", city: "C", line1: "L" }) { kind } }', ({ award }) => ({ a: award })],
  ['claimTickets', 'mutation ($c: ID!) { claimTickets(input: { campaignId: $c, userId: "shared", rule: SIGN_IN, idempotencyKey: "k" }) { __typename ... on ClaimRejected { code message retryAfterMs } } }', ({ campaign }) => ({ c: campaign })],
  ['participant', 'query ($c: ID!) { participant(campaignId: $c, userId: "shared") { signInStreak ticketLots { amount } } }', ({ campaign }) => ({ c: campaign })],
]
const ofServersAlone = ['grantTickets', 'resetTestDraws']
const adminOperations: Operation[] = [
  ['campaign', 'query ($c: ID!) { campaign(id: $c) { id name } }', ({ campaign }) => ({ c: campaign })],
  ['campaigns', 'query ($s: String!) { campaigns(search: $s) { edges { node { id } } } }', ({ slug }) => ({ s: slug })],
  ['inventory', 'query ($c: ID!) { inventory(campaignId: $c) { granted } }', ({ campaign }) => ({ c: campaign })],
  ['draw', 'query ($d: ID!) { draw(id: $d) { id userId outcome bucket epoch } }', ({ draw }) => ({ d: draw })],
  ['draws', 'query ($c: ID!) { draws(campaignId: $c) { edges { cursor } } }', ({ campaign }) => ({ c: campaign })],
  ['draws', 'query ($c: ID!) { draws(campaignId: $c, userId: "shared", idempotencyKey: "key") { edges { cursor } } }', ({ campaign }) => ({ c: campaign })],
  ['stockLedger', 'query ($c: ID!) { stockLedger(campaignId: $c) { edges { cursor } } }', ({ campaign }) => ({ c: campaign })],
  ['stockLedger', 'query ($c: ID!, $p: ID!) { stockLedger(campaignId: $c, prizeId: $p) { edges { cursor } } }', ({ prize }, own) => ({ c: own.campaign.id, p: prize })],
  ['releaseSteps', 'query ($c: ID!) { releaseSteps(campaignId: $c) { no } }', ({ campaign }) => ({ c: campaign })],
  ['booksAudit', 'query ($c: ID!) { booksAudit(campaignId: $c) { balanced draws } }', ({ campaign }) => ({ c: campaign })],
  ['budget', 'query ($c: ID!) { budget(campaignId: $c) { day } }', ({ campaign }) => ({ c: campaign })],
  ['liveDraws', 'query ($c: ID!) { liveDraws(campaignId: $c) { unsettled } }', ({ campaign }) => ({ c: campaign })],
  ['quarantinedDraws', 'query ($c: ID!) { quarantinedDraws(campaignId: $c) { edges { cursor } } }', ({ campaign }) => ({ c: campaign })],
  ['ticketLedger', 'query ($c: ID!) { ticketLedger(campaignId: $c, userId: "shared") { edges { cursor } } }', ({ campaign }) => ({ c: campaign })],
  ['participantState', 'query ($c: ID!) { participantState(campaignId: $c, userId: "shared") { wins tickets signInStreak } }', ({ campaign }) => ({ c: campaign })],
  ['participant', '{ participant(userId: "shared") { balances { currency } wins { campaignId awards } riskEntries { id } } }', () => ({})],
  ['walletLedger', '{ walletLedger(userId: "shared") { edges { node { awardId campaignId } } } }', () => ({})],
  ['consumedEvents', 'query ($d: String!) { consumedEvents(consumer: RISK, subject: $d) { id } }', ({ draw }) => ({ d: draw })],
  ['consumedEvents', 'query ($d: String!) { consumedEvents(consumer: USER_CENTER, subject: $d) { id } }', ({ draw }) => ({ d: `A${draw}` })],
  ['riskEntries', 'query ($c: ID) { riskEntries(campaignId: $c) { edges { node { id } } } }', ({ campaign }) => ({ c: campaign })],
  ['velocityRules', 'query ($c: ID) { velocityRules(campaignId: $c) { drawsMax } }', ({ campaign }) => ({ c: campaign })],
  [...update, ({ campaign }) => ({ c: campaign, v: 2, p: { name: 'taken over' } })],
  [...update, ({ prize }, own) => ({ c: own.campaign.id, v: own.campaign.version, p: { prizes: [{ id: prize, name: 'x', probabilityPpb: 1, stockTotal: 1 }] } })],
  move('publishCampaign'), move('pauseCampaign'), move('resumeCampaign'), move('endCampaign'),
  ['cloneCampaign', `mutation ($c: ID!) { cloneCampaign(id: $c, slug: "a-clone") { ${payload} } }`, ({ campaign }) => ({ c: campaign })],
  ['reviseOdds', `mutation ($c: ID!) { reviseOdds(id: $c, expectedVersion: 2, oddsTables: [], reason: "r") { ${payload} } }`, ({ campaign }) => ({ c: campaign })],
  ['adjustStock', 'mutation ($p: ID!) { adjustStock(prizeId: $p, delta: 5, reason: "r", idempotencyKey: "k") { granted } }', ({ prize }) => ({ p: prize })],
  ['growBuckets', `mutation ($c: ID!) { growBuckets(id: $c, expectedVersion: 2, bucketCount: 64) { ${payload} } }`, ({ campaign }) => ({ c: campaign })],
  ['releaseStock', 'mutation ($p: ID!) { releaseStock(prizeId: $p, units: 5, reason: "r", idempotencyKey: "k") { granted } }', ({ prize }) => ({ p: prize })],
  ['resetTestDraws', 'mutation ($c: ID!) { resetTestDraws(campaignId: $c) }', ({ campaign }) => ({ c: campaign })],
  ['setApiKeyLimit', 'mutation ($k: ID!) { setApiKeyLimit(id: $k, drawsPerSecondMax: 5) { id } }', ({ apiKey }) => ({ k: apiKey })],
  ['revokeApiKey', 'mutation ($k: ID!) { revokeApiKey(id: $k) { id } }', ({ apiKey }) => ({ k: apiKey })],
  ['revokeParticipantKey', 'mutation ($k: ID!) { revokeParticipantKey(id: $k) { id } }', ({ participantKey }) => ({ k: participantKey })],
  ['addRiskEntry', 'mutation ($i: RiskEntryInput!) { addRiskEntry(input: $i) { id } }', ({ campaign }) => ({ i: { campaignId: campaign, list: 'BLOCK', subject: 'PARTICIPANT', value: 'v', reason: 'r' } })],
  ['addRiskEntries', 'mutation ($i: [RiskEntryInput!]!) { addRiskEntries(inputs: $i) { added } }', ({ campaign }) => ({ i: [{ campaignId: campaign, list: 'BLOCK', subject: 'PARTICIPANT', value: 'v', reason: 'r' }] })],
  ['removeRiskEntry', 'mutation ($e: ID!) { removeRiskEntry(id: $e) { id } }', ({ riskEntry }) => ({ e: riskEntry })],
  ['setVelocityRules', 'mutation ($c: ID, $r: [VelocityRuleInput!]!) { setVelocityRules(campaignId: $c, rules: $r) { drawsMax } }', ({ campaign }) => ({ c: campaign, r: [{ subject: 'IP', windowSeconds: 1, drawsMax: 1 }] })],
  ['award', 'query ($a: ID!) { award(id: $a) { id userId history { to } } }', ({ award }) => ({ a: award })],
  ['awards', 'query ($c: ID!) { awards(campaignId: $c) { edges { node { id } } } }', ({ campaign }) => ({ c: campaign })],
  ['awardAddress', 'query ($a: ID!) { awardAddress(id: $a) { city } }', ({ award }) => ({ a: award })],
  ['reissueAwards', 'mutation ($a: ID!, $k: ID!) { reissueAwards(ids: [$a], reason: "r", idempotencyKey: $k) { refusal award { id } } }', ({ award }) => ({ a: award, k: `i${award}` })],
  ['revokeAwards', 'mutation ($a: ID!, $k: ID!) { revokeAwards(ids: [$a], reason: "r", stock: WRITE_OFF, idempotencyKey: $k) { refusal award { id } } }', ({ award }) => ({ a: award, k: `r${award}` })],
  ['expireAwards', 'mutation ($a: ID!, $k: ID!) { expireAwards(ids: [$a], reason: "r", stock: RETURN_TO_VAULT, idempotencyKey: $k) { refusal award { id } } }', ({ award }) => ({ a: award, k: `e${award}` })],
  ['markAwardFulfilled', 'mutation ($a: ID!) { markAwardFulfilled(id: $a, reference: "r") { id } }', ({ award }) => ({ a: award })],
  ['failAward', 'mutation ($a: ID!) { failAward(id: $a, reason: "r") { id } }', ({ award }) => ({ a: award })],
  ['setPrizeFulfilment', 'mutation ($p: ID!) { setPrizeFulfilment(prizeId: $p, fulfilment: { kind: MANUAL }) { id } }', ({ prize }) => ({ p: prize })],
  ['codePools', 'query ($c: ID!) { codePools(campaignId: $c) { imported } }', ({ campaign }) => ({ c: campaign })],
  ['codeImport', 'query ($i: ID!) { codeImport(id: $i) { state } }', ({ codeImport }) => ({ i: codeImport })],
  ['codeImports', 'query ($p: ID!) { codeImports(prizeId: $p) { id } }', ({ prize }) => ({ p: prize })],
  ['setCodeLowStock', 'mutation ($p: ID!) { setCodeLowStock(prizeId: $p, lowStockAt: 5) { imported } }', ({ prize }) => ({ p: prize })],
  ['setOperatorRole', 'mutation ($o: ID!) { setOperatorRole(id: $o, role: ANALYST) { id } }', ({ operator }) => ({ o: operator })],
  ['disableOperator', 'mutation ($o: ID!) { disableOperator(id: $o) { id } }', ({ operator }) => ({ o: operator })],
  ['enableOperator', 'mutation ($o: ID!) { enableOperator(id: $o) { id } }', ({ operator }) => ({ o: operator })],
  ['issuePasswordReset', 'mutation ($o: ID!) { issuePasswordReset(operatorId: $o) { token } }', ({ operator }) => ({ o: operator })],
  ['resetOperatorTotp', 'mutation ($o: ID!) { resetOperatorTotp(id: $o) { id } }', ({ operator }) => ({ o: operator })],
  ['changeRequest', 'query ($r: ID!) { changeRequest(id: $r) { summary } }', ({ changeRequest }) => ({ r: changeRequest })],
  ['approveChange', 'mutation ($r: ID!) { approveChange(id: $r, expectedVersion: 1) { state } }', ({ changeRequest }) => ({ r: changeRequest })],
  ['rejectChange', 'mutation ($r: ID!) { rejectChange(id: $r, reason: "r") { state } }', ({ changeRequest }) => ({ r: changeRequest })],
  ['withdrawChange', 'mutation ($r: ID!) { withdrawChange(id: $r) { state } }', ({ changeRequest }) => ({ r: changeRequest })],
  ['revokeInvitation', 'mutation ($i: ID!) { revokeInvitation(id: $i) { id } }', ({ invitation }) => ({ i: invitation })],
  ['voidCodes', 'mutation ($p: ID!) { voidCodes(prizeId: $p, reason: "r") { imported } }', ({ prize }) => ({ p: prize })],
  ['auditLog', 'query ($f: AuditFilter) { auditLog(filter: $f) { edges { node { seq } } } }', ({ campaign }) => ({ f: { campaignId: campaign } })],
  ['auditLog', 'query ($f: AuditFilter) { auditLog(filter: $f) { edges { node { seq } } } }', ({ apiKey }) => ({ f: { subjectId: apiKey } })],
]
/** These take no id of anything: what they may show or make is the caller's own. Subscriptions are tried below. */
const withoutIds = {
  app: ['campaigns', 'drawSettled', 'winners', 'walletBalances'],
  admin: ['me', 'apiKeys', 'participantKeys', 'login', 'logout', 'createCampaign', 'createCampaignFromTemplate', 'campaignTemplates', 'createApiKey', 'registerParticipantKey',
    'webhookSecret', 'rotateWebhookSecret', 'checkExpression', 'operators', 'invitations', 'tenantPolicy', 'setTenantPolicy', 'tenantLimits', 'setTenantLimits', 'inviteOperator',
    'acceptInvitation', 'resetPassword', 'changePassword', 'enrolTotp', 'confirmTotp', 'disableTotp', 'features', 'switchFeature', 'auditHead', 'changeRequests', 'queueDesk', 'codeAlarms', 'failedAwards'],
}

function rootFields(api: 'app' | 'admin'): string[] {
  const document = parse(readFileSync(new URL(`../../schema/${api}.graphql`, import.meta.url), 'utf8'))
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.OBJECT_TYPE_DEFINITION && ['Query', 'Mutation', 'Subscription'].includes(definition.name.value)
      ? (definition.fields ?? []).map(({ name }) => name.value) : [])
}

describe('two tenants', () => {
  let app: TestApp
  let own: LiveCampaign
  let other: LiveCampaign
  let theirs: Ids
  let devices: DeviceTokens
  let before: string

  const nothing = (): Ids => ({
    campaign: newId(), slug: 'no-such-campaign', prize: newId(), apiKey: newId(), participantKey: newId(), riskEntry: newId(), codeImport: newId(), operator: newId(), invitation: newId(), changeRequest: newId(),
    award: `A${encodeDrawId({ snowflake: 1n << 61n, campaignNo: 2 ** 30, bucket: 0 })}`,
    draw: encodeDrawId({ snowflake: 1n << 61n, campaignNo: 2 ** 30, bucket: 0 }),
  })

  /** All rows of the other tenant, as text, but for when workers came to them. */
  async function everythingOfTheirs(): Promise<string> {
    const tables = ['campaign', 'campaign_version', 'prize', 'stock_ledger', 'draw', 'award', 'ticket_ledger', 'risk_entry', 'velocity_rule', 'participant_key', 'operator', 'tenant_policy', 'operator_totp', 'operator_recovery_code', 'operator_link', 'change_request', 'fulfilment_task', 'award_event', 'award_address', 'wallet_entry', 'desk_request', 'webhook_secret', 'code_pool', 'code_import', 'prize_code', 'code_waiting', 'feature_switch']
    return app.app.get(SqlService, { strict: false }).tenant(other.tenant.tenantId, async (sql) => {
      const texts: string[] = []
      for (const table of tables) {
        const { rows } = await sql.query<{ rows: string }>(`SELECT coalesce(json_agg(to_jsonb(t) - '{settled_at,gathered_at}'::text[] ORDER BY t::text), '[]')::text AS rows FROM ${table} t`)
        texts.push(`${table}: ${rows[0]!.rows}`)
      }
      return texts.join('\n')
    })
  }

  beforeAll(async () => {
    app = await bootApp()
    const input = { prizes: [{ name: 'Prize', kind: 'COUPON_CODE' as const, probabilityPpb: CERTAIN_PPB, stockTotal: 1_000 }] }
    own = await createLiveCampaign(app, input)
    other = await createLiveCampaign(app, input)
    devices = await deviceTokens(app, own.tenant, own.token)
    await deviceTokens(app, other.tenant, other.token)
    const admin = <T>(query: string) => gqlData<T>(app.adminGraphqlUrl, query, {}, bearer(other.token))
    const { addRiskEntry } = await admin<{ addRiskEntry: { id: string } }>(
      `mutation { addRiskEntry(input: { campaignId: "${other.campaign.id}", list: ALLOW, subject: PARTICIPANT, value: "shared", reason: "r" }) { id } }`)
    await admin(`mutation { setVelocityRules(campaignId: "${other.campaign.id}", rules: [{ subject: IP, windowSeconds: 60, drawsMax: 9 }]) { drawsMax } }`)
    type Keys = Record<'apiKeys' | 'participantKeys', Array<{ id: string }>>
    const { me } = await admin<{ me: { id: string } }>('{ me { id } }')
    const { inviteOperator } = await admin<{ inviteOperator: { invitation: { id: string } } }>(
      'mutation { inviteOperator(email: "theirs@other.example", role: ANALYST) { invitation { id } } }')
    await admin('mutation { setTenantPolicy(expectedVersion: 0, patch: { approvals: [{ kind: RISK_LISTS }] }) { version } }')
    const waits = await gql(app.adminGraphqlUrl, 'mutation { addRiskEntry(input: { list: BLOCK, subject: DEVICE, value: "waits", reason: "r" }) { id } }', {}, bearer(other.token))
    const changeRequest = String(waits.body.errors?.[0]?.extensions?.changeRequestId)
    // As whoever runs the installation could: an owner alone does not ask for less.
    await app.app.get(PolicyService, { strict: false }).set(systemContext(other.tenant.tenantId, 'tests'), 1, { approvals: [] })
    const keys = await admin<Keys>('query { apiKeys { id } participantKeys { id } }')
    const { body: imported } = await upload(app, bearer(other.token), other.campaign.prizes[0]!.id, csv(['THEIRS-1', 'THEIRS-2', 'THEIRS-3']))
    const { draws: [drawn] } = await accepted(app, serverKey(other.tenant), { campaignId: other.campaign.id, userId: 'shared', idempotencyKey: 'key' })
    await grantTickets(app, other, 'shared', 3)
    await settledBooks(app, other)
    theirs = {
      campaign: other.campaign.id, slug: other.campaign.slug, prize: other.campaign.prizes[0]!.id, draw: drawn!.id, award: `A${drawn!.id}`,
      apiKey: keys.apiKeys[0]!.id, participantKey: keys.participantKeys[0]!.id, riskEntry: addRiskEntry.id, codeImport: imported.id,
      operator: me.id, invitation: inviteOperator.invitation.id, changeRequest,
    }
    before = await everythingOfTheirs()
  })
  afterAll(async () => { await app.close() })

  /** The whole answer but for what must differ: the request's id, and the asked id where it is repeated. */
  async function answer(url: string, [, text, variables]: Operation, ids: Ids, headers: Record<string, string>) {
    const { status, body, headers: answered } = await gql(url, text, variables(ids, own), headers)
    let told = JSON.stringify(body)
    for (const [name, id] of Object.entries(ids)) told = told.replaceAll(id, `<${name}>`)
    const parsed = JSON.parse(told) as typeof body
    for (const { extensions } of parsed.errors ?? []) delete extensions?.requestId
    return { status, body: parsed, type: answered.get('content-type'), cache: answered.get('cache-control') }
  }

  it('every operation of both schemas is tried, or has no ids', () => {
    const tried = { app: appOperations, admin: adminOperations }
    for (const api of ['app', 'admin'] as const) {
      expect([...new Set([...tried[api].map(([field]) => field), ...withoutIds[api]])].sort()).toEqual([...new Set(rootFields(api))].sort())
    }
  })

  it.each(appOperations)('app, server: %s by another’s id (%#)', async (...operation) => {
    const headers = serverKey(own.tenant)
    const foreign = await answer(app.graphqlUrl, operation, theirs, headers)
    expect(foreign).toEqual(await answer(app.graphqlUrl, operation, nothing(), headers))
    expect(JSON.stringify(foreign)).not.toMatch(/INTERNAL|"Prize"/)
  })

  it.each(appOperations.filter(([field]) => !ofServersAlone.includes(field)))('app, device: %s by another’s id (%#)', async (...operation) => {
    const headers = await devices.headers('shared')
    const foreign = await answer(app.graphqlUrl, operation, theirs, headers)
    expect(foreign).toEqual(await answer(app.graphqlUrl, operation, nothing(), headers))
    expect(JSON.stringify(foreign)).not.toMatch(/INTERNAL|RATE_LIMITED|"Prize"/)
    await new Promise((resolve) => setTimeout(resolve, 300)) // a device may come five times a second
  })

  it.each(adminOperations)('admin: %s by another’s id (%#)', async (...operation) => {
    const headers = bearer(own.token)
    const foreign = await answer(app.adminGraphqlUrl, operation, theirs, headers)
    expect(foreign).toEqual(await answer(app.adminGraphqlUrl, operation, nothing(), headers))
    expect(JSON.stringify(foreign)).not.toMatch(/INTERNAL|"Prize"/)
  })

  it.each(['drawSettled(drawId: $id) { id }', 'winners(campaignId: $id) { at }', 'liveDraws(campaignId: $id) { unsettled }'])('subscription %s', async (field) => {
    const isAdmin = field.startsWith('liveDraws')
    const url = (isAdmin ? app.adminGraphqlUrl : app.graphqlUrl).replace('http', 'ws')
    const connectionParams = isAdmin ? bearer(own.token) : serverKey(own.tenant)
    const outcome = async (id: string): Promise<unknown> => {
      const client = createClient({ url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 })
      const told: unknown[] = []
      try {
        const iterator = client.iterate({ query: `subscription ($id: ID!) { ${field} }`, variables: { id } })
        const late = setTimeout(() => void iterator.return?.(), 1_000)
        for await (const result of iterator) told.push(result)
        clearTimeout(late)
      } catch (error) {
        told.push(error)
      } finally {
        await client.dispose()
      }
      return JSON.parse(JSON.stringify(told).replaceAll(id, '<id>').replace(/"requestId":"[^"]*"/g, '"requestId":""'))
    }
    const of = (ids: Ids) => (field.startsWith('draw') ? ids.draw : ids.campaign)
    expect(await outcome(of(theirs))).toEqual(await outcome(of(nothing())))
  })

  it('lists show the caller’s own alone', async () => {
    const shown = JSON.stringify([
      await gqlData(app.graphqlUrl, 'query { campaigns { id prizes { id } } }', {}, serverKey(own.tenant)),
      await gqlData(app.adminGraphqlUrl, `query { me { id email tenant { id slug } } campaigns { edges { node { id } } } apiKeys { id } participantKeys { id } operators { id } invitations { id } changeRequests { edges { node { id } } }
        riskEntries { edges { node { id } } } consumedEvents(consumer: RISK) { subject } participant(userId: "shared") { wins { campaignId } riskEntries { id } }
        codeAlarms { campaignId } failedAwards { campaignId } walletLedger(userId: "shared") { edges { node { awardId } } } }`, {}, bearer(own.token)),
    ])
    expect(shown).toContain(own.campaign.id)
    for (const id of [...Object.values(theirs), other.tenant.tenantId, other.tenant.slug]) expect(shown).not.toContain(id)
    const ofTheirs = await gqlData(app.adminGraphqlUrl, '{ participant(userId: "shared") { riskEntries { id } } }', {}, bearer(other.token))
    expect(ofTheirs).toEqual({ participant: { riskEntries: [{ id: theirs.riskEntry }] } })
  })

  it('a credential of one opens nothing of the other’s API, and names are the tenant’s own', async () => {
    expect((await gql(app.adminGraphqlUrl, 'query { me { id } }', {}, bearer(own.tenant.apiKey))).status).toBe(401)
    expect((await gql(app.graphqlUrl, 'query { campaigns { id } }', {}, bearer(own.token))).status).toBe(401)
    const { draws: [mine] } = await accepted(app, serverKey(own.tenant), { campaignId: own.campaign.id, userId: 'shared', idempotencyKey: 'key' })
    expect(mine!.id).not.toBe(theirs.draw)
    const made = await gqlData<{ cloneCampaign: { __typename: string } }>(app.adminGraphqlUrl,
      `mutation { cloneCampaign(id: "${own.campaign.id}", slug: "${other.campaign.slug}") { __typename } }`, {}, bearer(own.token))
    expect(made.cloneCampaign.__typename).toBe('Campaign')
  })

  it('nothing of the other tenant’s has changed', async () => {
    expect(await everythingOfTheirs()).toBe(before)
    expect(await gqlData(app.graphqlUrl, `query { draw(id: "${theirs.draw}") { id } }`, {}, serverKey(other.tenant))).toEqual({ draw: { id: theirs.draw } })
  })
})
