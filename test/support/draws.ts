import { setTimeout as sleep } from 'node:timers/promises'
import { generateKeyPair, exportJWK, SignJWT } from 'jose'
import type { TestApp } from './app.js'
import { bearer, type LiveCampaign, serverKey, type TestTenant } from './fixtures.js'
import { gql, gqlData } from './gql.js'

export interface DrawAnswer {
  id: string
  campaignId: string
  userId: string
  idempotencyKey: string
  ordinal: number
  state: 'PENDING' | 'VALIDATING' | 'WINNING' | 'LOSING' | 'SETTLED'
  outcome: 'WON' | 'LOST' | null
  prize: { id: string; name: string } | null
  award: { id: string; drawId: string; status: string; prize: { id: string } } | null
  createdAt: string
  settledAt: string | null
}
export interface Accepted { __typename: 'DrawAccepted'; draws: DrawAnswer[]; replayed: boolean; drawsLeft: number | null }
export interface Rejected { __typename: 'DrawRejected'; code: string; message: string; retryAfterMs: number | null }

export const DRAW_FIELDS = 'id campaignId userId idempotencyKey ordinal state outcome prize { id name } award { id drawId status prize { id } } createdAt settledAt'
const DRAW = `mutation ($input: DrawInput!) { draw(input: $input) { __typename
  ... on DrawAccepted { replayed drawsLeft draws { ${DRAW_FIELDS} } } ... on DrawRejected { code message retryAfterMs } } }`
const OVERLOADED_RETRIES_MAX = 20

export interface DrawArguments {
  campaignId: string
  userId?: string
  idempotencyKey: string
  count?: number
  deviceId?: string
  ip?: string
  participant?: TestParticipant
}

/** The contract's ParticipantInput. */
export interface TestParticipant {
  tier?: string
  riskPool?: string
  segments?: string[]
  attributes?: Array<{ name: string; string?: string; number?: number; boolean?: boolean }>
}

/** One draw over HTTP; where the server asks for patience (OVERLOADED, RECOVERING), the same key again, as callers do. Throws on any other error. */
export async function draw(app: TestApp, headers: Record<string, string>, input: DrawArguments): Promise<Accepted | Rejected> {
  for (let attempt = 0; ; attempt++) {
    const { body } = await gql<{ draw: Accepted | Rejected }>(app.graphqlUrl, DRAW, { input }, headers)
    if (body.errors === undefined && body.data != null) {
      const answer = body.data.draw
      // Redis' scripts are the whole server's: another test file may just be trying what happens without them.
      const restoring = answer.__typename === 'DrawRejected' && answer.code === 'RECOVERING' && attempt < OVERLOADED_RETRIES_MAX
      if (!restoring) return answer
      await sleep(answer.retryAfterMs ?? 100)
      continue
    }
    const [error] = body.errors ?? []
    if (error?.extensions?.code !== 'OVERLOADED' || attempt === OVERLOADED_RETRIES_MAX) throw new Error(JSON.stringify(body))
    await sleep(error.extensions.retryAfterMs ?? 100)
  }
}

/** As `draw`, for a draw that must be accepted. */
export async function accepted(app: TestApp, headers: Record<string, string>, input: DrawArguments): Promise<Accepted> {
  const answer = await draw(app, headers, input)
  if (answer.__typename !== 'DrawAccepted') throw new Error(`${answer.code}: ${answer.message}`)
  return answer
}

/** Runs at most `width` at the same time. Answers in the order of the jobs. */
export async function inParallel<T>(jobs: ReadonlyArray<() => Promise<T>>, width = jobs.length): Promise<T[]> {
  const results: T[] = []
  let next = 0
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, async () => {
    for (let n = next++; n < jobs.length; n = next++) results[n] = await jobs[n]!()
  }))
  return results
}

export interface Audit { balanced: boolean; violations: Array<{ invariant: string; detail: string }>; draws: number; unsettled: number }

/** The books of a campaign once nothing is unsettled, or as they are after 20 s: a crowded machine settles late. */
export async function settledBooks(app: TestApp, { token, campaign }: Pick<LiveCampaign, 'token' | 'campaign'>): Promise<Audit> {
  const query = 'query ($id: ID!) { booksAudit(campaignId: $id) { balanced violations { invariant detail } draws unsettled } }'
  const giveUpAt = Date.now() + 20_000
  for (;;) {
    const { booksAudit } = await gqlData<{ booksAudit: Audit }>(app.adminGraphqlUrl, query, { id: campaign.id }, bearer(token))
    if (booksAudit.unsettled === 0 || Date.now() > giveUpAt) return booksAudit
    await sleep(50)
  }
}

export const BALANCED = { balanced: true, violations: [], unsettled: 0 }

export interface DeviceTokens {
  /** Headers of a participant's device. */
  headers(userId: string, claims?: Record<string, unknown>): Promise<Record<string, string>>
}

/** Registers a key of the tenant's, and signs its participants' tokens with it. */
export async function deviceTokens(app: TestApp, tenant: TestTenant, operatorToken: string): Promise<DeviceTokens> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const variables = { kid: 'test', jwk: JSON.stringify(await exportJWK(publicKey)) }
  const mutation = 'mutation ($kid: String!, $jwk: String!) { registerParticipantKey(kid: $kid, algorithm: "ES256", publicJwk: $jwk) { id } }'
  await gqlData(app.adminGraphqlUrl, mutation, variables, bearer(operatorToken))
  return {
    headers: async (userId, claims = {}) => {
      const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'test' }).setIssuer(tenant.slug).setAudience('drawbridge')
      return bearer(await jwt.setSubject(userId).setIssuedAt().setExpirationTime('10m').sign(privateKey))
    },
  }
}

/** Grants tickets with the tenant's server key. */
export async function grantTickets(app: TestApp, { tenant, campaign }: Pick<LiveCampaign, 'tenant' | 'campaign'>, userId: string, amount: number, key = 'grant-1') {
  const input = { campaignId: campaign.id, userId, amount, reason: 'test', idempotencyKey: key }
  return gql<{ grantTickets: { userId: string; balance: number } }>(
    app.graphqlUrl, 'mutation ($input: GrantTicketsInput!) { grantTickets(input: $input) { userId balance } }', { input }, serverKey(tenant))
}
