import { randomBytes } from 'node:crypto'
import { TenantService } from '../../src/modules/tenancy/tenant.service.js'
import type { TestApp } from './app.js'
import { gqlData } from './gql.js'

export interface TestTenant {
  readonly tenantId: string
  readonly slug: string
  /** A server key. */
  readonly apiKey: string
  readonly ownerEmail: string
  readonly ownerPassword: string
}

/** The contract's PrizeInput. */
export interface TestPrizeInput {
  name: string
  kind?: 'PHYSICAL' | 'COUPON_CODE' | 'POINTS' | 'CASH' | 'VIRTUAL'
  probabilityPpb: number
  stockTotal: number
  isFallback?: boolean
  winsPerUser?: number
  unlockAfterDraws?: number
  value?: { amountMinor: number; currency: string }
  unlockAfterStreakDays?: number
  fulfilment?: { kind: 'WALLET' | 'WEBHOOK' | 'MANUAL'; url?: string; claimWithinSeconds?: number; onExpiry?: 'RETURN_TO_VAULT' | 'WRITE_OFF' }
  fallbackOrder?: number
  isGuarantee?: boolean
  winsPerUserDaily?: number
  winsPerDay?: number
  release?: { carryOver?: string; steps?: ReadonlyArray<{ at: string; units: number }>; evenly?: Record<string, unknown> }
  packets?: { totalMinor?: number; waves?: Array<{ startsAt: string; packets: number; totalMinor?: number }> }
}

/** The contract's CreateCampaignInput. */
export interface TestCampaignInput {
  slug: string
  name: string
  mechanic: 'LOTTERY' | 'FLASH_SALE' | 'RED_PACKET' | 'INSTANT_WIN'
  startsAt: string
  endsAt: string
  timezone: string
  durability: 'DURABLE_WINS' | 'FAST'
  bucketCount: number
  drawsPerUserTotal: number
  drawsPerUserDaily: number
  winsPerUser: number
  requiresTickets: boolean
  ticketRules: { dailyFree?: { tickets: number }; signIn?: object; share?: object }
  prizes: TestPrizeInput[]
  guaranteeAfterLosses: number
  budget: { currency: string; totalMinor?: number; dailyMinor?: number }
  eligibility: string
  oddsTables: TestOddsTableInput[]
}

/** The contract's OddsTableInput. */
export interface TestOddsTableInput {
  name: string
  audience: {
    segmentsAny?: string[]
    tiers?: string[]
    riskPools?: string[]
    experiment?: { name: string; fromBps: number; toBps: number }
    when?: string
  }
  entries: Array<{ prize: string; probabilityPpb: number }>
}

export interface TestCampaign {
  readonly id: string
  readonly slug: string
  readonly status: string
  readonly version: number
  readonly prizes: ReadonlyArray<{ readonly id: string; readonly name: string; readonly stockTotal: number }>
}

type CampaignAnswer = ({ __typename: 'Campaign' } & TestCampaign) | { __typename: string; message: string; problems?: unknown }

const campaignFields = `
  __typename
  ... on Campaign { id slug status version prizes { id name stockTotal } }
  ... on VersionConflict { message }
  ... on InvalidCampaign { message problems { path message } }`

const hourMs = 3_600_000
export const CERTAIN_PPB = 1_000_000_000

/** Short, and unlike any other of the run: tests of one file share a database. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(5).toString('hex')}`

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
export const serverKey = (tenant: TestTenant): Record<string, string> => ({ 'x-api-key': tenant.apiKey })

/** A tenant with its first owner and server key, made as the command-line tool makes them. */
export async function createTenant(app: TestApp, { drawsPerSecondMax = 100_000, slug = uniqueName('tenant') } = {}): Promise<TestTenant> {
  const ownerEmail = `owner@${slug}.example`
  const created = await app.app.get(TenantService, { strict: false }).create({
    slug, name: `Tenant ${slug}`, ownerEmail, ownerName: 'Owner', drawsPerSecondMax, actor: 'tests',
  })
  return { tenantId: created.tenant.tenantId, slug, apiKey: created.apiKey, ownerEmail, ownerPassword: created.ownerPassword }
}

/** An operator's session token. */
export async function login(app: TestApp, email: string, password: string): Promise<string> {
  const query = 'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }'
  const { login: session } = await gqlData<{ login: { token: string } }>(app.adminGraphqlUrl, query, { email, password })
  return session.token
}

function campaignOf(answer: CampaignAnswer): TestCampaign {
  if (!('id' in answer)) throw new Error(`${answer.__typename}: ${answer.message} ${JSON.stringify(answer.problems ?? [])}`)
  return answer
}

/** A draft: a lottery with one prize in ten draws that began a minute ago and lasts an hour, but for what `input` says. */
export async function createCampaign(app: TestApp, token: string, input: Partial<TestCampaignInput> = {}): Promise<TestCampaign> {
  const slug = input.slug ?? uniqueName('campaign')
  const now = Date.now()
  const whole = {
    slug,
    name: `Campaign ${slug}`,
    startsAt: new Date(now - 60_000).toISOString(),
    endsAt: new Date(now + hourMs).toISOString(),
    prizes: [{ name: 'Prize', probabilityPpb: CERTAIN_PPB / 10, stockTotal: 1_000 }],
    ...input,
  }
  const query = `mutation ($input: CreateCampaignInput!) { answer: createCampaign(input: $input) { ${campaignFields} } }`
  return campaignOf((await gqlData<{ answer: CampaignAnswer }>(app.adminGraphqlUrl, query, { input: whole }, bearer(token))).answer)
}

/** One step of a campaign's life, from the version that the caller saw. Throws on a conflict or a problem. */
export async function moveCampaign(
  app: TestApp, token: string, step: 'publish' | 'pause' | 'resume' | 'end', { id, version }: TestCampaign,
): Promise<TestCampaign> {
  const query = `mutation ($id: ID!, $version: Int!) { answer: ${step}Campaign(id: $id, expectedVersion: $version) { ${campaignFields} } }`
  return campaignOf((await gqlData<{ answer: CampaignAnswer }>(app.adminGraphqlUrl, query, { id, version }, bearer(token))).answer)
}

export interface LiveCampaign {
  readonly tenant: TestTenant
  /** The owner's session. */
  readonly token: string
  readonly campaign: TestCampaign
}

/** A tenant of its own with a published campaign, ready for draws. */
export async function createLiveCampaign(app: TestApp, input: Partial<TestCampaignInput> = {}): Promise<LiveCampaign> {
  const tenant = await createTenant(app)
  const token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  const campaign = await moveCampaign(app, token, 'publish', await createCampaign(app, token, input))
  return { tenant, token, campaign }
}
