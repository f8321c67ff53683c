import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { DecideWorld, merge, type Setting, term, told } from '../support/decide-world.js'

const MONEY = 9_999

describe('the decide script and what stands in for a loss, what a day allows, and what all may use up', () => {
  let world: DecideWorld
  beforeAll(async () => { world = await DecideWorld.open() })
  afterAll(() => { world.close() })

  async function outcome(...settings: Setting[]): Promise<string> {
    const { verdict, changed } = await world.run(merge(...settings))
    expect(changed).toBe(verdict.kind === 'decided')
    return told(verdict)
  }
  const decision = (over: Setting['decision']): Setting => ({ decision: over! })
  const candidates = (...list: number[]): Setting => decision({ candidates: list })
  const hard = decision({ firstCome: true })

  describe('fallbacks in their order', () => {
    const gone = { unitsMost: 0 }
    const chain = (one = {}, two = {}, three = {}) =>
      merge(decision({ fallbacks: [2, 3], stockGeneration: '5', terms: [term(1, one), term(2, two), term(3, three)] }), { stock: { p1: 0, p2: 5, p3: 5 } })
    it.each<[string, string, Setting[]]>([
      ['the first', 'f2', [chain(gone)]],
      ['the next, where the first is gone', 'f3', [chain(gone, gone), { stock: { p2: 0 } }]],
      ['the next, where the participant has enough of the first', 'f3', [chain(gone, { winsPerUser: 1 }), { participant: { w2: 1 } }]],
      ['none, where all are gone', '0', [chain(gone, gone, gone), { stock: { p2: 0, p3: 0 } }]],
      ['the next for the second draw of a request', 'f2,f3', [chain(gone, { unitsMost: 1 }), { stock: { p2: 1 } }, candidates(1, 1)]],
      ['for a fallback that was rolled itself: the others', 'f2', [chain({}, {}, gone), { stock: { p3: 0 } }, candidates(3)]],
    ])('%s', async (_what, expected, settings) => { expect(await outcome(...settings)).toBe(expected) })

    it('none of them counts as a win', async () => {
      const { decision: decided } = await world.run(merge(chain(gone, gone), { stock: { p2: 0 }, campaign: { winsPerUser: 1 } }))
      expect(await world.participant(decided)).toMatchObject({ w3: '1' })
      expect((await world.participant(decided)).w).toBeUndefined()
    })
  })

  describe('the guarantee', () => {
    const after = (afterLosses: number): Setting => merge(
      decision({ guarantee: { afterLosses, position: 2 }, terms: [term(1), term(2)] }), { stock: { p2: 5 } },
    )
    it.each<[string, string, Setting[]]>([
      ['not before', '0', [after(3), candidates(0), { participant: { l: 2 } }]],
      ['after so many losses', 'g2', [after(3), candidates(0), { participant: { l: 3 } }]],
      ['what is rolled and can be given comes first', '1', [after(3), { participant: { l: 9 } }]],
      ['instead of what is rolled and gone', 'g2', [after(1), { stock: { p1: 0 }, participant: { l: 1 } }, decision({ stockGeneration: '5', terms: [term(1, { unitsMost: 0 }), term(2)] })]],
      ['before a fallback', 'g2', [after(1), { stock: { p1: 0, p3: 5 }, participant: { l: 1 } }, decision({ fallbacks: [3], stockGeneration: '5', terms: [term(1, { unitsMost: 0 }), term(2), term(3)] })]],
      ['counted within a request', '0,0,g2,0', [after(2), candidates(0, 0, 0, 0)]],
      ['a win begins the count anew', '0,1,0,g2', [after(1), candidates(0, 1, 0, 0)]],
      ['not where the participant may win no more', '0', [after(1), candidates(0), { campaign: { winsPerUser: 1 }, participant: { l: 1, w: 1 } }]],
      ['not where it is gone', '0', [after(1), candidates(0), { stock: { p2: 0 }, participant: { l: 1 } }, decision({ stockGeneration: '5', terms: [term(1), term(2, { unitsMost: 0 })] })]],
      ['fetched where it lies elsewhere', 'NEED 2 1', [after(1), candidates(0), { stock: { p2: 0 }, participant: { l: 1 } }]],
    ])('%s', async (_what, expected, settings) => { expect(await outcome(...settings)).toBe(expected) })

    it('remembers losses in a row, counts a fallback as one, and itself as a win', async () => {
      const losses = async (...settings: Setting[]) => (await world.participant((await world.run(merge(...settings))).decision)).l
      expect(await losses(after(9), candidates(0, 0), { participant: { l: 3 } })).toBe('5')
      expect(await losses(after(9), candidates(0, 1), { participant: { l: 3 } })).toBe('0')
      expect(await losses(after(3), candidates(0), { participant: { l: 3 } })).toBe('0')
      const fallback = decision({ fallbacks: [3], stockGeneration: '5', terms: [term(1, { unitsMost: 0 }), term(2), term(3)] })
      expect(await losses(after(9), fallback, { stock: { p1: 0, p3: 1 }, participant: { l: 3 } })).toBe('4')
      expect(await losses(candidates(0), { participant: { l: 3 } })).toBe('3')
    })
  })

  describe('wins of a prize on one day', () => {
    const twice = decision({ terms: [term(1, { winsPerUserDaily: 2 })] })
    it.each<[string, string, Setting[]]>([
      ['the last', '1', [twice, { participant: { x1: '100:1' } }]],
      ['one too many: a loss', '0', [twice, { participant: { x1: '100:2' } }]],
      ['those of yesterday do not count', '1', [twice, { participant: { x1: '99:2' } }]],
      ['within a request', '1,1,0', [twice, candidates(1, 1, 1)]],
      ['one too many: refused where first come is first served', 'QUOTA_EXCEEDED', [twice, hard, { participant: { x1: '100:2' } }]],
    ])('%s', async (_what, expected, settings) => { expect(await outcome(...settings)).toBe(expected) })

    it('are counted by the day', async () => {
      const { decision: decided } = await world.run(merge(twice, { participant: { x1: '99:2', w1: 2 } }))
      expect(await world.participant(decided)).toMatchObject({ x1: '100:1', w1: '3' })
    })
  })

  describe('an allowance', () => {
    /** A unit of prize 1 costs 30; this bucket's share is the first of `bucketCount`. */
    const money = (limit: number, unitsMost: number | null = null, more: Partial<ReturnType<typeof term>> = {}): Setting => decision({
      allowances: [{ code: MONEY, limit, unitsMost }], stockGeneration: '5', terms: [term(1, { uses: [{ code: MONEY, units: 30 }], ...more })],
    })
    const used = (units: number): Setting => ({ stock: { [`a${MONEY}`]: units } })
    it.each<[string, string, Setting[]]>([
      ['to the last unit', '1', [money(30)]],
      ['one unit too few', `NEED ${MONEY} 30`, [money(29)]],
      ['what is left of it', '1', [money(100), used(70)]],
      ['one unit over', `NEED ${MONEY} 30`, [money(100), used(71)]],
      ['known to be gone: as if the prize were', '0', [money(100, 29), used(71)]],
      ['known to be gone: SOLD_OUT where first come is first served', 'SOLD_OUT', [money(100, 29), used(71), hard]],
      ['of another generation: looked for again', `NEED ${MONEY} 30`, [money(100, 29), used(71), decision({ stockGeneration: '4' })]],
      ['as many as it pays for in a request', '1,1,1,0', [money(100, 0), candidates(1, 1, 1, 1)]],
      ['all that the request costs is asked for', `NEED ${MONEY} 120`, [money(100), candidates(1, 1, 1, 1)]],
      ['what stands behind something short is not fitted in before it', `NEED ${MONEY} 60`, [{ stock: { p1: 9, p2: 9 } }, candidates(1, 1, 2), decision({
        allowances: [{ code: MONEY, limit: 50, unitsMost: 66 }], stockGeneration: '5',
        terms: [term(1, { uses: [{ code: MONEY, units: 30 }] }), term(2, { uses: [{ code: MONEY, units: 7 }] })],
      })]],
      ['only this bucket’s share of it', `NEED ${MONEY} 30`, [money(100), { campaign: { bucketCount: 4 } }]],
      ['with what came from other buckets', '1', [money(100), { campaign: { bucketCount: 4 } }, used(-5)]],
      ['a loss costs nothing', '0', [money(0), candidates(0)]],
    ])('%s', async (_what, expected, settings) => { expect(await outcome(...settings)).toBe(expected) })

    it('is used up by what was won, and by nothing else', async () => {
      const left = async (...settings: Setting[]) => (await world.stock((await world.run(merge(...settings))).decision))[`a${MONEY}`]
      expect(await left(money(100), candidates(1, 0, 1))).toBe('60')
      expect(await left(money(100), candidates(0))).toBeUndefined()
      expect(await left(money(100, 0), used(90))).toBe('90')
    })

    it('of a day is asked for by its day: the next names its own', async () => {
      const now = Date.now()
      const yesterdays = { day: 99, startMs: now - 90_000_000, nextMs: now - 1_000, afterNextMs: now + 80_000_000 }
      expect(await outcome(money(100), decision({ days: yesterdays }))).toBe('day')
      expect(await outcome(decision({ days: yesterdays }))).toBe('1')
    })
  })
})
