import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { decodeDrawId, decodeTestDrawId, encodeDrawId, encodeTestDrawId } from '../../../src/common/draw-id.js'
import { partitionHash } from '../../../src/common/hash.js'
import { isSafeId, isUuid, newId } from '../../../src/common/ids.js'
import { bucketKeys, bucketOf, PARTITIONS, partitionOf, velocityKey } from '../../../src/platform/redis/keys.js'
import { chiSquare, chiSquareLimit } from '../../support/chi-square.js'
import { seed } from '../../support/seed.js'

const parts = fc.record({ snowflake: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }), campaignNo: fc.nat(2 ** 31 - 1), bucket: fc.nat(63) })

describe('draw ids', () => {
  it('come back as they went', () => {
    fc.assert(fc.property(parts, (given) => {
      const text = encodeDrawId(given)
      expect(text).toMatch(/^[0-9A-HJKMNP-TV-Z]{21}$/)
      expect(decodeDrawId(text)).toEqual(given)
    }), { seed: seed('draw ids').value, numRuns: 1_000 })
  })

  it('have one spelling: what decodes is what was encoded', () => {
    const character = fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ')
    fc.assert(fc.property(fc.array(character, { minLength: 21, maxLength: 21 }), (characters) => {
      const text = characters.join('')
      const decoded = decodeDrawId(text)
      if (decoded !== null) expect(encodeDrawId(decoded)).toBe(text)
    }), { seed: seed('draw id spelling').value, numRuns: 2_000 })
  })

  it.each([
    '', ' ', '0', 'a'.repeat(21), 'Z'.repeat(21), 'I'.repeat(21), 'U'.repeat(21), '0'.repeat(20), '0'.repeat(22), `${'0'.repeat(20)}l`,
    `${'0'.repeat(20)} `, ` ${'0'.repeat(20)}`, `${'0'.repeat(20)}\n`, '００００００００００００００００００００0', '💥'.repeat(10), `${'💥'.repeat(10)}0`,
    "' OR 1=1 --          ", '__proto__', 'constructor', 'A'.repeat(100_000), `A${'0'.repeat(21)}`, '-00000000000000000001',
  ])('%p is none', (text) => {
    expect(decodeDrawId(text)).toBeNull()
  })

  it('of test draws are of no other world, nor theirs of it', () => {
    fc.assert(fc.property(parts, (given) => {
      const [real, test] = [encodeDrawId(given), encodeTestDrawId(given)]
      expect(decodeTestDrawId(test)).toEqual(given)
      expect([decodeDrawId(test), decodeTestDrawId(real), decodeTestDrawId(`t${real}`), decodeTestDrawId(`T${test}`)]).toEqual([null, null, null, null])
    }), { seed: seed('test draw ids').value })
  })

  it('name no bucket, campaign or time that cannot be', () => {
    const id = (bucket: bigint, no: bigint, snowflake: bigint) =>
      encodeDrawId({ snowflake, campaignNo: Number(no), bucket: Number(bucket) })
    expect(decodeDrawId(id(63n, 1n, 1n))).not.toBeNull()
    expect(decodeDrawId(id(64n, 1n, 1n))).toBeNull()
    expect(decodeDrawId(id(0n, 2n ** 31n, 1n))).toBeNull()
    expect(decodeDrawId(id(0n, 1n, 2n ** 63n))).toBeNull()
  })

  it('never throw on any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      expect([null, 'object']).toContain(decodeDrawId(text) === null ? null : 'object')
    }), { seed: seed('draw id texts').value })
  })
})

describe('isSafeId', () => {
  it.each(['a', 'user-1', '用户', 'a:b|c,d;e', "o'neil", ' ', '%s', '💥', 'x'.repeat(128), '../..', '__proto__'])('takes %p', (text) => {
    expect(isSafeId(text)).toBe(true)
  })

  it.each(['', 'x'.repeat(129), '{', 'a}', '}{', 'a\u0000', '\n', 'a\tb', '\u007f', '\u0085', '\u009f', '\u2028', '\u2029', '\ufeff', '\ud800', 'a\udc00'])('refuses %p', (text) => {
    expect(isSafeId(text)).toBe(false)
  })

  it('counts up to the given length', () => {
    expect([isSafeId('x'.repeat(64), 64), isSafeId('x'.repeat(65), 64)]).toEqual([true, false])
  })
})

describe('newId', () => {
  it('is a UUID of version 7 that sorts by time', () => {
    const ids = [1, 2, 3].map((ms) => newId(T(ms)))
    expect(ids.every(isUuid)).toBe(true)
    expect(ids.every((id) => /^.{14}7.{4}[89ab]/.test(id))).toBe(true)
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(Array.from({ length: 2_000 }, () => newId())).size).toBe(2_000)
  })
  const T = (ms: number) => Date.UTC(2026, 10, 23) + ms
})

describe('partitionHash', () => {
  const even = (texts: Iterable<string>, among: number): number => {
    const counts = Array<number>(among).fill(0)
    let total = 0
    for (const text of texts) {
      counts[partitionHash(text) % among]! += 1
      total += 1
    }
    return chiSquare(counts, Array<number>(among).fill(total / among))
  }
  const many = (name: (n: number) => string, count = 16_000) => Array.from({ length: count }, (_, n) => name(n))

  it.each<[string, (n: number) => string]>([
    ['numbers', String], ['user-n', (n) => `user-${n}`], ['padded', (n) => `u${String(n).padStart(12, '0')}`], ['mail', (n) => `p${n}@example.com`],
    ['not ASCII', (n) => `用户${n}`], ['n at the front', (n) => `${n}-of-the-tenant`], ['even numbers', (n) => String(2 * n)],
  ])('spreads %s evenly over 64, 16 and 2', (_what, name) => {
    // Fixed names and a fixed function: nothing here is random.
    for (const among of [64, 16, 2]) expect(even(many(name), among)).toBeLessThan(chiSquareLimit(Math.max(2, among - 1)))
  })

  it('spreads random UUIDs and is of 32 bits', () => {
    const texts = many(() => newId())
    expect(even(texts, 64)).toBeLessThan(chiSquareLimit(63))
    expect(texts.map(partitionHash).every((hash) => Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32)).toBe(true)
  })

  it('hashes UTF-8, by whichever way', () => {
    // FNV-1a of 'a' and of 'é' (c3 a9), then the final mix: fixed for ever, since keys are found by it.
    expect([partitionHash(''), partitionHash('a'), partitionHash('é'), partitionHash('aé')].map((hash) => hash.toString(16))).toEqual(['ab3e7c0b', '1a80b1b3', '8e4756c7', 'f66a25cd'])
  })

  it('keeps all keys of a bucket in the slot of its partition', () => {
    const place = { id: newId(), no: 41, bucketCount: 16 }
    const bucket = bucketOf(place, 'user-1')
    expect(bucket).toBe(partitionHash('user-1') % 16)
    const partition = partitionOf(place, bucket)
    expect(partition).toBe((partitionHash(place.id) + bucket) % PARTITIONS)
    const tag = `{p${String(partition).padStart(2, '0')}}`
    for (const key of Object.values(bucketKeys(place, 3, bucket))) expect(key.startsWith(`d:${tag}:15:`)).toBe(true)
  })

  it('gives a test world names of its own, in the same slots', () => {
    const place = { id: newId(), no: 41, bucketCount: 16 }
    const [real, test] = [Object.values(bucketKeys(place, 3, 5)), Object.values(bucketKeys({ ...place, test: true }, 3, 5))]
    expect(test).toEqual(real.map((key) => key.replace(/^d:/, 't:')))
    const scope = { tenantId: newId(), campaignNo: 41 }
    expect(velocityKey({ ...scope, testEpoch: 1 }, 'IP', '192.0.2.1', 60)).toMatch(/^t:/)
    expect(velocityKey({ ...scope, testEpoch: 1 }, 'IP', '192.0.2.1', 60)).not.toBe(velocityKey({ ...scope, testEpoch: 2 }, 'IP', '192.0.2.1', 60))
    expect(velocityKey(scope, 'IP', '192.0.2.1', 60)).toMatch(/^d:\{v\d+\}:15:v:a60:192\.0\.2\.1$/)
  })
})
