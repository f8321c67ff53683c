import { describe, expect, it } from '@jest/globals'
import { ANSWERS_MIN, Health, type Illness } from '../../../src/platform/features/health.js'
import { SuccessWindow } from '../../../src/platform/features/success-window.js'

const SECOND = 1_000
const MINUTE = 60_000

describe('the rate of the last minutes', () => {
  const count = (window: SuccessWindow, good: number, bad: number) => {
    for (let n = 0; n < good; n++) window.count(true)
    for (let n = 0; n < bad; n++) window.count(false)
  }

  it('is 1 before anything was answered', () => {
    const window = new SuccessWindow(10, 30 * SECOND, 0)
    expect([window.answers, window.successRate]).toEqual([0, 1])
  })

  it('forgets what is older, slot by slot', () => {
    const window = new SuccessWindow(10, 30 * SECOND, 0)
    count(window, 0, 10)
    window.advance(30 * SECOND)
    count(window, 30, 0)
    expect([window.answers, window.successRate]).toEqual([40, 0.75])
    window.advance(300 * SECOND - 1)
    expect(window.answers).toBe(40)
    window.advance(300 * SECOND)
    expect([window.answers, window.successRate]).toEqual([30, 1])
    window.advance(330 * SECOND)
    expect(window.answers).toBe(0)
  })

  it('forgets everything where nobody has looked for longer, and begins anew', () => {
    const window = new SuccessWindow(10, 30 * SECOND, 0)
    count(window, 5, 5)
    window.advance(24 * 60 * MINUTE)
    expect(window.answers).toBe(0)
    count(window, 1, 1)
    window.advance(24 * 60 * MINUTE + 29 * SECOND)
    expect(window.answers).toBe(2)
    window.advance(24 * 60 * MINUTE + 300 * SECOND)
    expect(window.answers).toBe(0)
  })
})

describe('a process', () => {
  function build() {
    let nowMs = 0
    const health = new Health({ returnMs: MINUTE, windowMs: 5 * MINUTE, now: () => nowMs })
    const changes: Array<Illness | null> = []
    const look = () => { if (health.look()) changes.push(health.illness) }
    /** As the timer that looks each second. */
    const pass = (ms: number) => {
      for (const end = nowMs + ms; nowMs < end;) {
        nowMs = Math.min(end, nowMs + SECOND)
        look()
      }
    }
    const answer = (good: number, bad = 0) => {
      for (let n = 0; n < good; n++) health.count(true)
      for (let n = 0; n < bad; n++) health.count(false)
    }
    const depends = (on: 'REDIS' | 'POSTGRES', isOpen: boolean) => {
      health.depends(on, isOpen)
      look()
    }
    return { health, changes, look, pass, answer, depends }
  }

  it('is ill the moment that a dependency is open, and well a minute after it is not', () => {
    const { changes, pass, depends } = build()
    depends('REDIS', true)
    expect(changes).toEqual(['REDIS'])
    pass(10 * MINUTE)
    depends('REDIS', false)
    pass(59 * SECOND)
    expect(changes).toEqual(['REDIS'])
    pass(SECOND)
    expect(changes).toEqual(['REDIS', null])
  })

  it('does not flap with a dependency that does', () => {
    const { changes, pass, depends } = build()
    for (let n = 0; n < 20; n++) {
      depends('POSTGRES', true)
      pass(SECOND)
      depends('POSTGRES', false)
      pass(50 * SECOND)
    }
    expect(changes).toEqual(['POSTGRES'])
    pass(10 * SECOND)
    expect(changes).toEqual(['POSTGRES', null])
  })

  it('is ill of two things until both are right, and says which', () => {
    const { changes, pass, depends } = build()
    depends('POSTGRES', true)
    depends('REDIS', true)
    depends('REDIS', false)
    pass(5 * MINUTE)
    expect(changes).toEqual(['POSTGRES', 'REDIS', 'POSTGRES'])
    depends('POSTGRES', false)
    pass(MINUTE)
    expect(changes).toEqual(['POSTGRES', 'REDIS', 'POSTGRES', null])
  })

  it('is ill where less than 99.5 % of five minutes were answered', () => {
    const { changes, look, answer } = build()
    answer(1_990, 10)
    look()
    expect(changes).toEqual([])
    answer(0, 1)
    look()
    expect(changes).toEqual(['SUCCESS_RATE'])
  })

  it('is not judged by a few answers', () => {
    const { changes, look, answer } = build()
    answer(0, ANSWERS_MIN - 1)
    look()
    expect(changes).toEqual([])
    answer(1)
    look()
    expect(changes).toEqual(['SUCCESS_RATE'])
  })

  it('is well again by itself when the failures are old, and a minute has passed', () => {
    const { changes, pass, answer } = build()
    answer(1_000, 100)
    pass(SECOND)
    expect(changes).toEqual(['SUCCESS_RATE'])
    for (let n = 0; n < 4 * 60; n++) {
      answer(10)
      pass(SECOND)
    }
    expect(changes).toEqual(['SUCCESS_RATE'])
    for (let n = 0; n < 2 * 60; n++) {
      answer(10)
      pass(SECOND)
    }
    expect(changes).toEqual(['SUCCESS_RATE', null])
  })

  it('is well again where nobody draws any more', () => {
    const { health, changes, pass, answer } = build()
    answer(0, 5_000)
    pass(SECOND)
    pass(7 * MINUTE)
    expect(changes).toEqual(['SUCCESS_RATE', null])
    expect([health.answers, health.successRate]).toEqual([0, 1])
  })
})
