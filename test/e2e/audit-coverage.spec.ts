import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { StockStore } from '../../src/modules/inventory/stock.store.js'
import { AuditReadService } from '../../src/modules/tenancy/audit-read.service.js'
import { type Answered, type Case, has, type Said } from '../support/audited/said.js'
import { peopleCases } from '../support/audited/people-cases.js'
import { type Awards, startAwards } from '../support/awards.js'
import { csv, upload } from '../support/codes.js'
import { bearer, createCampaign, createLiveCampaign, type LiveCampaign, login, type TestCampaign, uniqueName } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { operationsIn } from '../support/operations.js'
import { newSigningKey } from '../support/tenancy.js'

let kit: Awards
/** The tenant of all that follows: a published campaign whose prize is sent by hand, with stock in the vault. */
let of: LiveCampaign
let coupons: TestCampaign
let draft: TestCampaign
let operatorId: string
const secrets: string[] = []
const made: Record<string, string> = {}
const links: Record<string, string> = {}
const recoveryCodes: string[] = []
const awards: string[] = []

const ask = <T>(query: string, variables: Record<string, unknown> = {}) => kit.admin<T>(of, query, variables)
const versionOf = async (id: string) => (await ask<{ campaign: { version: number } }>(`{ campaign(id: "${id}") { version } }`)).campaign.version

beforeAll(async () => {
  kit = await startAwards()
  const release = { steps: [{ at: new Date(Date.now() + 1_800_000).toISOString(), units: 5 }] }
  of = await kit.live({ kind: 'MANUAL', claimWithinSeconds: 3_600 }, { release, kind: 'PHYSICAL' })
  // Enough to be won at once.
  await ask('mutation ($p: ID!) { releaseStock(prizeId: $p, units: 20, reason: "a start", idempotencyKey: "start") { vault } }', { p: of.campaign.prizes[0]!.id })
  for (let n = 0; n < 6; n++) awards.push(await kit.win(of, 'ada', `k${n}`))
  await kit.settled(of, 6)
  const prizes = [{ name: 'Code', kind: 'COUPON_CODE' as const, probabilityPpb: 1_000, stockTotal: 5 }]
  coupons = await createCampaign(kit.app, of.token, { prizes })
  draft = await createCampaign(kit.app, of.token)
  operatorId = (await ask<{ me: { id: string } }>('{ me { id } }')).me.id
  secrets.push(of.token, of.tenant.ownerPassword, of.tenant.apiKey)
})
afterAll(() => kit.close())

const PAYLOAD = '{ __typename ... on Campaign { id } ... on InvalidCampaign { problems { path message } } ... on VersionConflict { message } }'
const prizeId = () => of.campaign.prizes[0]!.id
const codePrizeId = () => coupons.prizes[0]!.id

/** A change of a campaign by the one who has seen its version. */
async function change(field: string, id: string, said: Partial<Said> & { action: string }, more = '', variables: Record<string, unknown> = {}, declared = '') {
  const document = `mutation ($id: ID!, $v: Int!${declared}) { ${field}(id: $id, expectedVersion: $v${more}) ${PAYLOAD} }`
  return { document, variables: { id, v: await versionOf(id), ...variables }, said: [{ subject_kind: 'campaign', subject_id: id, campaign_id: id, ...said }] }
}
const moved = (before: string, after: string) => ({ before: has({ status: before }), after: has({ status: after }) })
const times = { startsAt: new Date(Date.now() + 60_000).toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString() }
const batch = (field: string, ids: string, stock = '') => `mutation { ${field}(ids: [${ids}], reason: "because"${stock}, idempotencyKey: "${field}") { refusal } }`
const onAward = (action: string, id: string, from: string, to: string): Said =>
  ({ action, subject_kind: 'award', subject_id: id, campaign_id: of.campaign.id, before: { status: from }, after: has({ status: to }) })
const onBatch = (action: string, key: string, id: string, from: string, to: string): Said => ({
  action, subject_kind: 'award-batch', subject_id: key, campaign_id: of.campaign.id, before: has({ awards: [{ id, status: from }] }), after: has({ awards: [{ id, status: to }] }), reason: 'because',
})

/** Every mutation of the schema, in an order in which each can be done, and what the log must say of it. */
const COVERED: Record<string, Case> = {
  login: async () => ({
    document: 'mutation ($e: String!, $p: String!) { login(email: $e, password: $p) { token } }', variables: { e: of.tenant.ownerEmail, p: of.tenant.ownerPassword },
    said: [{ action: 'session.opened', subject_kind: 'session', campaign_id: null, before: null, after: { operatorId } }],
  }),
  logout: async () => ({
    document: 'mutation { logout }', token: await login(kit.app, of.tenant.ownerEmail, of.tenant.ownerPassword),
    said: [{ action: 'session.closed', subject_kind: 'session', before: { revokedAt: null }, after: { revokedAt: expect.any(String) } }],
  }),
  createCampaign: async () => ({
    document: `mutation ($i: CreateCampaignInput!) { createCampaign(input: $i) ${PAYLOAD} }`, variables: { i: { slug: 'fresh', name: 'Fresh', ...times, prizes: [{ name: '=P', probabilityPpb: 7, stockTotal: 1 }] } },
    said: [{ action: 'campaign.created', subject_kind: 'campaign', before: null, after: has({ slug: 'fresh', status: 'DRAFT', version: 1, prizes: [has({ name: '=P', probabilityPpb: 7 })] }) }],
  }),
  createCampaignFromTemplate: async () => {
    const { campaignTemplates: [template] } = await ask<{ campaignTemplates: Array<{ key: string }> }>('{ campaignTemplates { key } }')
    return {
      document: `mutation ($t: String!, $s: DateTime!, $e: DateTime!) { createCampaignFromTemplate(template: $t, slug: "templated", startsAt: $s, endsAt: $e) ${PAYLOAD} }`,
      variables: { t: template!.key, s: times.startsAt, e: times.endsAt },
      said: [{ action: 'campaign.created', before: null, after: has({ slug: 'templated', template: template!.key }) }],
    }
  },
  cloneCampaign: async () => ({
    document: `mutation ($id: ID!) { cloneCampaign(id: $id, slug: "cloned") ${PAYLOAD} }`, variables: { id: draft.id },
    said: [{ action: 'campaign.cloned', before: null, after: has({ slug: 'cloned', clonedFrom: draft.id }) }],
  }),
  updateCampaign: async () => {
    const prizes = [{ id: draft.prizes[0]!.id, name: 'Prize', probabilityPpb: 5, stockTotal: 1_000 }]
    const named = { id: draft.id, slug: draft.slug }
    return change('updateCampaign', draft.id, {
      action: 'campaign.updated', reason: null,
      before: { ...named, name: `Campaign ${draft.slug}`, version: 1, prizes: [{ id: prizes[0]!.id, name: 'Prize', probabilityPpb: 100_000_000 }] },
      after: { ...named, name: 'Another', version: 2, prizes: [{ id: prizes[0]!.id, name: 'Prize', probabilityPpb: 5 }] },
    }, ', patch: $p', { p: { name: 'Another', prizes } }, ', $p: UpdateCampaignInput!')
  },
  publishCampaign: () => change('publishCampaign', draft.id, { action: 'campaign.published', ...moved('DRAFT', 'ACTIVE') }),
  pauseCampaign: () => change('pauseCampaign', draft.id, { action: 'campaign.paused', ...moved('ACTIVE', 'PAUSED') }),
  resumeCampaign: () => change('resumeCampaign', draft.id, { action: 'campaign.resumed', ...moved('PAUSED', 'ACTIVE') }),
  reviseOdds: () => change('reviseOdds', draft.id, { action: 'campaign.odds-revised', reason: 'too many won', before: has({ prizes: [has({ probabilityPpb: 5 })] }), after: has({ prizes: [has({ probabilityPpb: 4 })] }) },
    `, prizes: [{ prize: "${draft.prizes[0]!.id}", probabilityPpb: 4 }], reason: "too many won"`),
  growBuckets: () => change('growBuckets', draft.id, { action: 'campaign.buckets-wanted', before: has({ bucketCountWanted: null }), after: has({ bucketCountWanted: 2 }) }, ', bucketCount: 2'),
  endCampaign: async () => {
    const { token, campaign: { id, version } } = await createLiveCampaign(kit.app)
    const said = [{ action: 'campaign.ended', subject_id: id, campaign_id: id, ...moved('ACTIVE', 'ENDED') }]
    return { document: `mutation { endCampaign(id: "${id}", expectedVersion: ${version}) ${PAYLOAD} }`, token, said }
  },
  adjustStock: async () => ({
    document: 'mutation ($p: ID!) { adjustStock(prizeId: $p, delta: 5, reason: "more came", idempotencyKey: "more") { granted } }', variables: { p: prizeId() },
    said: [{ action: 'campaign.stock-adjusted', subject_id: of.campaign.id, reason: 'more came', before: has({ prizes: [{ id: prizeId(), name: 'Prize', stockTotal: 50 }] }), after: has({ prizes: [{ id: prizeId(), name: 'Prize', stockTotal: 55 }] }) }],
  }),
  releaseStock: async () => ({
    document: 'mutation ($p: ID!) { releaseStock(prizeId: $p, units: 3, reason: "a rush", idempotencyKey: "rush") { vault } }', variables: { p: prizeId() },
    said: [{ action: 'campaign.stock-released', subject_id: of.campaign.id, reason: 'a rush', after: has({ prizeId: prizeId(), units: 3 }) }],
  }),
  createApiKey: async () => ({
    document: 'mutation { createApiKey(name: "Shop", kind: TEST) { secret key { id } } }', said: [{ action: 'api-key.created', subject_kind: 'api-key', before: null, after: { name: 'Shop', kind: 'TEST', prefix: expect.stringMatching(/^dbt_.{8}$/) } }],
  }),
  setApiKeyLimit: async () => ({
    document: 'mutation ($id: ID!) { setApiKeyLimit(id: $id, drawsPerSecondMax: 7) { id } }', variables: { id: made.createApiKey },
    said: [{ action: 'api-key.limit-set', subject_id: made.createApiKey!, before: has({ name: 'Shop', drawsPerSecondMax: null }), after: has({ name: 'Shop', drawsPerSecondMax: 7 }) }],
  }),
  revokeApiKey: async () => ({
    document: 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', variables: { id: made.createApiKey },
    said: [{ action: 'api-key.revoked', subject_id: made.createApiKey!, before: has({ name: 'Shop', revokedAt: null }), after: has({ name: 'Shop', revokedAt: expect.any(String) }) }],
  }),
  resetTestDraws: async () => ({
    document: 'mutation ($c: ID!) { resetTestDraws(campaignId: $c) }', variables: { c: draft.id }, said: [{ action: 'campaign.test-draws-reset', subject_id: draft.id, campaign_id: draft.id }],
  }),
  registerParticipantKey: async () => ({
    document: 'mutation ($j: String!) { registerParticipantKey(kid: "k1", algorithm: "ES256", publicJwk: $j) { id } }', variables: { j: newSigningKey('ES256').publicJwk },
    said: [{ action: 'participant-key.registered', subject_kind: 'participant-key', before: null, after: has({ kid: 'k1', algorithm: 'ES256' }) }],
  }),
  revokeParticipantKey: async () => ({
    document: 'mutation ($id: ID!) { revokeParticipantKey(id: $id) { id } }', variables: { id: made.registerParticipantKey },
    said: [{ action: 'participant-key.revoked', before: { id: made.registerParticipantKey, kid: 'k1', revokedAt: null }, after: has({ kid: 'k1', revokedAt: expect.any(String) }) }],
  }),
  addRiskEntry: async () => ({
    document: `mutation { addRiskEntry(input: { campaignId: "${of.campaign.id}", list: BLOCK, subject: DEVICE, value: "d1", reason: "a farm" }) { id } }`,
    said: [{ action: 'risk-entry.added', subject_kind: 'risk-entry', campaign_id: of.campaign.id, before: null, after: has({ value: 'd1', list: 'BLOCK' }), reason: 'a farm' }],
  }),
  addRiskEntries: async () => ({
    document: 'mutation ($i: [RiskEntryInput!]!) { addRiskEntries(inputs: $i) { added } }',
    variables: { i: Array.from({ length: 150 }, (_, n) => ({ campaignId: n === 0 ? of.campaign.id : null, list: 'BLOCK', subject: 'DEVICE', value: n === 0 ? 'd1' : `many-${n}`, reason: 'r' })) },
    // The one that was there is not among them.
    said: [100, 49].map((length) => ({ action: 'risk-entries.added', before: null, after: { entries: Array.from({ length }, () => has({ value: expect.stringMatching(/^many-/) })) } })),
  }),
  removeRiskEntry: async () => ({
    document: 'mutation ($id: ID!) { removeRiskEntry(id: $id) { id } }', variables: { id: made.addRiskEntry },
    said: [{ action: 'risk-entry.removed', subject_id: made.addRiskEntry!, campaign_id: of.campaign.id, before: has({ value: 'd1', reason: 'a farm' }), after: null }],
  }),
  setVelocityRules: async () => ({
    document: 'mutation { setVelocityRules(rules: [{ subject: IP, windowSeconds: 60, drawsMax: 9 }]) { drawsMax } }',
    said: [{ action: 'velocity-rules.set', subject_kind: 'tenant', before: { rules: [] }, after: { rules: [has({ drawsMax: 9 })] } }],
  }),
  setPrizeFulfilment: async () => ({
    document: 'mutation ($p: ID!) { setPrizeFulfilment(prizeId: $p, fulfilment: { kind: MANUAL }) { id } }', variables: { p: prizeId() },
    said: [{ action: 'prize.fulfilment-set', subject_kind: 'prize', subject_id: prizeId(), campaign_id: of.campaign.id, before: has({ fulfilment: has({ claimWithinSeconds: 3_600 }) }), after: has({ fulfilment: has({ kind: 'MANUAL', claimWithinSeconds: null }) }) }],
  }),
  failAward: async () => ({
    document: `mutation { failAward(id: "${awards[0]}", reason: "lost at sea") { status } }`, said: [{ ...onAward('award.failed', awards[0]!, 'FULFILLING', 'FAILED'), before: has({}), reason: 'lost at sea' }],
  }),
  reissueAwards: async () => ({ document: batch('reissueAwards', `"${awards[0]}", "A0"`), said: [onBatch('awards.issued-again', 'reissueAwards', awards[0]!, 'FAILED', 'FULFILLING')] }),
  markAwardFulfilled: async () => ({
    document: `mutation { markAwardFulfilled(id: "${awards[0]}", reference: "parcel 7") { status } }`, said: [{ ...onAward('award.confirmed', awards[0]!, 'FULFILLING', 'FULFILLED'), after: { status: 'FULFILLED', reference: 'parcel 7' }, reason: null }],
  }),
  revokeAwards: async () => ({ document: batch('revokeAwards', `"${awards[0]}"`, ', stock: WRITE_OFF'), said: [onBatch('awards.revoked', 'revokeAwards', awards[0]!, 'FULFILLED', 'REVOKED')] }),
  expireAwards: async () => ({
    document: batch('expireAwards', `"${awards[1]}"`, ', stock: RETURN_TO_VAULT'), said: [{ ...onBatch('awards.expired', 'expireAwards', awards[1]!, '', 'EXPIRED'), before: has({ awards: [has({ id: awards[1] })] }) }],
  }),
  rotateWebhookSecret: async () => {
    secrets.push((await ask<{ webhookSecret: string }>('{ webhookSecret }')).webhookSecret)
    return { document: 'mutation { rotateWebhookSecret }', said: [{ action: 'webhook-secret.rotated', subject_kind: 'tenant', before: { version: 1 }, after: { version: 2 } }] }
  },
  setCodeLowStock: async () => ({
    document: 'mutation ($p: ID!) { setCodeLowStock(prizeId: $p, lowStockAt: 2) { free } }', variables: { p: codePrizeId() },
    said: [
      { action: 'code-pool.opened', subject_id: codePrizeId(), campaign_id: coupons.id },
      { action: 'code-pool.threshold-set', subject_id: codePrizeId(), campaign_id: coupons.id, before: { lowStockAt: null }, after: { lowStockAt: 2 } },
    ],
  }),
  voidCodes: async () => {
    await upload(kit.app, bearer(of.token), codePrizeId(), csv(['SECRET-CODE-1', 'SECRET-CODE-2']))
    secrets.push('SECRET-CODE')
    return {
      document: 'mutation ($p: ID!) { voidCodes(prizeId: $p, reason: "the shop changed") { free } }', variables: { p: codePrizeId() },
      said: [{ action: 'code-pool.voided', subject_kind: 'prize', subject_id: codePrizeId(), campaign_id: coupons.id, after: { codes: 2 }, reason: 'the shop changed' }],
    }
  },
  ...peopleCases({ kit: () => kit, of: () => of, ask, made, links, recoveryCodes, secrets }),
}

/** Mutations that leave nothing in the log, each with the reason why it need not. */
const EXEMPT: Record<string, string> = {
  enrolTotp: 'It offers a secret; nothing holds until confirmTotp, which is in the log',
}

async function entriesOf(requestId: string) {
  const { rows } = await kit.owner.query('SELECT * FROM audit_log WHERE request_id = $1 ORDER BY seq', [requestId])
  return rows as Array<Said & { actor_kind: string; actor_id: string; ip: string; seq: string }>
}

describe('the audit log', () => {
  it('knows every mutation of the operators’ schema, or somebody has said why it need not', () => {
    const mutations = operationsIn('admin').filter(({ kind }) => kind === 'mutation').map(({ field }) => field)
    expect([...Object.keys(COVERED), ...Object.keys(EXEMPT)].sort()).toEqual(mutations.sort())
    expect(Object.values(EXEMPT).filter((reason) => reason.length < 20)).toEqual([])
  })

  it.each(Object.keys(COVERED))('says who did what, from where and to what: %s', async (field) => {
    const { document, variables = {}, said, token = of.token } = await COVERED[field]!()
    const requestId = randomUUID()
    const isNobodys = field === 'login' || token === null
    const headers = { ...(isNobodys ? {} : bearer(token)), 'x-request-id': requestId }
    const answer = await gqlData<Record<string, Answered>>(kit.app.adminGraphqlUrl, document, variables, headers)
    const { id, __typename: type, key, secret, token: session, invitation, link, recoveryCodes: codes = [] } = answer[field] ?? {}
    if (type !== undefined) expect(answer[field]).toMatchObject({ __typename: 'Campaign' })
    made[field] = key?.id ?? invitation?.id ?? id ?? ''
    links[field] = link?.token ?? session ?? ''
    recoveryCodes.push(...codes)
    secrets.push(...codes, ...[secret, session, link?.token, typeof answer[field] === 'string' ? String(answer[field]) : undefined].filter((one) => one !== undefined))
    const entries = await entriesOf(requestId)
    expect(entries).toMatchObject(said)
    expect(entries).toHaveLength(said.length)
    for (const { actor_kind: kind, actor_id: actor, ip, seq } of entries) {
      expect({ kind, ip, seq: Number(seq) > 0 }).toEqual({ kind: token === null ? 'system' : 'operator', ip: '127.0.0.1', seq: true })
      if (token === of.token) expect(actor).toBe(operatorId)
    }
  })

  it('says of an import of codes what came into the pool, and nothing of one that brought none', async () => {
    const send = async (file: string, query: Record<string, string> = {}) => {
      const requestId = randomUUID()
      await upload(kit.app, { ...bearer(of.token), 'x-request-id': requestId }, codePrizeId(), file, query)
      return entriesOf(requestId)
    }
    expect(await send(csv(['SECRET-CODE-3']), { dryRun: '1' })).toEqual([])
    expect(await send(csv(['SECRET-CODE-3', 'SECRET-CODE-3']))).toEqual([])
    expect(await send(csv(['SECRET-CODE-3']))).toMatchObject([{ action: 'code-pool.imported', campaign_id: coupons.id, after: { codes: 1 } }])
  })

  it('says of a reduction in the buckets when it was promised, and when it was made or called off', async () => {
    const { campaign: { id, prizes: [prize] }, token, tenant } = await createLiveCampaign(kit.app, { prizes: [{ name: 'Prize', probabilityPpb: 1, stockTotal: 50 }] })
    const reduce = (key: string) => gql(kit.app.adminGraphqlUrl,
      `mutation { adjustStock(prizeId: "${prize!.id}", delta: -5, reason: "a mistake", idempotencyKey: "${key}") { granted } }`, {}, bearer(token))
    const last = async () => (await kit.owner.query(
      'SELECT action, reason, before, after FROM audit_log WHERE tenant_id = $1 AND campaign_id = $2 ORDER BY seq DESC LIMIT 2', [tenant.tenantId, id])).rows as unknown[]
    const begun = { action: 'campaign.stock-reduction-begun', reason: 'a mistake', before: null, after: { prizeId: prize!.id, units: 5 } }
    await reduce('less')
    expect(await last()).toMatchObject([
      { action: 'campaign.stock-adjusted', reason: 'a mistake', before: { prizes: [{ stockTotal: 50 }] }, after: { prizes: [{ stockTotal: 45 }] } }, begun,
    ])
    const stock = kit.app.app.get(StockStore, { strict: false })
    const withdraw = stock.withdraw.bind(stock)
    stock.withdraw = () => Promise.resolve('CALLED_OFF')
    expect((await reduce('even less')).body.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
    stock.withdraw = withdraw
    expect(await last()).toMatchObject([{ ...begun, action: 'campaign.stock-reduction-called-off' }, begun])
  })

  it('has no secret, password, code or address of a winner in it', async () => {
    const address = { recipient: 'Ada Lovelace', country: 'CN', city: 'Secret City', line1: 'Secret Street 1' }
    const submit = 'mutation ($id: ID!, $a: AddressInput!) { submitAwardAddress(awardId: $id, address: $a) { kind } }'
    await gqlData(kit.app.graphqlUrl, submit, { id: awards[2], a: address }, { 'x-api-key': of.tenant.apiKey })
    await ask(`mutation { markAwardFulfilled(id: "${awards[2]}", reference: "${uniqueName('parcel')}") { status } }`)
    const { rows } = await kit.owner.query<{ text: string }>(`SELECT l::text AS text FROM audit_log l`)
    const text = rows.map((row) => row.text).join('\n')
    expect(secrets.length).toBeGreaterThan(7)
    for (const secret of [...secrets, 'Lovelace', 'Secret City', 'Secret Street', 'argon2']) expect(text).not.toContain(secret)
  })

  it('is whole, of every tenant', async () => {
    const reads = kit.app.app.get(AuditReadService, { strict: false })
    const chains = await reads.chains()
    expect(chains.length).toBeGreaterThan(1)
    for (const chain of chains) expect(await reads.check(chain)).toMatchObject({ broken: null })
  })
})
