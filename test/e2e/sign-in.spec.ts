import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Secret } from 'otpauth'
import { LoginAttempts } from '../../src/modules/tenancy/login-attempts.service.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { Metrics } from '../../src/platform/telemetry/metrics.js'
import { bootApp, type TestApp } from '../support/app.js'
import { uniqueName } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { codeAt, LOGIN, PASSWORD, People, untilLimited } from '../support/people.js'

let app: TestApp
let people: People

beforeAll(async () => {
  app = await bootApp()
  people = await People.of(app)
})
beforeEach(() => people.forgetAttempts())
afterAll(async () => { await app?.close() })

describe('signing in', () => {
  it('answers alike whether the operator exists or not, and more and more slowly, in every process', async () => {
    const elsewhere = await bootApp({ on: { databaseUrl: app.databaseUrl, redisUrl: app.redisUrl } })
    try {
      const ada = await people.person('ANALYST')
      const nobody = `${uniqueName('nobody')}@people.example`
      const urls = [app.adminGraphqlUrl, elsewhere.adminGraphqlUrl]
      const tell = async (email: string, url: string) => {
        const { status, body } = await gql(url, LOGIN, { email, password: 'a wrong password' })
        const { requestId: _, retryAfterMs, ...extensions } = body.errors![0]!.extensions!
        return { status, message: body.errors![0]!.message, code: extensions.code, extensions, waits: (retryAfterMs ?? 0) > 0 }
      }
      const answers = (email: string) => untilLimited((n) => tell(email, urls[n % 2]!))
      const [somebody, noOne] = [await answers(ada.email), await answers(nobody)]
      expect([...new Set([...somebody, ...noOne].map((told) => JSON.stringify(told)))]).toEqual([JSON.stringify(
        { status: 401, message: 'The e-mail or the password is wrong', code: 'UNAUTHENTICATED', extensions: { code: 'UNAUTHENTICATED' }, waits: false })])
      // Five in both processes together; each by itself would have given ten.
      for (const { length } of [somebody, noOne]) expect([length >= 5, length < 10]).toEqual([true, true])
      const keys = await people.attempts()
      expect(keys.join()).not.toContain('people.example')
    } finally {
      await elsewhere.stop()
    }
  })

  it('doubles the wait', async () => {
    const email = `${uniqueName('nobody')}@people.example`
    const { client } = app.app.get(RedisService, { strict: false })
    const waits: number[] = []
    for (let n = 0; n < 16; n++) {
      await people.signIn(email, 'a wrong password')
      const [block] = await client.keys('d:{login}:b:e:*')
      waits.push(block === undefined ? 0 : Math.ceil((await client.pttl(block)) / 1_000))
      // As if it were over.
      for (const key of await client.keys('d:{login}:b:*')) await client.del(key)
    }
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
  })

  it('goes on while Redis is away, and counts in the process', async () => {
    const redis = app.app.get(RedisService, { strict: false })
    const gone = redis.duplicate({ lazyConnect: true, enableOfflineQueue: false, port: 1, retryStrategy: () => null })
    const away = { client: gone, guarded: <T>(command: () => Promise<T>) => command() } as unknown as RedisService
    const attempts = new LoginAttempts(app.app.get(Metrics, { strict: false }), away)
    for (let n = 0; n < 5; n++) expect(await attempts.attempt('a@x.example', '192.0.2.1', () => Promise.resolve(null))).toBeNull()
    await expect(attempts.attempt('a@x.example', '192.0.2.1', () => Promise.resolve('in'))).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })
})

describe('the second factor', () => {
  it('is asked for once it is confirmed, takes each code once, and those of the steps beside', async () => {
    const ada = await people.person('ANALYST')
    const wrong = await people.refusal('mutation { confirmTotp(code: "000000") { recoveryCodes } }', {}, ada.token)
    expect(wrong).toMatchObject({ code: 'CONFLICT' })
    const { secret } = await people.enrolled(ada.token)
    expect(await people.signIn(ada.email, PASSWORD)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', reason: 'TOTP_REQUIRED', field: 'code' })
    expect(await people.signIn(ada.email, 'a wrong password')).toMatchObject({ code: 'UNAUTHENTICATED', reason: undefined })
    // That of confirming, again; one of two steps ago; one of in two steps.
    for (const shift of [-30, -75, 75]) expect(await people.signIn(ada.email, PASSWORD, codeAt(secret, shift))).toMatchObject({ code: 'UNAUTHENTICATED', reason: undefined })
    await people.forgetAttempts()
    const code = codeAt(secret)
    const tries = await Promise.all(Array.from({ length: 4 }, () => people.signIn(ada.email, PASSWORD, code)))
    expect(tries.filter((answer) => answer.code === undefined)).toHaveLength(1)
    await people.forgetAttempts()
    expect((await people.signIn(ada.email, PASSWORD, ` ${codeAt(secret, 30).replace(/(...)/, '$1 ')}`)).code).toBeUndefined()
    expect(await people.admin('{ me { totpEnabled } }', {}, ada.token)).toEqual({ me: { totpEnabled: true } })
  })

  it('is guessed no faster by who knows the password', async () => {
    const ada = await people.person('ANALYST')
    await people.enrolled(ada.token)
    const told = await untilLimited(async () => {
      // Nor does a good password without a code start the count anew.
      const without = await people.signIn(ada.email, PASSWORD)
      return without.code === 'RATE_LIMITED' ? without : people.signIn(ada.email, PASSWORD, '000000')
    })
    expect(told[4]).toMatchObject({ code: 'UNAUTHENTICATED', reason: undefined })
    await people.forgetAttempts()
    const disable = (code: string) => people.refusal('mutation ($p: String!, $c: String!) { disableTotp(password: $p, code: $c) }', { p: PASSWORD, c: code }, ada.token)
    expect((await untilLimited(() => disable('000000')))[4]).toMatchObject({ code: 'BAD_USER_INPUT', field: 'code' })
  })

  it('is replaced by a recovery code, each once, and goes by its own code or by an owner', async () => {
    const [ada, bob] = [await people.person('ANALYST'), await people.person('ANALYST')]
    const { secret, recoveryCodes } = await people.enrolled(ada.token)
    expect(new Set(recoveryCodes).size).toBe(10)
    const [first] = recoveryCodes
    const tries = await Promise.all(Array.from({ length: 3 }, () => people.signIn(ada.email, PASSWORD, first!.toLowerCase())))
    expect(tries.filter((answer) => answer.code === undefined)).toHaveLength(1)
    await people.forgetAttempts()
    expect(await people.refusal('mutation ($p: String!, $c: String!) { disableTotp(password: $p, code: $c) }', { p: 'wrong', c: codeAt(secret) }, ada.token)).toMatchObject({ field: 'code' })
    await people.admin('mutation ($p: String!, $c: String!) { disableTotp(password: $p, code: $c) }', { p: PASSWORD, c: codeAt(secret) }, ada.token)
    expect((await people.signIn(ada.email, PASSWORD)).code).toBeUndefined()

    await people.enrolled(bob.token)
    const { me } = await people.admin<{ me: { id: string } }>('{ me { id } }')
    expect(await people.refusal('mutation ($id: ID!) { resetOperatorTotp(id: $id) { id } }', { id: me.id })).toMatchObject({ code: 'CONFLICT' })
    expect(await people.admin('mutation ($id: ID!) { resetOperatorTotp(id: $id) { totpEnabled } }', { id: bob.id })).toEqual({ resetOperatorTotp: { totpEnabled: false } })
    expect(await people.refusal('{ me { id } }', {}, bob.token)).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect((await people.signIn(bob.email, PASSWORD)).code).toBeUndefined()
  })

  it('is kept sealed, its recovery codes hashed', async () => {
    const ada = await people.person('ANALYST')
    const { secret, recoveryCodes } = await people.enrolled(ada.token)
    const raw = Buffer.from(Secret.fromBase32(secret).buffer).toString('hex')
    const rows = await people.sql<{ row: string }>('SELECT t::text AS row FROM operator_totp t UNION ALL SELECT r::text FROM operator_recovery_code r UNION ALL SELECT a::text FROM audit_log a')
    const kept = rows.map(({ row }) => row).join('\n')
    for (const secrets of [raw, secret, ...recoveryCodes, recoveryCodes[0]!.replaceAll('-', '')]) expect(kept).not.toContain(secrets)
  })

  it('is all that an operator can do something about, where the tenant asks for it', async () => {
    const fresh = await People.of(app)
    const set = (expectedVersion: number, totpRequired: boolean, token = fresh.owner) => fresh.refusal(
      'mutation ($v: Int!, $t: Boolean!) { setTenantPolicy(expectedVersion: $v, patch: { totpRequired: $t }) { version totpRequired } }',
      { v: expectedVersion, t: totpRequired }, token)
    const ada = await fresh.person('OWNER')
    expect(await set(0, true)).toMatchObject({ code: 'CONFLICT', field: 'totpRequired' })
    await fresh.enrolled(ada.token)
    expect((await set(0, true, ada.token)).code).toBeUndefined()
    expect(await set(0, false, ada.token)).toMatchObject({ code: 'CONFLICT', field: 'expectedVersion' })
    expect(await fresh.admin('{ tenantPolicy { version totpRequired } }', {}, ada.token)).toEqual({ tenantPolicy: { version: 1, totpRequired: true } })
    // The other owner’s open session, too.
    expect(await fresh.refusal('{ operators { id } }')).toMatchObject({ status: 403, code: 'FORBIDDEN', reason: 'TOTP_ENROLMENT_REQUIRED' })
    expect(await fresh.admin('{ me { email } }')).toEqual({ me: { email: fresh.tenant.ownerEmail } })
    const given = { email: fresh.tenant.ownerEmail, password: fresh.tenant.ownerPassword }
    const { login: opened } = await gqlData<{ login: { token: string; totpEnrolmentRequired: boolean } }>(app.adminGraphqlUrl, LOGIN, given)
    expect(opened.totpEnrolmentRequired).toBe(true)
    expect(await fresh.refusal('{ operators { id } }', {}, opened.token)).toMatchObject({ code: 'FORBIDDEN' })
    await fresh.enrolled(opened.token, given.password)
    expect((await fresh.refusal('{ operators { id } }', {}, opened.token)).code).toBeUndefined()
  })
})
