import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { planMoves } from '../../src/modules/inventory/domain/rebalance.js'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const level = (...list: Array<[units: number, demand: number]>) => list.map(([units, demand]) => ({ units, demand }))

describe('rebalancing', () => {
  it('brings stock to where it is used, before it is missed', () => {
    const buckets = level([10, 80], [100, 0], [100, 0], [100, 10])
    const moves = planMoves(buckets, 20, 64)
    expect(moves.map(({ from, to }) => `${from} to ${to}`)).toEqual(['1 to 0', '2 to 0', '3 to 0'])
    expect(10 + moves.reduce((sum, { units }) => sum + units, 0)).toBe(Math.floor((310 * 81) / 94))
  })

  it('leaves alone what is level, idle, well stocked, or nearly gone', () => {
    expect(planMoves(level([100, 10], [90, 11], [110, 9]), 30, 64)).toEqual([])
    expect(planMoves(level([0, 0], [900, 0]), 0, 64)).toEqual([])
    expect(planMoves(level([1_000, 90], [9_000, 10]), 5, 64)).toEqual([]) // lasts for 200 looks
    expect(planMoves(level([0, 90], [15, 10]), 5, 64)).toEqual([])
  })

  it('moves only what is there and spare, to those in need, and ends', () => {
    console.log(`rebalance: SEED=${seed}`)
    const bucket = fc.record({ units: fc.nat(2_000), demand: fc.nat(500) })
    fc.assert(fc.property(fc.array(bucket, { minLength: 2, maxLength: 64 }), fc.nat(5_000), fc.nat(64), (buckets, used, movesMax) => {
      const moves = planMoves(buckets, used, movesMax)
      expect(moves.length).toBeLessThanOrEqual(movesMax)
      const after = buckets.map(({ units }) => units)
      for (const { from, to, units } of moves) {
        expect(units).toBeGreaterThan(0)
        expect(from).not.toBe(to)
        after[from]! -= units
        after[to]! += units
      }
      expect(Math.min(...after)).toBeGreaterThanOrEqual(0)
      const givers = new Set(moves.map(({ from }) => from))
      for (const { to } of moves) expect(givers.has(to)).toBe(false)
      // Nothing wanders: with the same demand, the next look finds nothing to do where the first could do all.
      const next = buckets.map(({ demand }, n) => ({ demand, units: after[n]! }))
      if (moves.length < movesMax) expect(planMoves(next, used, movesMax)).toEqual([])
    }), { seed })
  })
})
