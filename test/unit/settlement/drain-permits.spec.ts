import { describe, expect, it } from '@jest/globals'
import { DrainPermits } from '../../../src/modules/settlement/domain/drain-permits.js'

function make({ min = 2, max = 8 } = {}) {
  const clock = { ms: 0 }
  return { clock, permits: new DrainPermits({ min, max, targetMs: 100, now: () => clock.ms }) }
}

/** Batches that each take so long, while a turn waits; the permits after each window of them. */
function press({ permits, clock }: ReturnType<typeof make>, tookMs: number, batches: number, waits = true): number[] {
  const seen: number[] = []
  for (let n = 0; n < batches; n++) {
    clock.ms += 20
    permits.wanted(waits)
    permits.wrote(tookMs)
    if (seen.at(-1) !== permits.value) seen.push(permits.value)
  }
  return seen
}

describe('the drains of a process', () => {
  it('become one more at a time while turns wait and the database is quick, up to the ceiling', () => {
    const its = make()
    expect(its.permits.value).toBe(2)
    expect(press(its, 10, 100)).toEqual([2, 3, 4, 5, 6, 7, 8])
  })

  it('do not become more where nobody waits for a turn', () => {
    expect(press(make(), 10, 100, false)).toEqual([2])
  })

  it('become fewer at once where half of the batches are slow, down to the floor, and more again when they are quick', () => {
    const its = make()
    press(its, 10, 100)
    // The window that has begun, and one more.
    expect(press(its, 300, 14)).toEqual([8, 5])
    expect(press(its, 300, 100).at(-1)).toBe(2)
    expect(press(its, 10, 100).at(-1)).toBe(8)
  })

  it('are not moved by a few slow batches among quick ones', () => {
    const its = make()
    for (let n = 0; n < 200; n++) press(its, n % 4 === 0 ? 3_000 : 10, 1)
    expect(its.permits.value).toBe(8)
  })

  it('are halved by each batch that the database does not take, and grow no sooner than after a whole window', () => {
    const its = make({ min: 1 })
    press(its, 10, 100)
    its.permits.failed()
    expect(its.permits.value).toBe(4)
    press(its, 10, 3)
    its.permits.failed()
    expect(its.permits.value).toBe(2)
    for (let n = 0; n < 5; n++) its.permits.failed()
    expect(its.permits.value).toBe(1)
    expect(press(its, 10, 3)).toEqual([1])
    expect(press(its, 10, 1)).toEqual([2])
  })

  it('retire one by one while nobody waits, and no further than the floor', () => {
    const its = make()
    press(its, 10, 100)
    its.permits.wanted(false)
    its.clock.ms += 499
    expect(its.permits.value).toBe(8)
    its.clock.ms += 1
    expect(its.permits.value).toBe(7)
    its.clock.ms += 1_000
    expect(its.permits.value).toBe(5)
    // Of what has retired, nothing comes back by itself.
    its.permits.wanted(true)
    expect(its.permits.value).toBe(5)
    its.permits.wanted(false)
    its.clock.ms += 100_000
    expect(its.permits.value).toBe(2)
  })

  it('do not retire while turns wait, however long that lasts', () => {
    const its = make()
    press(its, 10, 100)
    its.clock.ms += 100_000
    expect(its.permits.value).toBe(8)
    its.permits.wanted(false)
    expect(its.permits.value).toBe(8)
  })

  it('are always the same where floor and ceiling are', () => {
    const its = make({ min: 3, max: 3 })
    for (const tookMs of [10, 3_000]) expect(press(its, tookMs, 50)).toEqual([3])
    its.permits.failed()
    its.clock.ms += 10_000
    expect(its.permits.value).toBe(3)
  })
})
