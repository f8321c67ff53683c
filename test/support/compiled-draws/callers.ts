import type { TestApp } from '../app.js'
import { bearer, createTenant, login, serverKey, type TestTenant } from '../fixtures.js'
import { gqlData } from '../gql.js'
import { newSigningKey, nowSeconds, participantToken, type SigningKey } from '../tenancy.js'
import { createTestKey } from '../test-keys.js'

export interface Caller {
  readonly name: string
  /** Of a hundred requests. */
  readonly share: number
  readonly isDevice: boolean
  readonly headers: Readonly<Record<string, string>>
}

export interface Callers {
  readonly all: readonly Caller[]
  readonly tenant: TestTenant
  readonly ownerToken: string
  /** A token of the tenant's that is over `inSeconds` from now, or was. */
  token(userId: string, inSeconds: number): Promise<string>
}

const KID = 'differential'
const DEVICES = 5
/** Of the tenant whose callers are to run into its limit. */
const NARROW_PER_SECOND = 2
const KEY_PER_SECOND = 3

async function register(app: TestApp, ownerToken: string): Promise<SigningKey> {
  const key = newSigningKey('ES256')
  const mutation = 'mutation ($kid: String!, $jwk: String!) { registerParticipantKey(kid: $kid, algorithm: "ES256", publicJwk: $jwk) { id } }'
  await gqlData(app.adminGraphqlUrl, mutation, { kid: KID, jwk: key.publicJwk }, bearer(ownerToken))
  return key
}

async function limitedKey(app: TestApp, ownerToken: string): Promise<Record<string, string>> {
  const query = 'mutation ($max: Int) { createApiKey(name: "Limited", drawsPerSecondMax: $max) { secret } }'
  interface Created { createApiKey: { secret: string } }
  const { createApiKey } = await gqlData<Created>(app.adminGraphqlUrl, query, { max: KEY_PER_SECOND }, bearer(ownerToken))
  return { 'x-api-key': createApiKey.secret }
}

/** The same claims, one letter changed. */
const tampered = (token: string) => token.replace(/\.(.)/, (_, first: string) => `.${first === 'e' ? 'f' : 'e'}`)
const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const unsigned = (claims: object) => `${encoded({ alg: 'none', kid: KID })}.${encoded(claims)}.`

/** Callers of every kind, of a tenant with much room and of another with little. */
export async function everyCaller(app: TestApp): Promise<Callers> {
  const [tenant, other] = [await createTenant(app), await createTenant(app, { drawsPerSecondMax: NARROW_PER_SECOND })]
  const ownerToken = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  const otherToken = await login(app, other.ownerEmail, other.ownerPassword)
  const [key, otherKey] = [await register(app, ownerToken), await register(app, otherToken)]
  const token = (userId: string, inSeconds: number) =>
    participantToken(key, KID, tenant.slug, { sub: userId, exp: nowSeconds() + inSeconds })
  const good = await Promise.all(Array.from({ length: DEVICES }, async (_, n) =>
    bearer(await participantToken(key, KID, tenant.slug, { sub: `device-${n}`, ...(n === 0 ? { tier: 'VIP' } : {}) }))))
  const others = await Promise.all(['a', 'b'].map(async (sub) =>
    bearer(await participantToken(otherKey, KID, other.slug, { sub, tier: 'VIP' }))))
  const valid = good[1]!.authorization!.slice('Bearer '.length)
  const claims = { aud: 'drawbridge', iss: tenant.slug, sub: 'device-1', exp: nowSeconds() + 600 }
  const bad: ReadonlyArray<readonly [name: string, token: string]> = [
    ['expired', await token('device-1', -60)],
    ['of a key that is not registered', await participantToken(newSigningKey('ES256'), KID, tenant.slug)],
    ['of another tenant’s key', await participantToken(otherKey, KID, tenant.slug)],
    ['of another audience', await participantToken(key, KID, tenant.slug, { aud: 'other' })],
    ['tampered with', tampered(valid)],
    ['unsigned', unsigned(claims)],
    ['no token', 'not-a-token'],
  ]
  const all: Caller[] = [
    { name: 'server', share: 44, isDevice: false, headers: serverKey(tenant) },
    { name: 'limited server', share: 8, isDevice: false, headers: await limitedKey(app, ownerToken) },
    { name: 'test key', share: 7, isDevice: false, headers: (await createTestKey(app, ownerToken)).headers },
    { name: 'other server', share: 5, isDevice: false, headers: serverKey(other) },
    { name: 'other test key', share: 4, isDevice: false, headers: (await createTestKey(app, otherToken)).headers },
    ...others.map((headers, n) => ({ name: `other device ${n}`, share: 3, isDevice: true, headers })),
    ...good.map((headers, n) => ({ name: `device ${n}`, share: 3.6, isDevice: true, headers })),
    ...bad.map(([name, text]) => ({ name, share: 1, isDevice: true, headers: bearer(text) })),
    { name: 'nobody', share: 1, isDevice: false, headers: {} },
    { name: 'wrong key', share: 1, isDevice: false, headers: { 'x-api-key': 'dbk_wrong' } },
    { name: 'two at once', share: 1, isDevice: false, headers: { ...serverKey(tenant), ...good[1]! } },
    { name: 'another scheme', share: 1, isDevice: true, headers: { authorization: `Basic ${valid}` } },
  ]
  return { all, tenant, ownerToken, token }
}
