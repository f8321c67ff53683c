import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemContext, type Role } from '../../../src/common/context.js'
import { seedDemo } from '../../../src/demo/demo.service.js'
import type { DemoInfo } from '../../../src/demo/demo.types.js'
import { OperatorService } from '../../../src/modules/tenancy/operator.service.js'
import { TenantService } from '../../../src/modules/tenancy/tenant.service.js'
import { bootApp, type TestApp } from '../app.js'
import { bearer, login } from '../fixtures.js'
import { gql, gqlData } from '../gql.js'

const HOUR_MS = 60 * 60_000
const DAY_MS = 24 * HOUR_MS
export const HOSTILE = '<img src=x onerror="document.title=`taken`">'

export interface Colleague { readonly email: string; readonly password: string }

export interface DashboardWorld {
  readonly app: TestApp
  readonly demo: DemoInfo
  readonly analyst: Colleague
  readonly manager: Colleague
  /** One more of the demo tenant. */
  colleague(email: string, name: string, role: Role): Promise<Colleague>
  /** A change of the owner's to the risk lists, which needs another operator: its id. */
  propose(name: string): Promise<string>
  close(): Promise<void>
}

type Ask = <T>(document: string, variables: Record<string, unknown>) => Promise<T>
interface Template { template: string; slug: string; name: string; fromMs: number; toMs: number; publish?: boolean }

const CAMPAIGNS: readonly Template[] = [
  { template: 'flash-sale', slug: 'singles-day', name: '双十一 Flash Sale', fromMs: -2 * HOUR_MS, toMs: 5 * HOUR_MS, publish: true },
  { template: 'instant-win', slug: 'golden-ticket', name: 'Golden ticket', fromMs: 3 * DAY_MS, toMs: 10 * DAY_MS, publish: true },
  { template: 'red-packet', slug: 'spring-packets', name: '春节红包雨', fromMs: 20 * DAY_MS, toMs: 21 * DAY_MS },
  { template: 'lucky-wheel', slug: 'hostile', name: HOSTILE, fromMs: DAY_MS, toMs: 9 * DAY_MS },
]

/** The demo as a newcomer has it, some more campaigns in other states, a few draws, and an operator who may only read. */
export async function dashboardWorld(): Promise<DashboardWorld> {
  const dataDir = await mkdtemp(join(tmpdir(), 'drawbridge-dashboard-'))
  const app = await bootApp({ env: { DATA_DIR: dataDir, QUEUE_DESK_TENANT: 'demo' } })
  try {
    const demo = await seedDemo(app.app)
    const owner = bearer(await login(app, demo.operatorEmail, demo.operatorPassword))
    const admin: Ask = (document, variables) => gqlData(app.adminGraphqlUrl, document, variables, owner)
    for (const campaign of CAMPAIGNS) await create(admin, campaign)
    await admin(`mutation ($inputs: [RiskEntryInput!]!) { addRiskEntries(inputs: $inputs) { added } }`, { inputs: riskEntries() })
    for (let n = 0; n < 20; n++) {
      await gqlData(app.graphqlUrl, 'mutation ($input: DrawInput!) { draw(input: $input) { __typename } }', {
        input: { campaignId: demo.campaignId, userId: `user-${n}`, idempotencyKey: 'first', count: 10 },
      }, { 'x-api-key': demo.apiKey })
    }
    const tenant = await app.app.get(TenantService, { strict: false }).bySlug('demo')
    const colleague = async (email: string, name: string, role: Role): Promise<Colleague> => {
      const { password } = await app.app.get(OperatorService, { strict: false }).add(systemContext(tenant?.tenantId ?? '', 'tests'), { email, name, role })
      return { email, password }
    }
    await admin('mutation { setTenantPolicy(expectedVersion: 0, patch: { approvals: [{ kind: RISK_LISTS, above: 3 }] }) { version } }', {})
    const propose = async (name: string): Promise<string> => {
      const inputs = Array.from({ length: 5 }, (_, n) => ({ list: 'BLOCK', subject: 'DEVICE', value: `${name}-${n}`, reason: 'Seen in one flat' }))
      const { body } = await gql(app.adminGraphqlUrl, 'mutation ($inputs: [RiskEntryInput!]!) { addRiskEntries(inputs: $inputs) { added } }', { inputs }, owner)
      return String(body.errors?.[0]?.extensions?.changeRequestId)
    }
    return {
      app, demo, propose, colleague,
      analyst: await colleague('analyst@demo.example', 'Ana Lyst', 'ANALYST'), manager: await colleague('manager@demo.example', 'Mara Nager', 'MANAGER'),
      close: async () => {
        await app.close()
        await rm(dataDir, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await app.close()
    throw error
  }
}

const riskEntries = () => [
  ['BLOCK', 'PARTICIPANT', 'bot-4711', 'Script that signed up 300 accounts'], ['BLOCK', 'IP', '203.0.113.0/24', 'Data centre, seen in the spring campaign'],
  ['BLOCK', 'DEVICE', 'd-9f2c77', 'Shared by 41 accounts'], ['ALLOW', 'PARTICIPANT', 'qa-team', '内部测试账号'],
].map(([list, subject, value, reason]) => ({ list, subject, value, reason }))

async function create(admin: Ask, { template, slug, name, fromMs, toMs, publish }: Template): Promise<void> {
  const now = Date.now()
  const { made } = await admin<{ made: { id: string; version: number } }>(
    `mutation ($template: String!, $slug: String!, $name: String, $from: DateTime!, $to: DateTime!) {
      made: createCampaignFromTemplate(template: $template, slug: $slug, name: $name, startsAt: $from, endsAt: $to, timezone: "Asia/Shanghai") { ... on Campaign { id version } }
    }`, { template, slug, name, from: new Date(now + fromMs).toISOString(), to: new Date(now + toMs).toISOString() },
  )
  if (publish === true) await admin('mutation ($id: ID!, $version: Int!) { publishCampaign(id: $id, expectedVersion: $version) { __typename } }', { id: made.id, version: made.version })
}
