import { expect, it } from '@jest/globals'
import fc from 'fast-check'
import { bucketOfPlace, bucketPlace, split } from '../../src/modules/inventory/domain/split.js'
import { type Look, parseTransfer, planTakes, sameCut } from '../../src/modules/inventory/domain/transfer.js'
import { winsOf } from '../../src/modules/inventory/domain/wins.js'
import { seed } from '../support/seed.js'

const look = (bucket: number, units: number, transfers = 0): Look => ({ bucket, current: true, units, transfers, pending: [] })

it('stock is shared evenly and wholly', () => {
  const buckets = fc.constantFrom(1, 2, 4, 8, 16, 32, 64)
  fc.assert(fc.property(fc.nat(2 ** 31 - 1), buckets, fc.integer({ min: 1, max: 1_000 }), (units, count, offset) => {
    const shares = split(units, count, offset)
    expect(shares).toHaveLength(count)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(units)
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
  }), { seed: seed('split').value })
  expect(split(1, 4, 5)).toEqual([0, 1, 0, 0])
})

it('takes come from the richest, half of it, and suffice', () => {
  expect(planTakes([look(0, 0), look(1, 9), look(2, 10)], 0, 1)).toEqual([{ from: 2, units: 5 }])
  expect(planTakes([look(0, 0), look(1, 3), look(2, 4)], 0, 6)).toEqual([{ from: 2, units: 4 }, { from: 1, units: 2 }])
  expect(planTakes([look(0, 5), look(1, 0)], 0, 1)).toEqual([])
  expect(planTakes([look(0, 0), look(1, 1)], 0, 1)).toEqual([{ from: 1, units: 1 }])
})

it('two readings agree only when no unit moved', () => {
  expect(sameCut([look(0, 0, 1), look(1, 0, 2)], [look(0, 0, 1), look(1, 0, 2)])).toBe(true)
  expect(sameCut([look(0, 0, 1), look(1, 0, 2)], [look(0, 0, 1), look(1, 0, 3)])).toBe(false)
})

it('records and places are read as they were written', () => {
  expect(parseTransfer('t', 3, '7|20|5|1700000000000')).toEqual({ id: 't', position: 7, units: 20, from: 3, to: 5, takenMs: 1_700_000_000_000, popped: '' })
  expect(parseTransfer('t', 3, '7|20|5')).toBeNull()
  expect([bucketOfPlace(bucketPlace(63)), bucketOfPlace('vault'), bucketOfPlace('bucket:x')]).toEqual([63, null, null])
})

it('wins are read from draws alone', () => {
  expect(winsOf(['y', 'D', 'i', '11,12,13', 'o', '0,2,f3'])).toEqual([['12', 2], ['13', 3]])
  expect(winsOf(['y', 'D', 'i', '11,12,13', 'o', 'g4,3:188,0'])).toEqual([['11', 4], ['12', 3]])
  expect(winsOf(['y', 'T', 'p', '1', 'n', '5'])).toEqual([])
})
