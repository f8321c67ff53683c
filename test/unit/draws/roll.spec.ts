import { createHmac } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { roll, ROLL_RANGE } from '../../../src/modules/draws/domain/roll.js'
import { chiSquare, chiSquareLimit } from '../../support/chi-square.js'
import { seed } from '../../support/seed.js'

const secret = Buffer.alloc(32, 7)

describe('roll', () => {
  it('is an integer in [0, 1e9), the same for the same draw', () => {
    const run = seed('roll range')
    fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.string(), fc.string({ unit: 'binary' }), fc.string(), fc.nat(9), (bytes, campaign, user, key, ordinal) => {
      const value = roll(Buffer.from(bytes), campaign, user, key, ordinal)
      expect(Number.isInteger(value) && value >= 0 && value < ROLL_RANGE).toBe(true)
      expect(roll(Buffer.from(bytes), campaign, user, key, ordinal)).toBe(value)
    }), { seed: run.value, numRuns: 500 })
  })

  it('can be repeated by anyone who has the published seed', () => {
    // Written down from the definition: five parts, each behind its length in bytes; the first 32-bit word below 4e9, mod 1e9.
    const digest = createHmac('sha256', secret).update('1:c3:用3:key1:01:0').digest()
    expect(roll(secret, 'c', '用', 'key', 0)).toBe(digest.readUInt32BE(0) % 1e9)
    expect(digest.readUInt32BE(0)).toBeLessThan(4e9)
  })

  it('is what HMAC-SHA256 says, whatever the seed and the text', () => {
    const run = seed('roll by the definition')
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.string({ unit: 'grapheme', maxLength: 128 }), fc.nat(9), (bytes, user, ordinal) => {
      const key = Buffer.from(bytes)
      const text = ['campaign', user, 'key', String(ordinal), '0'].map((part) => `${Buffer.byteLength(part)}:${part}`).join('')
      const words = Array.from({ length: 8 }, (_, n) => createHmac('sha256', key).update(text).digest().readUInt32BE(n * 4))
      expect(roll(key, 'campaign', user, 'key', ordinal)).toBe(words.find((word) => word < 4e9)! % 1e9)
    }), { seed: run.value, numRuns: 500 })
  })

  it('refuses ids that are longer than any may be', () => {
    expect(() => roll(secret, 'c', 'u'.repeat(5_000), 'k', 0)).toThrow(RangeError)
  })

  it('knows where one part ends and the next begins', () => {
    const rolls = [['ab', 'c', 'k'], ['a', 'bc', 'k'], ['abc', '', 'k'], ['', 'abc', 'k'], ['a', 'b', 'ck'], ['a', '1:b', 'ck']]
      .map(([campaign, user, key]) => roll(secret, campaign!, user!, key!, 0))
    expect(new Set(rolls).size).toBe(rolls.length)
  })

  it('differs by seed, campaign, participant, key and ordinal', () => {
    const rolls = [
      roll(secret, 'c', 'u', 'k', 0), roll(Buffer.alloc(32, 8), 'c', 'u', 'k', 0), roll(secret, 'd', 'u', 'k', 0),
      roll(secret, 'c', 'v', 'k', 0), roll(secret, 'c', 'u', 'l', 0), roll(secret, 'c', 'u', 'k', 1),
    ]
    expect(new Set(rolls).size).toBe(rolls.length)
  })

  it('is uniform: over participants, over keys, over ordinals, and in its last digits', () => {
    const { value } = seed('roll uniformity')
    const key = Buffer.from(`seed ${value}`)
    const ways: Array<(n: number) => number> = [
      (n) => roll(key, 'c', `user-${n}`, 'k', 0),
      (n) => roll(key, 'c', 'u', `key-${n}`, 0),
      (n) => roll(key, 'c', `u${Math.floor(n / 10)}`, 'k', n % 10),
    ]
    const draws = 20_000
    const bins = 100
    for (const way of ways) {
      const high = Array<number>(bins).fill(0)
      const low = Array<number>(bins).fill(0)
      for (let n = 0; n < draws; n++) {
        const value = way(n)
        high[Math.floor(value / (ROLL_RANGE / bins))]! += 1
        low[value % bins]! += 1
      }
      const expected = Array<number>(bins).fill(draws / bins)
      expect(chiSquare(high, expected)).toBeLessThan(chiSquareLimit(bins - 1))
      expect(chiSquare(low, expected)).toBeLessThan(chiSquareLimit(bins - 1))
    }
  })
})
