import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { AppError } from '../../src/common/errors.js'
import { fromOwnOrigin, sessionCookieOf } from '../../src/api/auth/credentials.js'
import { Bounded } from '../../src/modules/tenancy/domain/bounded.js'
import { LookupCache } from '../../src/modules/tenancy/domain/lookup-cache.js'
import { addressGroup, LoginThrottle } from '../../src/modules/tenancy/domain/login-throttle.js'
import { checkedSlug, normalEmail } from '../../src/modules/tenancy/domain/names.js'
import { readClaims } from '../../src/modules/tenancy/domain/participant-claims.js'
import { readPublicJwk } from '../../src/modules/tenancy/domain/participant-jwk.js'
import { NO_FACTS } from '../../src/common/participant-facts.js'
import { isApiKeySecret, newApiKeySecret, newSessionToken, isSessionToken } from '../../src/modules/tenancy/domain/secrets.js'

describe('server keys', () => {
  it('carry a checksum that any changed character breaks', () => {
    const { secret, prefix } = newApiKeySecret('LIVE')
    expect(isApiKeySecret(secret)).toBe(true)
    expect(secret.startsWith(prefix)).toBe(true)
    for (let at = 0; at < secret.length; at++) {
      const other = secret[at] === 'x' ? 'y' : 'x'
      expect(isApiKeySecret(secret.slice(0, at) + other + secret.slice(at + 1))).toBe(false)
    }
  })

  it('show their kind, and cannot be turned into the other', () => {
    const [live, test] = [newApiKeySecret('LIVE'), newApiKeySecret('TEST')]
    expect([live.prefix.slice(0, 4), test.prefix.slice(0, 4)]).toEqual(['dbk_', 'dbt_'])
    expect(isApiKeySecret(test.secret)).toBe(true)
    expect(isApiKeySecret(`dbk_${test.secret.slice(4)}`)).toBe(false)
    expect(isApiKeySecret(`dbt_${live.secret.slice(4)}`)).toBe(false)
  })

  it.each(['', 'dbk_', 'dbt_', 'x'.repeat(48), `${newApiKeySecret('LIVE').secret} `, newSessionToken()])('are nothing else: %j', (text) => {
    expect(isApiKeySecret(text)).toBe(false)
  })

  it('are told from session tokens', () => {
    expect(isSessionToken(newSessionToken())).toBe(true)
    expect(isSessionToken(newApiKeySecret('LIVE').secret)).toBe(false)
  })
})

describe('slowing down sign-ins', () => {
  const atTime = (start = 1_000_000) => {
    const clock = { ms: start }
    return { clock, throttle: new LoginThrottle(() => clock.ms) }
  }

  it('gives five free tries, then doubles the wait', () => {
    const { clock, throttle } = atTime()
    const waits: number[] = []
    for (let n = 0; n < 12; n++) {
      expect(throttle.begin('a@x.example', `10.0.0.${n}`)).toBe(0)
      const wait = throttle.begin('a@x.example', '10.0.1.1')
      waits.push(wait)
      if (wait === 0) throttle.undone('a@x.example', '10.0.1.1')
      clock.ms += wait
    }
    expect(waits).toEqual([0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000])
  })

  it('counts attempts that run at the same time', () => {
    const { throttle } = atTime()
    const allowed = Array.from({ length: 50 }, () => throttle.begin('a@x.example', '10.0.0.1')).filter((wait) => wait === 0)
    expect(allowed).toHaveLength(5)
  })

  it('slows down an address that tries many e-mails', () => {
    const { throttle } = atTime()
    const allowed = Array.from({ length: 50 }, (_, n) => throttle.begin(`${n}@x.example`, '10.0.0.1')).filter((wait) => wait === 0)
    expect(allowed).toHaveLength(20)
  })

  it('forgets after a success, and never counts our own failures', () => {
    const { throttle } = atTime()
    for (let n = 0; n < 40; n++) {
      expect(throttle.begin('a@x.example', '10.0.0.1')).toBe(0)
      if (n % 2 === 0) throttle.succeeded('a@x.example', '10.0.0.1')
      else throttle.undone('a@x.example', '10.0.0.1')
    }
  })

  it('sees an IPv6 customer as one', () => {
    expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe(addressGroup('2001:db8:1:2::9'))
    expect(addressGroup('2001:db8::1')).not.toBe(addressGroup('2001:db8:0:1::1'))
    expect(addressGroup('::ffff:10.0.0.1')).toBe('10.0.0.1')
  })
})

describe('remembering lookups', () => {
  const isOutage = (error: unknown) => error instanceof Error && error.message === 'down'
  const options = { entriesMax: 10, ttlMs: 5_000, staleMsMax: 60_000, isOutage, lookupsMax: 2 }
  const cache = (now: () => number) => new LookupCache<{ n: number }>(options, now)

  it('asks once for many, and again after 5 s', async () => {
    let ms = 0
    let asked = 0
    const known = cache(() => ms)
    const load = async () => ({ n: ++asked })
    expect(await Promise.all([known.get('k', load), known.get('k', load)])).toEqual([{ n: 1 }, { n: 1 }])
    ms = 4_999
    expect(await known.get('k', load)).toEqual({ n: 1 })
    ms = 5_000
    expect(await known.get('k', load)).toEqual({ n: 2 })
  })

  it('remembers that there is none', async () => {
    let asked = 0
    const known = cache(() => 0)
    const load = async () => { asked++; return null }
    expect([await known.get('k', load), await known.get('k', load), asked]).toEqual([null, null, 1])
    known.forget('k')
    await known.get('k', load)
    expect(asked).toBe(2)
  })

  it('keeps nothing of a lookup that was under way when its key was forgotten', async () => {
    const known = cache(() => 0)
    let answer = (_: { n: number }) => {}
    const slow = known.get('k', () => new Promise((resolve) => { answer = resolve }))
    known.forget('k')
    answer({ n: 1 })
    await slow
    expect(await known.get('k', async () => null)).toBeNull()
  })

  it('believes the last answer a minute while the lookup fails, and no longer', async () => {
    let ms = 0
    const known = cache(() => ms)
    await known.get('k', async () => ({ n: 1 }))
    const fail = () => Promise.reject(new Error('down'))
    ms = 59_000
    expect(await known.get('k', fail)).toEqual({ n: 1 })
    ms = 61_000
    await expect(known.get('k', fail)).rejects.toThrow('down')
  })

  it('lets nobody wait while the database is silent, and believes it when it speaks', async () => {
    let ms = 0
    const known = cache(() => ms)
    await known.get('k', async () => ({ n: 1 }))
    ms = 5_000
    await known.get('k', () => Promise.reject(new Error('down')))
    ms = 6_000
    let speak = (_: null) => {}
    expect(await known.get('k', () => new Promise<null>((resolve) => { speak = resolve }))).toEqual({ n: 1 })
    speak(null)
    await new Promise(setImmediate)
    expect(await known.get('k', async () => ({ n: 2 }))).toBeNull()
  })

  it('passes on what is no outage', async () => {
    let ms = 0
    const known = cache(() => ms)
    await known.get('k', async () => ({ n: 1 }))
    ms = 5_000
    await expect(known.get('k', () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
  })

  it('bounds the lookups at the same time', async () => {
    const known = cache(() => 0)
    const never = () => new Promise<null>(() => {})
    void known.get('a', never)
    void known.get('b', never)
    await expect(known.get('c', never)).rejects.toMatchObject({ code: 'OVERLOADED' })
  })
})

describe('hashing a few at a time', () => {
  it('runs two, lets one wait and refuses the rest', async () => {
    const bounded = new Bounded(2, 1)
    let running = 0
    let most = 0
    const task = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
    }
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => bounded.run(task)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(most).toBe(2)
    await expect(bounded.run(task)).resolves.toBeUndefined()
  })
})

describe('participants’ keys', () => {
  const jwk = (pair: { publicKey: { export(o: { format: 'jwk' }): object } }) => JSON.stringify(pair.publicKey.export({ format: 'jwk' }))
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  it('are kept without what is not theirs', () => {
    const given = { ...ec.publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'x', x5u: 'https://elsewhere.example' }
    expect(Object.keys(readPublicJwk(JSON.stringify(given), 'ES256')).sort()).toEqual(['crv', 'kty', 'x', 'y'])
  })

  it.each<[string, string, 'ES256' | 'RS256' | 'EdDSA']>([
    ['no JSON', '{', 'ES256'],
    ['a list', '[]', 'ES256'],
    ['a private key', JSON.stringify(ec.privateKey.export({ format: 'jwk' })), 'ES256'],
    ['another algorithm’s', jwk(ec), 'EdDSA'],
    ['another curve', jwk(generateKeyPairSync('ec', { namedCurve: 'P-384' })), 'ES256'],
    ['a point off the curve', JSON.stringify({ ...ec.publicKey.export({ format: 'jwk' }), x: 'AAAA' }), 'ES256'],
    ['a short RSA key', jwk(generateKeyPairSync('rsa', { modulusLength: 1_024 })), 'RS256'],
    ['a symmetric key', JSON.stringify({ kty: 'oct', k: 'c2VjcmV0' }), 'RS256'],
    ['for encryption', JSON.stringify({ ...ec.publicKey.export({ format: 'jwk' }), use: 'enc' }), 'ES256'],
    ['a huge text', 'x'.repeat(10_000), 'ES256'],
  ])('are refused: %s', (_what, text, algorithm) => {
    expect(() => readPublicJwk(text, algorithm)).toThrow(AppError)
  })
})

describe('what a token may say', () => {
  const nowMs = 1_700_000_000_000
  const exp = nowMs / 1_000 + 600
  const good = { sub: 'ada', exp }

  it('is read with what it says of its participant', () => {
    const said = { tier: 'gold', riskPool: 'watched', segments: ['new'] }
    const attributes = JSON.parse('{"level":5,"city":"Ulm","paid":true,"__proto__":"p"}') as object
    const claims = { userId: 'ada', ...said, attributes: new Map(Object.entries(attributes)), expiresAtMs: exp * 1_000 }
    expect(claims.attributes.get('__proto__')).toBe('p')
    expect(readClaims({ ...good, ...said, attributes }, nowMs)).toEqual(claims)
    expect(readClaims(good, nowMs)).toMatchObject(NO_FACTS)
  })

  it.each<[string, Record<string, unknown>]>([
    ['no exp', { sub: 'ada' }],
    ['an exp that is text', { ...good, exp: String(exp) }],
    ['an exp in two days', { ...good, exp: exp + 2 * 86_400 }],
    ['an iat of long ago', { ...good, iat: exp - 2 * 86_400 }],
    ['no sub', { exp }],
    ['a sub with braces', { ...good, sub: '}{' }],
    ['a sub with a line end', { ...good, sub: 'a\nb' }],
    ['a long sub', { ...good, sub: 'x'.repeat(129) }],
    ['a tier that is a list', { ...good, tier: ['gold'] }],
    ['a long tier', { ...good, tier: 'x'.repeat(65) }],
    ['too many segments', { ...good, segments: Array.from({ length: 33 }, (_, n) => `s${n}`) }],
    ['a segment that is a number', { ...good, segments: [1] }],
    ['a risk pool with braces', { ...good, riskPool: '{}' }],
    ['attributes that are a list', { ...good, attributes: ['a'] }],
    ['attributes that are a text', { ...good, attributes: 'a' }],
    ['an attribute that is an object', { ...good, attributes: { a: {} } }],
    ['an attribute that is null', { ...good, attributes: { a: null } }],
    ['an attribute that is no number', { ...good, attributes: { a: Number.POSITIVE_INFINITY } }],
    ['a long attribute', { ...good, attributes: { a: 'x'.repeat(257) } }],
    ['half a character in an attribute', { ...good, attributes: { a: '\ud800' } }],
    ['an attribute with a long name', { ...good, attributes: { ['x'.repeat(65)]: 1 } }],
    ['too many attributes', { ...good, attributes: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`a${n}`, n])) }],
    ['too long attributes', { ...good, attributes: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`a${n}`, 'x'.repeat(256)])) }],
  ])('never: %s', (_what, payload) => {
    expect(readClaims(payload, nowMs)).toBeNull()
  })
})

describe('names', () => {
  it.each(['', '-a', 'a-', 'A', 'a_b', 'a'.repeat(65), 'ä', 'a b'])('no slug: %j', (slug) => {
    expect(() => checkedSlug(slug)).toThrow(/^slug: /)
  })

  it('keeps e-mails in one spelling', () => {
    expect(normalEmail(' Ada@Example.COM ')).toBe('ada@example.com')
    expect(() => normalEmail('ada')).toThrow(/^email: /)
  })
})

describe('the dashboard’s requests', () => {
  const publicUrl = 'https://draw.example'
  it.each<[string, Record<string, string>, boolean | null]>([
    ['own host', { origin: 'http://localhost:3000', host: 'localhost:3000' }, true],
    ['public URL behind a proxy', { origin: 'https://draw.example', host: 'internal:3000' }, true],
    ['another site', { origin: 'https://evil.example', host: 'localhost:3000' }, false],
    ['another port', { origin: 'http://localhost:4000', host: 'localhost:3000' }, false],
    ['an opaque origin', { origin: 'null', host: 'localhost:3000' }, false],
    ['no browser', { host: 'localhost:3000' }, null],
  ])('%s', (_what, headers, expected) => {
    expect(fromOwnOrigin(headers, publicUrl)).toBe(expected)
  })

  it('finds its cookie among others', () => {
    expect(sessionCookieOf({ cookie: 'a=b; __Host-drawbridge=token; c=d' })).toBe('token')
    expect(sessionCookieOf({ cookie: 'x__Host-drawbridge=token' })).toBeNull()
  })
})
