import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ModulesContainer } from '@nestjs/core'
import { AdminApiModule } from '../../src/api/admin/admin-api.module.js'
import { AppApiModule } from '../../src/api/app/app-api.module.js'
import { ACCESS } from '../../src/api/auth/access.js'
import { systemContext, type Role } from '../../src/common/context.js'
import { newId } from '../../src/common/ids.js'
import { OperatorService } from '../../src/modules/tenancy/operator.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { upload } from '../support/codes.js'
import { bearer, createTenant, login, serverKey, uniqueName, type TestTenant } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { operationsIn } from '../support/operations.js'
import { newSigningKey, participantToken } from '../support/tenancy.js'

const EVERYBODY: readonly Role[] = ['OWNER', 'MANAGER', 'REVIEWER', 'ANALYST']
const CONFIGURING: readonly Role[] = ['OWNER', 'MANAGER']
const APPROVING: readonly Role[] = ['OWNER', 'MANAGER', 'REVIEWER']

/** Who may run what in the operators' API: kept apart from the product's own table, so that neither changes alone. */
const MATRIX: Record<string, readonly Role[] | 'public'> = {
  login: 'public',
  acceptInvitation: 'public',
  resetPassword: 'public',
  logout: EVERYBODY,
  changePassword: EVERYBODY,
  enrolTotp: EVERYBODY,
  confirmTotp: EVERYBODY,
  disableTotp: EVERYBODY,
  operators: EVERYBODY,
  tenantPolicy: EVERYBODY,
  invitations: ['OWNER'],
  inviteOperator: ['OWNER'],
  revokeInvitation: ['OWNER'],
  setOperatorRole: ['OWNER'],
  disableOperator: ['OWNER'],
  enableOperator: ['OWNER'],
  issuePasswordReset: ['OWNER'],
  resetOperatorTotp: ['OWNER'],
  setTenantPolicy: ['OWNER'],
  changeRequest: EVERYBODY,
  changeRequests: EVERYBODY,
  approveChange: APPROVING,
  rejectChange: APPROVING,
  withdrawChange: APPROVING,
  me: EVERYBODY,
  campaign: EVERYBODY,
  campaigns: EVERYBODY,
  campaignTemplates: EVERYBODY,
  inventory: EVERYBODY,
  stockLedger: EVERYBODY,
  draw: EVERYBODY,
  draws: EVERYBODY,
  booksAudit: EVERYBODY,
  quarantinedDraws: EVERYBODY,
  ticketLedger: EVERYBODY,
  participant: EVERYBODY,
  participantState: EVERYBODY,
  walletLedger: EVERYBODY,
  budget: EVERYBODY,
  liveDraws: EVERYBODY,
  consumedEvents: EVERYBODY,
  riskEntries: EVERYBODY,
  velocityRules: EVERYBODY,
  releaseSteps: EVERYBODY,
  checkExpression: EVERYBODY,
  participantKeys: EVERYBODY,
  apiKeys: CONFIGURING,
  tenantLimits: EVERYBODY,
  setTenantLimits: ['OWNER'],
  createApiKey: ['OWNER'],
  setApiKeyLimit: ['OWNER'],
  revokeApiKey: ['OWNER'],
  resetTestDraws: CONFIGURING,
  registerParticipantKey: CONFIGURING,
  revokeParticipantKey: CONFIGURING,
  createCampaign: CONFIGURING,
  updateCampaign: CONFIGURING,
  cloneCampaign: CONFIGURING,
  createCampaignFromTemplate: CONFIGURING,
  reviseOdds: CONFIGURING,
  adjustStock: CONFIGURING,
  releaseStock: CONFIGURING,
  addRiskEntry: CONFIGURING,
  addRiskEntries: CONFIGURING,
  removeRiskEntry: CONFIGURING,
  setVelocityRules: CONFIGURING,
  publishCampaign: APPROVING,
  pauseCampaign: APPROVING,
  resumeCampaign: APPROVING,
  endCampaign: APPROVING,
  award: EVERYBODY,
  awards: EVERYBODY,
  failedAwards: EVERYBODY,
  awardAddress: CONFIGURING,
  reissueAwards: CONFIGURING,
  revokeAwards: CONFIGURING,
  expireAwards: CONFIGURING,
  markAwardFulfilled: CONFIGURING,
  failAward: CONFIGURING,
  setPrizeFulfilment: CONFIGURING,
  webhookSecret: ['OWNER'],
  rotateWebhookSecret: ['OWNER'],
  codePools: EVERYBODY,
  codeAlarms: EVERYBODY,
  codeImport: EVERYBODY,
  codeImports: EVERYBODY,
  setCodeLowStock: CONFIGURING,
  voidCodes: CONFIGURING,
  growBuckets: APPROVING,
  features: EVERYBODY,
  switchFeature: CONFIGURING,
  auditLog: APPROVING,
  auditHead: APPROVING,
  queueDesk: ['OWNER'],
}
const SERVERS_ALONE = ['grantTickets', 'resetTestDraws']
/** All that a TEST key may run: whatever else the schema grows by is refused to it until it is known to keep to its test world. */
const TEST_KEYS_TOO = [
  'mutation draw', 'mutation grantTickets', 'mutation resetTestDraws',
  'query campaign', 'query campaigns', 'query draw', 'query draws', 'query participant', 'query recentWinners',
]

// @nestjs/graphql's own names; it exports them no more.
const RESOLVER_TYPE_METADATA = 'graphql:resolver_type'
const RESOLVER_NAME_METADATA = 'graphql:resolver_name'

let app: TestApp
let tenant: TestTenant
const tokens = {} as Record<Role, string>

beforeAll(async () => {
  app = await bootApp()
  tenant = await createTenant(app)
  tokens.OWNER = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  for (const role of EVERYBODY.slice(1)) {
    const email = `${role.toLowerCase()}@${tenant.slug}.example`
    const { password } = await app.app.get(OperatorService, { strict: false }).add(systemContext(tenant.tenantId, 'tests'), { email, name: role, role })
    tokens[role] = await login(app, email, password)
  }
})

afterAll(async () => {
  await app?.close()
})

const codesOf = async (url: string, document: string, headers: Record<string, string> = {}) => {
  const { status, body } = await gql(url, document, {}, headers)
  return { status, codes: (body.errors ?? []).map(({ extensions }) => extensions?.code) }
}

describe('every operation', () => {
  const declared = (module: unknown) => {
    const found = new Map<string, boolean>()
    for (const { metatype, providers } of app.app.get(ModulesContainer).values()) {
      if (metatype !== module) continue
      for (const { instance } of providers.values()) {
        if (typeof instance !== 'object' || instance === null) continue
        const prototype = Object.getPrototypeOf(instance) as Record<string, unknown>
        for (const name of Object.getOwnPropertyNames(prototype)) {
          const method = name === 'constructor' ? undefined : Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown
          if (typeof method !== 'function') continue
          const kind = Reflect.getMetadata(RESOLVER_TYPE_METADATA, method) as string | undefined
          if (kind === undefined || !['Query', 'Mutation', 'Subscription'].includes(kind)) continue
          const field = String(Reflect.getMetadata(RESOLVER_NAME_METADATA, method) ?? name)
          found.set(`${kind.toLowerCase()} ${field}`, Reflect.hasMetadata(ACCESS, method))
        }
      }
    }
    return found
  }

  it.each([['app', AppApiModule], ['admin', AdminApiModule]] as const)('of the %s schema says who may run it', (api, module) => {
    const found = declared(module)
    expect(operationsIn(api).map(({ kind, field }) => `${kind} ${field}`).filter((name) => found.get(name) !== true)).toEqual([])
  })

  it('of the admin schema is in the matrix', () => {
    expect([...new Set(operationsIn('admin').map(({ field }) => field))].sort()).toEqual(Object.keys(MATRIX).sort())
  })
})

describe('the operators’ API', () => {
  // Subscriptions come by another way: live-subscription.spec.ts.
  const guarded = operationsIn('admin').filter(({ field, kind }) => MATRIX[field] !== 'public' && kind !== 'subscription')
  const cases = guarded.filter(({ field }) => field !== 'logout').flatMap((operation) => EVERYBODY.map((role) => [role, operation.field, operation] as const))

  it.each(guarded.map((operation) => [operation.field, operation] as const))('is closed to strangers: %s', async (_field, { document }) => {
    const refused = { status: 401, codes: ['UNAUTHENTICATED'] }
    expect(await codesOf(app.adminGraphqlUrl, document)).toEqual(refused)
    expect(await codesOf(app.adminGraphqlUrl, document, bearer(`dbs_${'A'.repeat(43)}`))).toEqual(refused)
    expect(await codesOf(app.adminGraphqlUrl, document, serverKey(tenant))).toEqual(refused)
  })

  it.each(cases)('%s and %s', async (role, field, { document }) => {
    const { status, codes } = await codesOf(app.adminGraphqlUrl, document, bearer(tokens[role]))
    if (MATRIX[field]?.includes(role)) {
      for (const code of ['FORBIDDEN', 'UNAUTHENTICATED', 'INTERNAL']) expect(codes).not.toContain(code)
    } else expect({ status, codes }).toEqual({ status: 403, codes: ['FORBIDDEN'] })
  })

  it.each(EVERYBODY)('%s and the upload of codes', async (role) => {
    const { status, body } = await upload(app, bearer(tokens[role]), newId(), 'code\nX\n')
    const refused = CONFIGURING.includes(role) ? [400, 'NOT_FOUND'] : [403, 'FORBIDDEN']
    expect([status, body.errors[0]?.extensions?.code]).toEqual(refused)
  })

  it.each(EVERYBODY)('%s and the audit log as a file', async (role) => {
    const download = (headers: Record<string, string>) => fetch(`${app.url}/admin/audit/export`, { headers })
    const { status } = await download(bearer(tokens[role]))
    expect(status).toBe(role === 'OWNER' ? 200 : 403)
    for (const headers of [{}, serverKey(tenant), bearer(`dbs_${'A'.repeat(43)}`)]) expect((await download(headers)).status).toBe(401)
  })

  it('guards each root field of one document', async () => {
    const { body } = await gql<{ me: unknown }>(app.adminGraphqlUrl, '{ me { id } apiKeys { id } }', {}, bearer(tokens.ANALYST))
    expect(body.errors?.map(({ extensions }) => extensions?.code)).toEqual(['FORBIDDEN'])
  })

  it('says who one is', async () => {
    const { me } = await gqlData<{ me: object }>(app.adminGraphqlUrl, '{ me { email role tenant { slug drawsPerSecondMax } } }', {}, bearer(tokens.OWNER))
    expect(me).toEqual({ email: tenant.ownerEmail, role: 'OWNER', tenant: { slug: tenant.slug, drawsPerSecondMax: 100_000 } })
  })
})

describe('the dashboard’s cookie', () => {
  const signIn = `mutation ($email: String!, $password: String!) {
    login(email: $email, password: $password) { token operator { email tenant { slug } } }
  }`
  const enter = (headers: Record<string, string> = {}) =>
    gql(app.adminGraphqlUrl, signIn, { email: tenant.ownerEmail, password: tenant.ownerPassword }, headers)

  it('is for our own pages alone, and ends by signing out', async () => {
    const entered = await enter({ origin: app.url })
    const set = entered.headers.get('set-cookie') ?? ''
    expect(set).toMatch(/^__Host-drawbridge=dbs_[\w-]{43}; Path=\/; Max-Age=604800; Secure; HttpOnly; SameSite=Strict$/)
    const cookie = set.split(';')[0]!
    const run = (document: string, headers: Record<string, string> = {}) => codesOf(app.adminGraphqlUrl, document, { cookie, ...headers })
    const change = 'mutation { createApiKey(name: "From the dashboard") { key { id } } }'
    expect(await run('{ me { id } }')).toEqual({ status: 200, codes: [] })
    expect(await run(change)).toEqual({ status: 403, codes: ['FORBIDDEN'] })
    expect(await run(change, { origin: 'https://evil.example' })).toEqual({ status: 403, codes: ['FORBIDDEN'] })
    expect(await run(change, { origin: app.url })).toEqual({ status: 200, codes: [] })
    expect(await run('mutation { logout }', { origin: app.url })).toEqual({ status: 200, codes: [] })
    expect(await run('{ me { id } }')).toEqual({ status: 401, codes: ['UNAUTHENTICATED'] })
  })

  it('is another after each sign-in, and the one before opens nothing', async () => {
    const cookieOf = (answer: { headers: Headers }) => (answer.headers.get('set-cookie') ?? '').split(';')[0]!
    const first = cookieOf(await enter({ origin: app.url }))
    const second = cookieOf(await enter({ origin: app.url, cookie: first }))
    expect(second).not.toBe(first)
    const statusWith = async (cookie: string) => (await codesOf(app.adminGraphqlUrl, '{ me { id } }', { cookie })).status
    expect([await statusWith(first), await statusWith(second)]).toEqual([401, 200])
  })

  it('is not given to another site’s page', async () => {
    const entered = await enter({ origin: 'https://evil.example' })
    expect([entered.status, entered.body.errors?.[0]?.extensions?.code, entered.headers.get('set-cookie')]).toEqual([403, 'FORBIDDEN', null])
  })

  it('is not to be guessed for', async () => {
    const guess = () => gql(app.adminGraphqlUrl, signIn, { email: `nobody@${tenant.slug}.example`, password: 'wrong' })
    for (let n = 0; n < 5; n++) expect((await guess()).body.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
    const { status, body, headers } = await guess()
    expect([status, body.errors?.[0]?.extensions?.code]).toEqual([429, 'RATE_LIMITED'])
    expect(body.errors?.[0]?.extensions?.retryAfterMs).toBeGreaterThan(0)
    expect(headers.get('retry-after')).toBe('1')
  })
})

describe('the tenants’ API', () => {
  const operations = operationsIn('app').filter(({ kind }) => kind !== 'subscription').map((operation) => [operation.field, operation] as const)

  it.each(operations)('is closed to strangers: %s', async (_field, { document }) => {
    const refused = { status: 401, codes: ['UNAUTHENTICATED'] }
    expect(await codesOf(app.graphqlUrl, document)).toEqual(refused)
    expect(await codesOf(app.graphqlUrl, document, { 'x-api-key': 'dbk_wrong' })).toEqual(refused)
    expect(await codesOf(app.graphqlUrl, document, bearer(tokens.OWNER))).toEqual(refused)
    expect(await codesOf(app.graphqlUrl, document, { ...serverKey(tenant), ...bearer('x') })).toEqual(refused)
  })

  it('opens to a TEST key what keeps to its test world, and nothing else', async () => {
    const create = 'mutation { createApiKey(name: "Tests", kind: TEST) { secret key { kind prefix } } }'
    interface Created { createApiKey: { secret: string; key: object } }
    const { createApiKey } = await gqlData<Created>(app.adminGraphqlUrl, create, {}, bearer(tokens.OWNER))
    expect(createApiKey.key).toEqual({ kind: 'TEST', prefix: createApiKey.secret.slice(0, 12) })
    expect(createApiKey.secret).toMatch(/^dbt_/)
    const opened: string[] = []
    for (const [field, { kind, document }] of operations) {
      const { status, codes } = await codesOf(app.graphqlUrl, document, { 'x-api-key': createApiKey.secret })
      if (codes.includes('FORBIDDEN')) expect({ status, codes }).toEqual({ status: 403, codes: ['FORBIDDEN'] })
      else opened.push(`${kind} ${field}`)
    }
    expect(opened.sort()).toEqual(TEST_KEYS_TOO)
    const { apiKeys } = await gqlData<{ apiKeys: Array<{ kind: string }> }>(app.adminGraphqlUrl, '{ apiKeys { kind } }', {}, bearer(tokens.OWNER))
    expect(new Set(apiKeys.map(({ kind }) => kind))).toEqual(new Set(['LIVE', 'TEST']))
  })

  it.each(operations)('knows a tenant’s server from a participant: %s', async (field, { document }) => {
    const server = await codesOf(app.graphqlUrl, document, serverKey(tenant))
    for (const code of ['FORBIDDEN', 'UNAUTHENTICATED', 'INTERNAL']) expect(server.codes).not.toContain(code)
    const key = newSigningKey('ES256')
    const register = 'mutation ($kid: String!, $jwk: String!) { registerParticipantKey(kid: $kid, algorithm: "ES256", publicJwk: $jwk) { id } }'
    const kid = uniqueName('key')
    await gqlData(app.adminGraphqlUrl, register, { kid, jwk: key.publicJwk }, bearer(tokens.MANAGER))
    const token = await participantToken(key, kid, tenant.slug)
    const participant = await codesOf(app.graphqlUrl, document.replace(/userId: "[^"]*"/, 'userId: "ada"'), bearer(token))
    if (SERVERS_ALONE.includes(field)) expect(participant).toEqual({ status: 403, codes: ['FORBIDDEN'] })
    else for (const code of ['FORBIDDEN', 'UNAUTHENTICATED', 'INTERNAL']) expect(participant.codes).not.toContain(code)
  })
})
