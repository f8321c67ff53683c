import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, jest } from '@jest/globals'
import { Breaker, type BreakerState, BrokenCircuitError } from '../../../src/common/breaker.js'

const AWAY = new Error('away')

function build() {
  let nowMs = 0
  const states: BreakerState[] = []
  const breaker = new Breaker({
    failuresMax: 3, openMs: 500, countsError: (error) => error === AWAY, countsResult: (result) => result === 'down',
    now: () => nowMs,
  })
  breaker.watch((state) => states.push(state))
  const run = (end: () => Promise<unknown>) => breaker.run(end).catch((error: unknown) => error)
  return { breaker, states, run, pass: (ms: number) => { nowMs += ms } }
}

const away = () => Promise.reject(AWAY)
const answers = () => Promise.resolve('fine')

it('opens after failures in a row, and not before', async () => {
  const { breaker, run } = build()
  for (const end of [away, away, answers, away, away]) await run(end)
  expect(breaker.state).toBe('CLOSED')
  await run(away)
  expect(breaker.state).toBe('OPEN')
  let asked = 0
  expect(await run(async () => { asked++ })).toBeInstanceOf(BrokenCircuitError)
  expect(asked).toBe(0)
})

it('counts results as well as errors, and neither what the other side says on purpose', async () => {
  const { breaker, run } = build()
  const refused = new Error('refused')
  for (const end of [away, away, () => Promise.reject(refused), () => Promise.resolve('down'), away]) await run(end)
  expect(breaker.state).toBe('CLOSED')
  expect(await run(() => Promise.resolve('down'))).toBe('down')
  expect(breaker.state).toBe('OPEN')
})

it('lets one find out when its time is over, and the others go on being refused meanwhile', async () => {
  const { run, states, pass } = build()
  for (let n = 0; n < 3; n++) await run(away)
  pass(499)
  expect(await run(answers)).toBeInstanceOf(BrokenCircuitError)
  pass(1)
  const { promise, resolve } = Promise.withResolvers<string>()
  const trial = run(() => promise)
  expect(await run(answers)).toBeInstanceOf(BrokenCircuitError)
  resolve('back')
  expect(await trial).toBe('back')
  expect(await run(answers)).toBe('fine')
  expect(states).toEqual(['OPEN', 'HALF_OPEN', 'CLOSED'])
})

it('is open for as long again where that one fails, or throws instead of rejecting', async () => {
  const { breaker, run, pass } = build()
  for (let n = 0; n < 3; n++) await run(away)
  for (const end of [away, () => { throw AWAY }]) {
    pass(500)
    expect(await run(end)).toBe(AWAY)
    expect(breaker.state).toBe('OPEN')
    expect(await run(answers)).toBeInstanceOf(BrokenCircuitError)
  }
  pass(500)
  expect(await run(answers)).toBe('fine')
  expect(breaker.state).toBe('CLOSED')
})

it('is not kept open by what was begun before it opened, and closed by its success', async () => {
  const { breaker, run, pass } = build()
  const late = Promise.withResolvers<unknown>()
  const lateToo = Promise.withResolvers<unknown>()
  const begun = [run(() => late.promise), run(() => lateToo.promise)]
  for (let n = 0; n < 3; n++) await run(away)
  pass(400)
  late.reject(AWAY)
  await begun[0]
  pass(100)
  expect(await run(away)).toBe(AWAY)
  lateToo.resolve('it answers')
  await begun[1]
  expect(breaker.state).toBe('CLOSED')
})

it('is half open after a probe where its time is over, and the next call decides', async () => {
  const { breaker, run, states, pass } = build()
  for (let n = 0; n < 3; n++) await run(away)
  pass(499)
  breaker.probed()
  expect([breaker.state, breaker.isOpen]).toEqual(['OPEN', true])
  pass(1)
  expect(breaker.isOpen).toBe(true)
  breaker.probed()
  expect([breaker.state, breaker.isOpen]).toEqual(['HALF_OPEN', false])
  const { promise, reject } = Promise.withResolvers<string>()
  const trial = run(() => promise)
  breaker.probed()
  expect(breaker.isOpen).toBe(true)
  expect(await run(answers)).toBeInstanceOf(BrokenCircuitError)
  reject(AWAY)
  expect(await trial).toBe(AWAY)
  expect(breaker.state).toBe('OPEN')
  pass(500)
  breaker.probed()
  expect(await run(answers)).toBe('fine')
  expect(states).toEqual(['OPEN', 'HALF_OPEN', 'OPEN', 'HALF_OPEN', 'CLOSED'])
})

it('is not touched by probes while it is closed', async () => {
  const { breaker, run, states } = build()
  for (const end of [away, away]) await run(end)
  breaker.probed()
  await run(away)
  expect([breaker.state, states]).toEqual(['OPEN', ['OPEN']])
})

it('waits no longer where the clock is set back meanwhile', async () => {
  const breaker = new Breaker({ failuresMax: 1, openMs: 20, countsError: () => true })
  await breaker.run(away).catch(() => undefined)
  const now = Date.now()
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now - 3_600_000)
  try {
    await sleep(40)
    expect(await breaker.run(answers)).toBe('fine')
  } finally {
    clock.mockRestore()
  }
})
