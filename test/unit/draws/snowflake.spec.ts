import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { SNOWFLAKE_EPOCH_MS, SnowflakeGenerator, snowflakeTimeMs } from '../../../src/modules/draws/domain/snowflake.js'
import { seed } from '../../support/seed.js'

const T0 = Date.UTC(2026, 10, 23)
const shardOf = (id: bigint) => Number((id >> 12n) & 1023n)
const sequenceOf = (id: bigint) => Number(id & 4095n)

describe('SnowflakeGenerator', () => {
  it('says time, shard and sequence', () => {
    const generator = new SnowflakeGenerator(1023, 0, () => T0)
    const [first, second] = [generator.next(), generator.next()]
    expect([snowflakeTimeMs(first), shardOf(first), sequenceOf(first)]).toEqual([T0, 1023, 0])
    expect([snowflakeTimeMs(second), shardOf(second), sequenceOf(second)]).toEqual([T0, 1023, 1])
    expect(generator.lastMs).toBe(T0)
  })

  it('borrows the next millisecond when one is full', () => {
    const generator = new SnowflakeGenerator(0, 0, () => T0)
    const ids = Array.from({ length: 3 * 4096 + 1 }, () => generator.next())
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every((id, n) => n === 0 || id > ids[n - 1]!)).toBe(true)
    expect([snowflakeTimeMs(ids[4095]!), snowflakeTimeMs(ids[4096]!), sequenceOf(ids[4096]!)]).toEqual([T0, T0 + 1, 0])
    expect(generator.lastMs).toBe(T0 + 3)
  })

  it('grows, whatever the clock does', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 2, maxLength: 300 }), (clock) => {
      let n = 0
      const generator = new SnowflakeGenerator(5, T0 - 10, () => T0 + clock[n++ % clock.length]!)
      let last = 0n
      for (let i = 0; i < clock.length; i++) {
        const id = generator.next()
        expect(id).toBeGreaterThan(last)
        expect(shardOf(id)).toBe(5)
        last = id
      }
    }), { seed: seed('snowflake').value, numRuns: 200 })
  })

  it('makes none at or before the time that the last holder of the shard may have used', () => {
    const generator = new SnowflakeGenerator(1, T0 + 60_000, () => T0)
    expect(snowflakeTimeMs(generator.next())).toBe(T0 + 60_001)
  })

  it('never shares an id with another shard, and stays within 63 bits until 2095', () => {
    const ids = [0, 1, 512, 1023].flatMap((shard) => {
      const generator = new SnowflakeGenerator(shard, 0, () => T0)
      return Array.from({ length: 5_000 }, () => generator.next())
    })
    expect(new Set(ids).size).toBe(ids.length)
    const last = new SnowflakeGenerator(1023, 0, () => Date.UTC(2095, 0, 1)).next()
    expect(last < 1n << 63n && last > 0n).toBe(true)
    expect(snowflakeTimeMs(0n)).toBe(SNOWFLAKE_EPOCH_MS)
  })

  it.each([-1, 1024, 1.5, NaN])('refuses the shard %p', (shard) => {
    expect(() => new SnowflakeGenerator(shard, 0)).toThrow(RangeError)
  })
})
