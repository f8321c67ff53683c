import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { candidate, firstComeCandidates, mechanicRules } from '../../../src/modules/draws/domain/odds.js'
import { ROLL_RANGE } from '../../../src/modules/draws/domain/roll.js'
import { chiSquare, chiSquareLimit } from '../../support/chi-square.js'
import { seed } from '../../support/seed.js'
import { prizeSnapshot } from '../../support/snapshots.js'

const prizes = (...odds: number[]) => odds.map((probabilityPpb, n) => prizeSnapshot({ position: n + 1, probabilityPpb }))
const nothingKnown = new Map<number, number>()

describe('candidate', () => {
  it.each([
    [0, 1], [99_999_999, 1], [100_000_000, 2], [349_999_999, 2], [350_000_000, 4], [350_000_001, null], [999_999_999, null],
  ])('a roll of %i points at %p', (rolled, position) => {
    expect(candidate(prizes(100_000_000, 250_000_000, 0, 1), rolled)?.position ?? null).toBe(position)
  })

  it('never points at a prize without odds, and never at nothing where the odds are whole', () => {
    expect(candidate(prizes(0, ROLL_RANGE), 0)?.position).toBe(2)
    expect(candidate(prizes(ROLL_RANGE - 1, 1), ROLL_RANGE - 1)?.position).toBe(2)
    expect(candidate(prizes(), 0)).toBeNull()
    expect(candidate(prizes(0, 0), 0)).toBeNull()
  })

  it('gives each prize exactly its odds, by its borders', () => {
    const odds = fc.array(fc.nat(200_000_000), { minLength: 1, maxLength: 5 })
    fc.assert(fc.property(odds, (list) => {
      const all = prizes(...list)
      let border = 0
      for (const prize of all) {
        if (prize.probabilityPpb > 0) {
          expect(candidate(all, border)).toBe(prize)
          expect(candidate(all, border + prize.probabilityPpb - 1)).toBe(prize)
        }
        border += prize.probabilityPpb
      }
      if (border < ROLL_RANGE) expect(candidate(all, border)).toBeNull()
    }), { seed: seed('odds').value })
  })
})

describe('first come', () => {
  const positions = (chosen: ReturnType<typeof firstComeCandidates>) => chosen.map((prize) => prize?.position ?? 0)

  it('belongs to flash sales and red packets', () => {
    expect((['LOTTERY', 'FLASH_SALE', 'RED_PACKET', 'INSTANT_WIN'] as const).map((mechanic) => mechanicRules(mechanic).firstCome)).toEqual([false, true, true, false])
  })

  it('is the plain candidate while nothing is known to be gone', () => {
    expect(positions(firstComeCandidates(prizes(600_000_000, 400_000_000), [0, 599_999_999, 600_000_000], nothingKnown))).toEqual([1, 1, 2])
  })

  it('spreads every roll over what is left, in proportion', () => {
    const all = prizes(500_000_000, 300_000_000, 200_000_000)
    const run = seed('first come')
    const counts = [0, 0, 0]
    const draws = 20_000
    for (let n = 0; n < draws; n++) counts[firstComeCandidates(all, [run.int(ROLL_RANGE)], new Map([[1, 0]]))[0]!.position - 1]! += 1
    expect(counts[0]).toBe(0)
    expect(chiSquare(counts.slice(1), [draws * 0.6, draws * 0.4])).toBeLessThan(chiSquareLimit(2))
    expect(firstComeCandidates(all, [ROLL_RANGE - 1], new Map([[2, 0], [3, 0]]))[0]?.position).toBe(1)
  })

  it('gives no more of a prize within one request than there is', () => {
    expect(positions(firstComeCandidates(prizes(900_000_000, 100_000_000), [0, 0, 0, 0], new Map([[1, 2]])))).toEqual([1, 1, 2, 2])
  })

  it('falls back to the plain candidate where all that has odds is gone, so that the answer is SOLD_OUT', () => {
    expect(positions(firstComeCandidates(prizes(ROLL_RANGE), [5], new Map([[1, 0]])))).toEqual([1])
    expect(positions(firstComeCandidates(prizes(ROLL_RANGE, 0), [5, 6], new Map([[1, 1]])))).toEqual([1, 1])
  })
})
