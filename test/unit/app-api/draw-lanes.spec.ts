import { afterEach, describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'
import { DrawLanes, type Lane } from '../../../src/api/app/admission/draw-lanes.js'
import { seed } from '../../support/seed.js'

const WAIT_MS = 50

function build(limit = 2, perLoopMax = Infinity) {
  jest.useFakeTimers()
  const log: string[] = []
  const next: Array<() => void> = []
  const lanes = new DrawLanes({
    limit: { value: limit, answered: () => undefined }, waitMsMax: WAIT_MS, perLoopMax,
    now: () => Date.now(), soon: (run) => { next.push(run) },
  })
  /** The event loop comes round. */
  const loop = () => { for (const run of next.splice(0)) run() }
  const enter = (name: string, lane: Lane | 'VIP' = 'NORMAL', tenantId = 't') => lanes.enter({
    lane: lane === 'VIP' ? 'PRIORITY' : lane, isVip: lane === 'VIP', tenantId, begin: () => { log.push(`begin ${name}`) }, refuse: () => { log.push(`refuse ${name}`) },
  })
  /** What has happened since this was asked last. */
  const since = () => log.splice(0)
  return { lanes, enter, since, loop }
}

/** Lanes with room, and who hears how long draws have taken. */
function counting() {
  const answered = jest.fn()
  const next: Array<() => void> = []
  const lanes = new DrawLanes({ limit: { value: 2, answered }, waitMsMax: WAIT_MS, perLoopMax: 10, soon: (run) => { next.push(run) } })
  const loop = () => { for (const run of next.splice(0)) run() }
  /** A draw that is answered after so many turns of the event loop. */
  const play = (as: { isTest?: boolean }, loops: number) => {
    const { leave } = lanes.enter({ lane: 'NORMAL', tenantId: 't', begin: () => undefined, refuse: () => undefined, ...as })
    for (let n = 0; n < loops; n++) loop()
    leave()
    loop()
  }
  return { lanes, answered, play }
}

afterEach(() => { jest.useRealTimers() })

describe('lanes', () => {
  it('begin at once what there is room for, and the next when one has left', () => {
    const { lanes, enter, since } = build()
    const { leave } = enter('a')
    enter('b')
    enter('c')
    enter('d')
    expect(since()).toEqual(['begin a', 'begin b'])
    leave()
    leave()
    expect(since()).toEqual(['begin c'])
    expect([lanes.atWork, lanes.waiting('NORMAL')]).toEqual([2, 1])
  })

  it('have the place back of one that waited, and ends while it begins', () => {
    const { lanes, enter } = build(1)
    const first = enter('a')
    const second = lanes.enter({ lane: 'NORMAL', tenantId: 't', begin: () => { second.leave() }, refuse: () => undefined })
    first.leave()
    expect(lanes.atWork).toBe(0)
  })

  it('keep nothing of a turn that has ended: each connection says at its end that it gives up', () => {
    const { lanes, enter } = build(1)
    const [first, second] = [enter('a'), enter('b')]
    first.leave()
    second.leave()
    jest.advanceTimersByTime(WAIT_MS)
    for (const turn of [first, second]) turn.giveUp()
    expect([lanes.atWork, jest.getTimerCount()]).toEqual([0, 0])
    const lost = enter('c')
    lost.giveUp()
    expect([lanes.atWork, jest.getTimerCount()]).toEqual([1, 1])
    jest.advanceTimersByTime(30_000)
    expect([lanes.atWork, jest.getTimerCount()]).toEqual([0, 0])
  })

  it('serve VIPs first, and beyond the limit, then first draws', () => {
    const { enter, since } = build()
    const turns = [enter('a'), enter('b')]
    enter('c')
    enter('first', 'PRIORITY')
    expect(since()).toEqual(['begin a', 'begin b'])
    turns.push(enter('vip', 'VIP'))
    enter('another vip', 'VIP')
    expect(since()).toEqual(['begin vip'])
    turns[0]!.leave()
    expect(since()).toEqual(['begin another vip'])
    turns[1]!.leave()
    expect(since()).toEqual([])
    turns[2]!.leave()
    expect(since()).toEqual(['begin first'])
  })

  it('begin a few in each turn of the event loop: VIPs first, then tenants in turn, whenever they came', () => {
    const { lanes, enter, since, loop } = build(100, 2)
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) enter(name, 'NORMAL', 'a')
    enter('b1', 'NORMAL', 'b')
    expect(since()).toEqual(['begin a1', 'begin a2'])
    enter('vip', 'VIP', 'c')
    enter('another vip', 'VIP', 'c')
    expect(since()).toEqual(['begin vip'])
    loop()
    expect(since()).toEqual(['begin another vip', 'begin a3'])
    loop()
    expect(since()).toEqual(['begin b1', 'begin a4'])
    loop()
    expect(since()).toEqual(['begin a5'])
    expect(lanes.waiting('NORMAL')).toBe(0)
    loop()
    enter('c1', 'NORMAL', 'c')
    expect(since()).toEqual(['begin c1'])
  })

  it('count the wait from the end of the turn that read them: a rush that takes long to be read is not late for it', () => {
    const { lanes, enter, since, loop } = build(100, 2)
    for (let n = 0; n < 150; n++) {
      enter(`${n}`)
      jest.advanceTimersByTime(1)
    }
    expect([lanes.atWork, lanes.waiting('NORMAL')]).toEqual([2, 148])
    since()
    loop()
    expect(since()).toEqual(['begin 2', 'begin 3'])
    jest.advanceTimersByTime(WAIT_MS + 10)
    expect(lanes.waiting('NORMAL')).toBe(0)
  })

  it('let as many wait as there is room for, besides those that may wait for room', () => {
    const { lanes, enter } = build(100, 1)
    for (let n = 0; n < 1_000; n++) enter(`${n}`)
    const spread = lanes.waiting('NORMAL')
    const { lanes: busy, enter: ask } = build(100)
    for (let n = 0; n < 1_000; n++) ask(`${n}`)
    expect(spread + 1).toBe(busy.atWork + busy.waiting('NORMAL'))
  })

  it('begin no more in a turn of the event loop where others leave in it', () => {
    const { enter, since, loop } = build(2, 1)
    const first = enter('a')
    enter('b')
    enter('c')
    loop()
    expect(since()).toEqual(['begin a', 'begin b'])
    first.leave()
    expect(since()).toEqual([])
    loop()
    expect(since()).toEqual(['begin c'])
  })

  it('refuse what has waited too long, also where nothing is answered any more', () => {
    const { enter, since, loop } = build(1)
    const { leave } = enter('a')
    enter('b')
    loop()
    jest.advanceTimersByTime(WAIT_MS + 10)
    expect(since()).toEqual(['begin a', 'refuse b'])
    enter('c')
    leave()
    expect(since()).toEqual(['begin c'])
  })

  it('forget who has gone away: it takes no turn, and hears nothing', () => {
    const { lanes, enter, since } = build(1)
    const { leave } = enter('a')
    enter('b').giveUp()
    enter('c')
    leave()
    expect(since()).toEqual(['begin a', 'begin c'])
    expect(lanes.atWork).toBe(1)
  })

  it('learn nothing from test draws', () => {
    const { lanes, answered, play } = counting()
    play({ isTest: true }, 1)
    expect(answered).not.toHaveBeenCalled()
    play({}, 1)
    expect(answered).toHaveBeenCalledTimes(1)
    expect(lanes.atWork).toBe(0)
  })

  it('learn nothing from draws that were answered in the turn of the event loop in which they began: those asked nobody', () => {
    const { lanes, answered, play } = counting()
    for (let n = 0; n < 10; n++) play({}, 0)
    expect(answered).not.toHaveBeenCalled()
    play({}, 1)
    expect(answered).toHaveBeenCalledTimes(1)
    expect(lanes.atWork).toBe(0)
  })

  it('take tenants in turn', () => {
    const { enter, since } = build(1)
    const leaves = new Map([['first', enter('first')]])
    for (const name of ['a1', 'a2', 'a3']) leaves.set(name, enter(name, 'NORMAL', 'a'))
    for (const name of ['b1', 'c1']) leaves.set(name, enter(name, 'NORMAL', name))
    const order: string[] = []
    for (let next = since()[0]; next !== undefined; next = since()[0]) {
      const name = next.split(' ')[1]!
      order.push(name)
      leaves.get(name)!.leave()
    }
    expect(order).toEqual(['first', 'a1', 'b1', 'c1', 'a2', 'a3'])
  })

  it('take tenants in turn whose draws are first ones, or not: an opening keeps nobody else’s waiting', () => {
    const { enter, since } = build(1)
    const leaves = new Map([['first', enter('first', 'PRIORITY', 'a')]])
    const lines = (names: string[], lane: Lane | 'VIP', tenant: string) => { for (const name of names) leaves.set(name, enter(name, lane, tenant)) }
    lines(['aN'], 'NORMAL', 'a')
    lines(['a1', 'a2', 'a3'], 'PRIORITY', 'a')
    lines(['b1', 'b2'], 'NORMAL', 'b')
    lines(['b0'], 'PRIORITY', 'b')
    const order: string[] = []
    for (let next = since()[0]; next !== undefined; next = since()[0]) {
      const name = next.split(' ')[1]!
      order.push(name)
      leaves.get(name)!.leave()
    }
    expect(order).toEqual(['first', 'a1', 'b0', 'a2', 'b1', 'a3', 'b2', 'aN'])
  })

  it('serve a VIP before all tenants’ others, and beyond the limit', () => {
    const { enter, since } = build(2)
    const leaves = ['a0', 'a1', 'a2'].map((name) => enter(name, 'PRIORITY', 'a'))
    enter('b', 'NORMAL', 'b')
    enter('v1', 'VIP', 'a')
    expect(since()).toEqual(['begin a0', 'begin a1', 'begin v1'])
    enter('v2', 'VIP', 'a')
    expect(since()).toEqual([])
    leaves[0]!.leave()
    expect(since()).toEqual(['begin v2'])
  })

  it.each<Lane>(['NORMAL', 'PRIORITY'])('let a tenant with a rush give way to one without: %s', (lane) => {
    const { lanes, enter, since } = build(1)
    enter('first', lane, 'rush')
    for (let n = 0; n < 500; n++) enter(`rush ${n}`, lane, 'rush')
    const full = lanes.waiting(lane)
    const refused = since().filter((line) => line.startsWith('refuse'))
    expect(refused).toHaveLength(500 - full)
    enter('calm', 'NORMAL', 'calm')
    expect(lanes.waiting('NORMAL') + lanes.waiting('PRIORITY')).toBe(full)
    expect(since()).toEqual([expect.stringMatching(/^refuse rush \d+$/)])
  })

  it('let a VIP have the place of one of its own tenant that waits, the least and newest, and never refuse it for those', () => {
    const { enter, since } = build(1)
    for (let n = 0; n < 500; n++) enter(`first ${n}`, 'PRIORITY')
    for (let n = 0; n < 500; n++) enter(`other ${n}`, 'NORMAL')
    since()
    for (let n = 0; n < 100; n++) enter(`vip ${n}`, 'VIP')
    const refused = since().filter((line) => line.startsWith('refuse')).map((line) => line.split(' ')[1])
    // So many VIPs may wait beside them; each beyond takes a place.
    expect(refused.length).toBeGreaterThan(20)
    expect(new Set(refused)).toEqual(new Set(['first']))
  })

  it('begin or refuse each once, and never have more at work than the limit and what PRIORITY may have beyond it', () => {
    const step = fc.record({ what: fc.constantFrom('enter', 'leave', 'wait', 'giveUp', 'loop'), lane: fc.constantFrom<Lane>('PRIORITY', 'NORMAL'), tenant: fc.constantFrom('a', 'b', 'c'), n: fc.nat(60) })
    const upTo = (max: number) => fc.integer({ min: 1, max })
    fc.assert(fc.property(fc.array(step, { maxLength: 400 }), upTo(8), upTo(4), (steps, limit, perLoopMax) => {
      const { lanes, since, enter, loop } = build(limit, perLoopMax)
      const turns: Array<ReturnType<typeof enter>> = []
      const ends = new Map<string, string[]>()
      const hear = () => { for (const line of since()) { const [end = '', name = ''] = line.split(' '); ends.set(name, [...(ends.get(name) ?? []), end]) } }
      let count = 0
      for (const { what, lane, tenant, n } of steps) {
        if (what === 'enter') {
          turns.push(enter(`${count++}`, lane, tenant))
        } else if (what === 'wait') jest.advanceTimersByTime(n)
        else if (what === 'loop') loop()
        else if (what === 'giveUp') turns[n % Math.max(1, turns.length)]?.giveUp()
        else turns.splice(n % Math.max(1, turns.length), 1)[0]?.leave()
        hear()
        expect(lanes.atWork).toBeLessThanOrEqual(Math.ceil(limit * 1.5))
      }
      loop()
      jest.advanceTimersByTime(1_000)
      hear()
      for (let round = 0; round < 3; round++) for (const { leave } of turns) leave()
      jest.advanceTimersByTime(60_000)
      hear()
      for (const heard of ends.values()) expect(heard).toHaveLength(1)
      expect([lanes.atWork, lanes.waiting('NORMAL'), lanes.waiting('PRIORITY')]).toEqual([0, 0, 0])
    }), { seed: seed('lanes').value, numRuns: 200 })
  })
})
