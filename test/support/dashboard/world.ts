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
import { deskCampaign, type DeskCampaign } from './desk-campaign.js'

const HOUR_MS = 60 * 60_000
const DAY_MS = 24 * HOUR_MS
export const HOSTILE = '<img src=x onerror="document.title=`taken`">'

export interface Colleague { readonly email: string; readonly password: string }

export interface DashboardWorld {
  readonly app: TestApp
  readonly demo: DemoInfo
  /** A live campaign that has every kind of rule, and was changed twice. */
  readonly ruled: string
  readonly analyst: Colleague
  readonly manager: Colleague
  /** Ids of campaigns by their slugs, but for the demo's own. */
  readonly ids: Readonly<Record<string, string>>
  readonly desk: DeskCampaign
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
    const ids: Record<string, string> = {}
    for (const campaign of CAMPAIGNS) ids[campaign.slug] = await create(admin, campaign)
    const ruled = await createRuled(admin)
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
      app, demo, propose, ids, ruled, colleague,
      desk: await deskCampaign(app, admin, owner, demo.apiKey),
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

async function create(admin: Ask, { template, slug, name, fromMs, toMs, publish }: Template): Promise<string> {
  const now = Date.now()
  const { made } = await admin<{ made: { id: string; version: number } }>(
    `mutation ($template: String!, $slug: String!, $name: String, $from: DateTime!, $to: DateTime!) {
      made: createCampaignFromTemplate(template: $template, slug: $slug, name: $name, startsAt: $from, endsAt: $to, timezone: "Asia/Shanghai") { ... on Campaign { id version } }
    }`, { template, slug, name, from: new Date(now + fromMs).toISOString(), to: new Date(now + toMs).toISOString() },
  )
  if (publish === true) await admin('mutation ($id: ID!, $version: Int!) { publishCampaign(id: $id, expectedVersion: $version) { __typename } }', { id: made.id, version: made.version })
  return made.id
}

/** Tickets, odds by audience, a budget, an expression, limits: and a change of the limits and of the odds. */
async function createRuled(admin: Ask): Promise<string> {
  const now = Date.now()
  const input = {
    slug: 'gala', name: '周年庆 Gala draw', startsAt: new Date(now - HOUR_MS).toISOString(), endsAt: new Date(now + 9 * DAY_MS).toISOString(), timezone: 'Asia/Shanghai',
    drawsPerUserDaily: 3, winsPerUser: 2, requiresTickets: true, guaranteeAfterLosses: 20, eligibility: 'tier in ["gold", "platinum"] || attributes.orders > 3',
    budget: { currency: 'CNY', totalMinor: 5_000_000, dailyMinor: 800_000 },
    ticketRules: {
      dailyFree: { tickets: 1 }, share: { tickets: 1, perDayMax: 3 },
      signIn: { tickets: 1, streakBonuses: [{ days: 7, tickets: 3 }], expiresAfterDays: 7 },
    },
    prizes: [
      { name: 'Weekend for two', kind: 'PHYSICAL', probabilityPpb: 100_000, stockTotal: 5, value: { amountMinor: 300_000, currency: 'CNY' }, winsPerUser: 1, unlockAfterDraws: 5 },
      { name: '现金红包', kind: 'CASH', probabilityPpb: 40_000_000, stockTotal: 9_000, value: { amountMinor: 500, currency: 'CNY' }, isGuarantee: true, winsPerDay: 900 },
      { name: 'Mug', probabilityPpb: 160_000_000, stockTotal: 50_000 },
    ],
    oddsTables: [{ name: 'gold', audience: { tiers: ['gold'], segmentsAny: ['city-sh'] }, entries: [{ prize: '现金红包', probabilityPpb: 80_000_000 }, { prize: 'Mug', probabilityPpb: 200_000_000 }] }],
  }
  const change = '{ __typename ... on Campaign { id version } ... on InvalidCampaign { problems { path message } } }'
  type Changed = { result: { id: string; version: number } }
  const { result: { id } } = await admin<Changed>(`mutation ($input: CreateCampaignInput!) { result: createCampaign(input: $input) ${change} }`, { input })
  await admin(`mutation ($id: ID!) { result: publishCampaign(id: $id, expectedVersion: 1) ${change} }`, { id })
  await admin(`mutation ($id: ID!) { result: updateCampaign(id: $id, expectedVersion: 2, patch: { winsPerUser: 3, drawsPerUserDaily: 5 }) ${change} }`, { id })
  await admin(`mutation ($id: ID!) { result: reviseOdds(id: $id, expectedVersion: 3, prizes: [{ prize: "Mug", probabilityPpb: 180000000 }], reason: "More of the mugs have come") ${change} }`, { id })
  await admin('mutation ($id: ID!, $rules: [VelocityRuleInput!]!) { setVelocityRules(campaignId: $id, rules: $rules) { drawsMax } }', {
    id, rules: [{ subject: 'PARTICIPANT', windowSeconds: 60, drawsMax: 20 }, { subject: 'IP', windowSeconds: 3_600, drawsMax: 5_000 }],
  })
  return id
}
