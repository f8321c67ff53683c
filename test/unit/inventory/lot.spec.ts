import { createHmac } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { openingLots } from '../../../src/modules/campaigns/domain/opening-lots.js'
import type { StockLot } from '../../../src/modules/campaigns/domain/snapshot.js'
import { inTurn, lotUnits, shareOf, splitTotal, uniform, unitName } from '../../../src/modules/inventory/domain/lot.js'
import { split } from '../../../src/modules/inventory/domain/split.js'
import { unitsLeft } from '../../../src/modules/settlement/domain/popped-left.js'
import { chiSquare, chiSquareLimit } from '../../support/chi-square.js'
import { seed } from '../../support/seed.js'
import { prizeSnapshot } from '../../support/snapshots.js'

const secret = Buffer.alloc(32, 7)
const lot = (over: Partial<StockLot> = {}): StockLot =>
  ({ no: 1, position: 1, units: 100, fromMs: 1_000, untilMs: 101_000, totalMinor: null, ...over })

describe('uniform', () => {
  it('passes over what would favour small numbers', () => {
    const range = 2 ** 47 + 1 // more than half of all words are passed over
    const stream = uniform(secret, ['x'], range)
    const half = Array.from({ length: 2_000 }, () => stream.next().value).filter((value) => value < range / 2).length
    expect(chiSquare([half, 2_000 - half], [1_000, 1_000])).toBeLessThan(chiSquareLimit(1))
  })
})

describe('moments', () => {
  it('are uniform in their window, and never outside', async () => {
    const run = seed('moments')
    const units = await lotUnits(Buffer.from(`moments ${run.value}`), 'c', lot({ units: 20_000, fromMs: 5_000, untilMs: 5_000 + 40_000 }))
    const bins = Array<number>(40).fill(0)
    for (const { ms } of units) bins[Math.floor((ms - 5_000) / 1_000)]! += 1
    expect(bins).toHaveLength(40)
    expect(chiSquare(bins, Array<number>(40).fill(500))).toBeLessThan(chiSquareLimit(39))
  })

  it('can be repeated by anyone who has the published seed', async () => {
    // Written down from docs/mechanics.md.
    const word = (no: number) => {
      const digest = createHmac('sha256', secret).update(`4:unit1:c1:3${String(no).length}:${no}1:0`).digest()
      return { ms: 1_000 + (digest.readUIntBE(0, 6) % 100_000), rank: digest.toString('hex', 28), no }
    }
    const mine = Array.from({ length: 30 }, (_, no) => word(no)).sort((a, b) => a.ms - b.ms || (a.rank < b.rank ? -1 : 1))
    const units = await lotUnits(secret, 'c', lot({ no: 3, units: 30 }))
    expect(units.map(({ ms, rank, no }) => ({ ms, rank, no }))).toEqual(mine)
    expect(unitName(units[0]!)).toBe(`${mine[0]!.rank}:3:${mine[0]!.no}:1:`)
  })

  it('differ by seed, campaign and lot', async () => {
    const first = async (key: Buffer, campaign: string, no: number) => {
      const [unit] = await lotUnits(key, campaign, lot({ no, units: 1, untilMs: 2 ** 40 }))
      return unit!.ms
    }
    const moments = await Promise.all([first(secret, 'c', 1), first(Buffer.alloc(32, 8), 'c', 1), first(secret, 'd', 1), first(secret, 'c', 2)])
    expect(new Set(moments).size).toBe(4)
  })
})

describe('a split total', () => {
  it('is exact, each packet at least 1, and the same again', async () => {
    const run = seed('split')
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.nat(2_000), fc.nat(1_000), async (units, over, campaign) => {
      const parts = await splitTotal(secret, String(campaign), { no: 1, units, totalMinor: units + over })
      expect(parts).toHaveLength(units)
      expect(Math.min(...parts)).toBeGreaterThanOrEqual(1)
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(units + over)
      expect(await splitTotal(secret, String(campaign), { no: 1, units, totalMinor: units + over })).toEqual(parts)
    }), { seed: run.value, numRuns: 200 })
  })

  it('has every composition with the same probability', async () => {
    const run = seed('compositions')
    for (const [units, totalMinor, compositions] of [[3, 6, 10], [4, 6, 10], [2, 11, 10]] as const) {
      const seen = new Map<string, number>()
      const rounds = 5_000
      for (let n = 0; n < rounds; n++) {
        const parts = await splitTotal(secret, `${run.value}/${n}`, { no: 1, units, totalMinor })
        seen.set(parts.join('+'), (seen.get(parts.join('+')) ?? 0) + 1)
      }
      expect(seen.size).toBe(compositions)
      const expected = Array<number>(compositions).fill(rounds / compositions)
      expect(chiSquare([...seen.values()], expected)).toBeLessThan(chiSquareLimit(compositions - 1))
    }
  })

  it('has the mean and the variance that are documented, the first packet as the last', async () => {
    const run = seed('split moments')
    const [units, totalMinor, rounds] = [20, 1_000, 4_000]
    const mean = totalMinor / units
    const variance = ((totalMinor - units) * totalMinor * (units - 1)) / (units ** 2 * (units + 1))
    for (const place of [0, 7, units - 1]) {
      const seen: number[] = []
      for (let n = 0; n < rounds; n++) seen.push((await splitTotal(secret, `${run.value}/${n}`, { no: 2, units, totalMinor }))[place]!)
      const average = seen.reduce((sum, one) => sum + one, 0) / rounds
      expect(Math.abs(average - mean) / Math.sqrt(variance / rounds)).toBeLessThan(5)
      const spread = seen.reduce((sum, one) => sum + (one - mean) ** 2, 0) / rounds
      expect(spread / variance).toBeGreaterThan(0.75)
      expect(spread / variance).toBeLessThan(1.25)
    }
  })

  it('of a million packets, and of one', async () => {
    const parts = await splitTotal(secret, 'c', { no: 1, units: 1_000_000, totalMinor: 1_200_000 })
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(1_200_000)
    expect(parts.every((part) => part >= 1)).toBe(true)
    expect(await splitTotal(secret, 'c', { no: 1, units: 1, totalMinor: 7 })).toEqual([7])
    expect(await splitTotal(secret, 'c', { no: 1, units: 3, totalMinor: 3 })).toEqual([1, 1, 1])
  })
})

describe('lots', () => {
  const dates = { startsAtMs: 1_000, endsAtMs: 9_000 }
  it('are what a campaign is published with', () => {
    const plain = prizeSnapshot({ position: 1, stockTotal: 5 })
    const prizes = [plain, prizeSnapshot({ position: 2, stockTotal: 9, isFallback: true }), prizeSnapshot({ position: 3 })]
    expect(openingLots({ mechanic: 'INSTANT_WIN', ...dates, prizes })).toEqual([lot({ units: 5, untilMs: 9_000 })])
    expect(openingLots({ mechanic: 'LOTTERY', ...dates, prizes })).toEqual([])
    expect(openingLots({ mechanic: 'RED_PACKET', ...dates, prizes })).toEqual([])
    const whole = prizeSnapshot({ position: 1, stockTotal: 5, packets: { totalMinor: 50, waves: [] } })
    const waves = [{ startsAtMs: 3_000, packets: 2, totalMinor: null }, { startsAtMs: 5_000, packets: 3, totalMinor: null }]
    const inWaves = prizeSnapshot({ position: 2, stockTotal: 5, packets: { totalMinor: null, waves } })
    expect(openingLots({ mechanic: 'RED_PACKET', ...dates, prizes: [whole, inWaves] })).toEqual([
      lot({ units: 5, untilMs: 1_000, totalMinor: 50 }),
      lot({ no: 2, position: 2, units: 2, fromMs: 3_000, untilMs: 3_000 }),
      lot({ no: 3, position: 2, units: 3, fromMs: 5_000, untilMs: 5_000 }),
    ])
  })

  it('are shared among buckets as stock is, nothing twice', async () => {
    const units = await lotUnits(secret, 'c', lot({ position: 3, units: 21 }))
    for (const buckets of [1, 2, 8, 64]) {
      const shares = Array.from({ length: buckets }, (_, bucket) => shareOf(units, bucket, buckets))
      expect(shares.map(({ length }) => length)).toEqual(split(21, buckets, 3))
      expect(inTurn(shares.flat())).toEqual(units)
    }
  })

  it('leave what was neither won nor taken back', async () => {
    const moments = await lotUnits(secret, 'c', lot({ units: 10 }))
    expect(unitsLeft(moments, new Map([[null, 3]]), 5)).toEqual({ left: moments.slice(3, 8), unknown: 0 })
    expect(unitsLeft(moments, new Map([[null, 12]]), 0)).toEqual({ left: [], unknown: 2 })
    const packets = await lotUnits(secret, 'c', lot({ units: 10, untilMs: 1_000, totalMinor: 40 }))
    const won = [packets[2]!, packets[5]!]
    const { left, unknown } = unitsLeft(packets, new Map(won.map(({ amountMinor }) => [amountMinor, 1])), 10)
    const sum = (units: ReadonlyArray<{ amountMinor: number | null }>) => units.reduce((total, { amountMinor }) => total + amountMinor!, 0)
    expect([unknown, sum(left)]).toEqual([0, 40 - sum([...new Map(won.map((unit) => [unit.amountMinor, unit])).values()])])
  })
})
