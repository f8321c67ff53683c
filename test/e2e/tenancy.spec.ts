import { createHmac, createPublicKey } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { INestApplicationContext } from '@nestjs/common'
import pg from 'pg'
import { systemContext } from '../../src/common/context.js'
import { ApiKeyService } from '../../src/modules/tenancy/api-key.service.js'
import { OperatorService } from '../../src/modules/tenancy/operator.service.js'
import { ParticipantTokenService } from '../../src/modules/tenancy/participant-token.service.js'
import { SessionService } from '../../src/modules/tenancy/session.service.js'
import { TenantService, type CreatedTenant } from '../../src/modules/tenancy/tenant.service.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { bootTenancy, newSigningKey, nowSeconds, participantToken } from '../support/tenancy.js'

let database: TestDatabase
let here: INestApplicationContext
let elsewhere: INestApplicationContext // another process, as far as caches go
let owner: pg.Client
let acme: CreatedTenant
let umbra: CreatedTenant

const contextOf = ({ tenant }: CreatedTenant) => systemContext(tenant.tenantId, 'tests')
const create = (slug: string) => here.get(TenantService).create({ slug, name: slug, ownerEmail: `owner@${slug}.example`, ownerName: 'Owner', actor: 'tests' })
const actions = async ({ tenant }: CreatedTenant): Promise<string[]> => {
  const { rows } = await owner.query<{ action: string }>('SELECT action FROM audit_log WHERE tenant_id = $1 ORDER BY id', [tenant.tenantId])
  return rows.map(({ action }) => action)
}

beforeAll(async () => {
  database = await createTestDatabase()
  here = await bootTenancy(database.databaseUrl)
  elsewhere = await bootTenancy(database.databaseUrl)
  owner = new pg.Client({ connectionString: database.databaseUrl })
  await owner.connect()
  acme = await create('acme')
  umbra = await create('umbra')
})

afterAll(async () => {
  await owner?.end()
  await Promise.all([here?.close(), elsewhere?.close()])
  await database?.drop()
})

describe('tenants', () => {
  it('are made whole or not at all', async () => {
    await expect(create('acme')).rejects.toMatchObject({ code: 'CONFLICT', details: { field: 'slug' } })
    const input = { slug: 'third', name: 'Third', ownerEmail: 'OWNER@acme.example', ownerName: 'Owner', actor: 'tests' }
    await expect(here.get(TenantService).create(input)).rejects.toMatchObject({ code: 'CONFLICT', details: { field: 'email' } })
    expect(await here.get(TenantService).bySlug('third')).toBeNull()
    await expect(create('No Slug')).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { field: 'slug' } })
    expect(await actions(acme)).toEqual(['tenant.created', 'operator.added', 'api-key.created'])
  })

  it('get another limit within 5 s', async () => {
    await here.get(TenantService).setLimit(contextOf(acme), 123)
    expect((await elsewhere.get(ApiKeyService).authenticate(acme.apiKey))?.drawsPerSecondMax).toBe(123)
    await expect(here.get(TenantService).setLimit(contextOf(acme), 0)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
  })
})

describe('server keys', () => {
  it('open their own tenant, and only as hashes are they kept', async () => {
    expect(await here.get(ApiKeyService).authenticate(umbra.apiKey)).toMatchObject({ tenantId: umbra.tenant.tenantId, tenantSlug: 'umbra' })
    const { rows } = await owner.query<{ row: string }>('SELECT k::text AS row FROM api_key k')
    expect(rows.some(({ row }) => row.includes(umbra.apiKey.slice(12)))).toBe(false)
  })

  it('are refused once revoked: here at once, elsewhere within 5 s', async () => {
    const keys = here.get(ApiKeyService)
    const { key, secret } = await keys.create(contextOf(acme), { name: 'Short-lived' })
    expect(await elsewhere.get(ApiKeyService).authenticate(secret)).not.toBeNull()
    expect(await keys.authenticate(secret)).not.toBeNull()
    await expect(keys.revoke(contextOf(umbra), key.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const revoked = await keys.revoke(contextOf(acme), key.id)
    expect(await keys.revoke(contextOf(acme), key.id)).toEqual(revoked)
    expect(await keys.authenticate(secret)).toBeNull()
    await sleep(5_100)
    expect(await elsewhere.get(ApiKeyService).authenticate(secret)).toBeNull()
    expect((await actions(acme)).filter((action) => action === 'api-key.revoked')).toHaveLength(1)
  })

  it('tell when they were last used', async () => {
    const process = await bootTenancy(database.databaseUrl)
    await process.get(ApiKeyService).authenticate(umbra.apiKey)
    await process.close()
    expect((await here.get(ApiKeyService).list(contextOf(umbra)))[0]?.lastUsedAt).toBeInstanceOf(Date)
  })
})

describe('participant tokens', () => {
  const key = newSigningKey('ES256')
  const rsa = newSigningKey('RS256')
  const tokens = () => here.get(ParticipantTokenService)
  const raw = (header: object, payload: object, signature: (input: string) => string) => {
    const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${input}.${signature(input)}`
  }

  beforeAll(async () => {
    await tokens().registerKey(contextOf(acme), 'k1', 'ES256', key.publicJwk)
    await tokens().registerKey(contextOf(acme), 'rsa', 'RS256', rsa.publicJwk)
    await tokens().registerKey(contextOf(umbra), 'k2', 'ES256', newSigningKey('ES256').publicJwk)
  })

  it('name the participant, his tier and segments', async () => {
    const token = await participantToken(key, 'k1', 'acme', { tier: 'gold', segments: ['new', 'app'] })
    const expected = { tenantId: acme.tenant.tenantId, tenantSlug: 'acme', userId: 'ada', tier: 'gold', segments: ['new', 'app'] }
    expect(await tokens().authenticate(token)).toMatchObject(expected)
    expect(await tokens().authenticate(token)).toMatchObject(expected)
    expect(await tokens().authenticate(await participantToken(rsa, 'rsa', 'acme'))).toMatchObject({ userId: 'ada', tier: null, segments: [] })
    const ed = newSigningKey('EdDSA')
    await tokens().registerKey(contextOf(acme), 'ed', 'EdDSA', ed.publicJwk)
    expect(await tokens().authenticate(await participantToken(ed, 'ed', 'acme'))).not.toBeNull()
  })

  const claims = { aud: 'drawbridge', iss: 'acme', sub: 'ada' }
  const later = () => nowSeconds() + 600
  it.each<[string, () => string | Promise<string>]>([
    ['no token', () => 'x.y.z'],
    ['alg none', () => raw({ alg: 'none', kid: 'k1' }, { ...claims, exp: later() }, () => '')],
    ['HS256 with the public key', () => raw({ alg: 'HS256', kid: 'rsa' }, { ...claims, exp: later() }, (input) => {
      const pem = createPublicKey({ key: JSON.parse(rsa.publicJwk), format: 'jwk' }).export({ type: 'spki', format: 'pem' })
      return createHmac('sha256', pem).update(input).digest('base64url')
    })],
    ['another algorithm than its key’s', () => participantToken({ ...newSigningKey('EdDSA') }, 'k1', 'acme')],
    ['another key', () => participantToken(newSigningKey('ES256'), 'k1', 'acme')],
    ['an unknown kid', () => participantToken(key, 'k9', 'acme')],
    ['no kid', () => participantToken(key, 'k1', 'acme', {}, { kid: undefined })],
    ['a kid that is a path', () => participantToken(key, '../k1', 'acme')],
    ['another audience', () => participantToken(key, 'k1', 'acme', { aud: 'elsewhere' })],
    ['no audience', () => participantToken(key, 'k1', 'acme', { aud: undefined })],
    ['no issuer', () => participantToken(key, 'k1', 'acme', { iss: undefined })],
    ['another tenant as issuer', () => participantToken(key, 'k1', 'umbra')],
    ['another tenant’s kid', () => participantToken(key, 'k2', 'umbra')],
    ['another tenant’s kid under one’s own issuer', () => participantToken(key, 'k2', 'acme')],
    ['an issuer that is no slug', () => participantToken(key, 'k1', 'acme/k1')],
    ['expired', () => participantToken(key, 'k1', 'acme', { exp: nowSeconds() - 10 })],
    ['no exp', () => participantToken(key, 'k1', 'acme', { exp: undefined })],
    ['valid for two days', () => participantToken(key, 'k1', 'acme', { exp: nowSeconds() + 2 * 86_400 })],
    ['not yet valid', () => participantToken(key, 'k1', 'acme', { nbf: nowSeconds() + 60 })],
    ['no sub', () => participantToken(key, 'k1', 'acme', { sub: undefined })],
    ['a sub that is no name', () => participantToken(key, 'k1', 'acme', { sub: 'a}{b' })],
    ['an unknown critical header', () => raw({ alg: 'ES256', kid: 'k1', crit: ['x'], x: 1 }, { ...claims, exp: later() }, () => 'AAAA')],
    ['a changed payload', async () => {
      const [head, , signature] = (await participantToken(key, 'k1', 'acme')).split('.')
      return [head, Buffer.from(JSON.stringify({ ...claims, sub: 'eve', exp: later() })).toString('base64url'), signature].join('.')
    }],
    ['too long', () => participantToken(key, 'k1', 'acme', { more: 'x'.repeat(5_000) })],
  ])('are refused: %s', async (_what, make) => {
    expect(await tokens().authenticate(await make())).toBeNull()
  })

  it('end when they expire, cached or not', async () => {
    const token = await participantToken(key, 'k1', 'acme', { exp: nowSeconds() - 3 })
    expect(await tokens().authenticate(token)).not.toBeNull() // clocks may differ by 5 s
    await sleep(2_500)
    expect(await tokens().authenticate(token)).toBeNull()
  })

  it('end with their key: here at once, elsewhere within 5 s', async () => {
    const brief = newSigningKey('ES256')
    const { id } = await tokens().registerKey(contextOf(acme), 'brief', 'ES256', brief.publicJwk)
    const token = await participantToken(brief, 'brief', 'acme')
    expect(await tokens().authenticate(token)).not.toBeNull()
    expect(await elsewhere.get(ParticipantTokenService).authenticate(token)).not.toBeNull()
    await expect(tokens().revokeKey(contextOf(umbra), id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await tokens().revokeKey(contextOf(acme), id)
    expect(await tokens().authenticate(token)).toBeNull()
    await sleep(5_100)
    expect(await elsewhere.get(ParticipantTokenService).authenticate(token)).toBeNull()
    await expect(tokens().registerKey(contextOf(acme), 'brief', 'ES256', brief.publicJwk)).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})

describe('sessions', () => {
  const sessions = () => here.get(SessionService)
  const login = (email: string, password: string, ip = '192.0.2.1') => sessions().login(email, password, ip, 'test')
  const set = (column: string, ago: string, sessionId: string) =>
    owner.query(`UPDATE operator_session SET ${column} = now() - $1::interval WHERE id = $2`, [ago, sessionId])

  it('open with the password, in any spelling of the e-mail, and are kept as hashes', async () => {
    const { token, session } = await login(' Owner@ACME.example', acme.ownerPassword)
    expect(session).toMatchObject({ tenantId: acme.tenant.tenantId, role: 'OWNER' })
    expect(await elsewhere.get(SessionService).authenticate(token)).toEqual(session)
    const { rows } = await owner.query<{ row: string }>('SELECT s::text AS row FROM operator_session s')
    expect(rows.some(({ row }) => row.includes(token.slice(4)))).toBe(false)
  })

  it('end by signing out, after 12 idle hours, after 7 days, and when the operator is disabled', async () => {
    const ended: Array<[string, (sessionId: string, operatorId: string) => Promise<unknown>]> = [
      ['signed out', (id, operatorId) => sessions().logout({ ...contextOf(acme), caller: { kind: 'operator', operatorId, role: 'OWNER' } }, id)],
      ['idle', (id) => set('last_seen_at', '12 hours 1 minute', id)],
      ['old', (id) => set('expires_at', '1 second', id)],
      ['disabled', (_id, operatorId) => owner.query('UPDATE operator SET disabled_at = now() WHERE id = $1', [operatorId])],
    ]
    for (const [what, end] of ended) {
      const { token, session } = await login('owner@acme.example', acme.ownerPassword)
      await set('last_seen_at', '11 hours', session.sessionId)
      expect([what, await sessions().authenticate(token)]).toEqual([what, session])
      await end(session.sessionId, session.operatorId)
      expect([what, await sessions().authenticate(token)]).toEqual([what, null])
    }
    await expect(login('owner@acme.example', acme.ownerPassword)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await owner.query('UPDATE operator SET disabled_at = NULL')
  })

  it('go on being idle while a page asks that nobody sits before', async () => {
    const { token, session } = await login('owner@acme.example', acme.ownerPassword)
    const idle = async () => Number((await owner.query<{ hours: string }>(
      'SELECT extract(epoch FROM now() - last_seen_at) / 3600 AS hours FROM operator_session WHERE id = $1', [session.sessionId])).rows[0]!.hours)
    await set('last_seen_at', '11 hours', session.sessionId)
    expect(await sessions().authenticate(token, false)).toEqual(session)
    expect(await idle()).toBeGreaterThan(10.9)
    expect(await sessions().authenticate(token)).toEqual(session)
    expect(await idle()).toBeLessThan(1)
  })

  it('answer alike for a wrong password and for nobody, and more and more slowly', async () => {
    const wrong = async (email: string, ip: string) => login(email, 'wrong', ip).then(() => null, (error: unknown) => error)
    expect(await wrong('owner@umbra.example', '198.51.100.1')).toEqual(await wrong('nobody@umbra.example', '198.51.100.1'))
    for (let n = 0; n < 4; n++) expect(await wrong('owner@umbra.example', `198.51.100.${n + 2}`)).toMatchObject({ code: 'UNAUTHENTICATED' })
    const refusal = { code: 'RATE_LIMITED', details: { retryAfterMs: expect.any(Number) } }
    expect(await wrong('owner@umbra.example', '198.51.100.9')).toMatchObject(refusal)
    await expect(login('owner@umbra.example', umbra.ownerPassword, '198.51.100.9')).rejects.toMatchObject(refusal)
    await sleep(1_050)
    expect((await login('owner@umbra.example', umbra.ownerPassword, '198.51.100.9')).token).toMatch(/^dbs_/)
  })

  it('end with a new password, and are at most 20', async () => {
    const logins = []
    for (let n = 0; n < 21; n++) logins.push(await login('owner@umbra.example', umbra.ownerPassword))
    expect(await sessions().authenticate(logins[0]!.token)).toBeNull()
    expect(await sessions().authenticate(logins[1]!.token)).not.toBeNull()
    await here.get(OperatorService).resetPassword(contextOf(umbra), 'owner@umbra.example')
    expect(await sessions().authenticate(logins[20]!.token)).toBeNull()
  })
})
