import { describe, expect, it } from '@jest/globals'
import { PacedRefusals } from '../../../src/api/app/admission/paced-refusals.js'

/** A process whose turns of the event loop take as long as it is told, and in which each refusal takes `refusalMs`. */
function process(refusalMs: number, waitingMax = 1_000) {
  let now = 0
  const coming: Array<() => void> = []
  const told: number[] = []
  const refusals = new PacedRefusals({ waitingMax, now: () => now, soon: (run) => { coming.push(run) } })
  return {
    refusals, told,
    push: (n: number) => { refusals.push(() => { now += refusalMs; told.push(n) }) },
    /** Everything else of a turn takes `ms`. Returns how many were told in it. */
    turn(ms: number): number {
      const before = told.length
      now += ms
      for (const run of coming.splice(0)) run()
      return told.length - before
    },
    isComing: () => coming.length > 0,
  }
}

describe('refusals', () => {
  it('are told in their order, all of them, and then nothing comes any more', () => {
    const { push, turn, told, isComing } = process(0.1)
    for (let n = 0; n < 50; n++) push(n)
    expect(told).toEqual([])
    for (let n = 0; n < 20 && isComing(); n++) turn(0)
    expect(told).toEqual(Array.from({ length: 50 }, (_, n) => n))
    expect(isComing()).toBe(false)
  })

  it('take a tenth of a busy process, and no turn for long', () => {
    const { push, turn } = process(0.125)
    for (let n = 0; n < 500; n++) push(n)
    // 20 ms of others: 2 ms of refusals.
    expect(turn(20)).toBe(16)
    expect(turn(20)).toBe(16)
    // However long a turn was.
    expect(turn(1_000)).toBe(40)
  })

  it('are told at least one a turn, and half a millisecond’s where nothing else is to do', () => {
    const { push, turn } = process(3)
    for (let n = 0; n < 5; n++) push(n)
    expect(turn(1)).toBe(1)
    const idle = process(0.125)
    for (let n = 0; n < 50; n++) idle.push(n)
    expect(idle.turn(0)).toBe(4)
  })

  it('are told at once where too many wait', () => {
    const { push, told, refusals } = process(0.1, 3)
    for (let n = 0; n < 5; n++) push(n)
    expect(told).toEqual([3, 4])
    expect(refusals.waiting).toBe(3)
  })
})
