import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { DecideWorld, merge, type Setting, term, told } from '../support/decide-world.js'

describe('the decide script and prizes', () => {
  let world: DecideWorld
  beforeAll(async () => { world = await DecideWorld.open() })
  afterAll(() => { world.close() })

  /** Outcomes as the stream writes them, or the code. */
  async function outcome(...settings: Setting[]): Promise<string> {
    const { verdict, changed } = await world.run(merge(...settings))
    expect(changed).toBe(verdict.kind === 'decided')
    return told(verdict)
  }

  const counted: Setting = { decision: { stockGeneration: '5' } }
  const terms = (...list: Array<ReturnType<typeof term>>): Setting => ({ decision: { terms: list } })
  const candidates = (...list: number[]): Setting => ({ decision: { candidates: list } })
  const fallback: Setting = { decision: { fallbacks: [2], terms: [term(1), term(2)] }, stock: { p2: 10 } }
  const hard: Setting = { campaign: { mechanic: 'FLASH_SALE' }, decision: { firstCome: true } }

  describe('stock', () => {
    it.each<[string, string, Setting[]]>([
      ['a loss takes nothing', '0', [candidates(0), { stock: { p1: 0 } }]],
      ['the last unit', '1', [{ stock: { p1: 1 } }]],
      ['an empty bucket', 'NEED 1 1', [{ stock: { p1: 0 } }]],
      ['a prize that the bucket has never seen', 'NEED 9 1', [candidates(9), terms(term(9))]],
      ['three, of which two are here: as many as are needed in all', 'NEED 1 3', [candidates(1, 1, 1), { stock: { p1: 2 } }]],
      ['three, and there are two in all: the third loses', '1,1,0', [candidates(1, 1, 1), { stock: { p1: 2 } }, terms(term(1, { unitsMost: 2 })), counted]],
      ['three, and there are two in all, of which one is here', 'NEED 1 2', [candidates(1, 1, 1), { stock: { p1: 1 } }, terms(term(1, { unitsMost: 2 })), counted]],
      ['known to be gone: a loss', '0', [{ stock: { p1: 0 } }, terms(term(1, { unitsMost: 0 })), counted]],
      ['known to be gone, yet here', '1', [{ stock: { p1: 1 } }, terms(term(1, { unitsMost: 0 })), counted]],
      ['known under another generation: looked for again', 'NEED 1 1', [{ stock: { p1: 0 } }, terms(term(1, { unitsMost: 0 })), { decision: { stockGeneration: '4' } }]],
      ['two prizes lack: the first that is asked for', 'NEED 3 1', [candidates(3, 1), { stock: { p1: 0, p3: 0 } }, terms(term(3), term(1))]],
      ['one is known to be gone and another lacks', 'NEED 1 1', [candidates(3, 1), { stock: { p1: 0, p3: 0 } }, terms(term(3, { unitsMost: 0 }), term(1)), counted]],
    ])('%s', async (_what, expected, settings) => {
      expect(await outcome(...settings)).toBe(expected)
    })

    it('all or none: what one draw of ten lacks keeps the other nine', async () => {
      expect(await outcome(candidates(...Array<number>(10).fill(1)), { stock: { p1: 9 } })).toBe('NEED 1 10')
      expect(await outcome(hard, candidates(1, 1, 1), { stock: { p1: 2 } }, terms(term(1, { unitsMost: 2 })), counted)).toBe('SOLD_OUT')
    })

    it('never goes below zero', async () => {
      const decision = await world.prepare({ stock: { p1: 3 }, decision: { terms: [term(1, { unitsMost: 3 })], stockGeneration: '5' } })
      const won: number[] = []
      for (let n = 0; n < 6; n++) {
        const verdict = await world.decide({ ...decision, participantId: `user-${n}`, snowflakes: [BigInt(n + 1)], terms: [term(1, { unitsMost: 0 })] })
        if (verdict.kind !== 'decided') throw new Error(verdict.kind)
        won.push(verdict.outcomes[0]!.position)
      }
      expect(won).toEqual([1, 1, 1, 0, 0, 0])
      expect(await world.stock(decision)).toMatchObject({ p1: '0', q: '6' })
    })
  })

  describe('the fallback', () => {
    it.each<[string, string, Setting[]]>([
      ['not needed', '1', [fallback]],
      ['a roll that points at nothing gets nothing', '0', [fallback, candidates(0)]],
      ['instead of what is gone', 'f2', [fallback, { stock: { p1: 0 } }, terms(term(1, { unitsMost: 0 }), term(2)), counted]],
      ['instead of one win too many', 'f2', [fallback, { campaign: { winsPerUser: 1 }, participant: { w: 1 } }]],
      ['instead of one win too many of the prize', 'f2', [fallback, terms(term(1, { winsPerUser: 1 }), term(2)), { participant: { w1: 1 } }]],
      ['instead of what is locked', 'f2', [fallback, terms(term(1, { unlockAfterDraws: 2 }), term(2))]],
      ['itself gone: a loss', '0', [fallback, { stock: { p1: 0, p2: 0 } }, terms(term(1, { unitsMost: 0 }), term(2, { unitsMost: 0 })), counted]],
      ['itself elsewhere', 'NEED 2 1', [fallback, { stock: { p1: 0, p2: 0 } }, terms(term(1, { unitsMost: 0 }), term(2)), counted]],
      ['itself won as often as may be: a loss', '0', [fallback, { campaign: { winsPerUser: 1 }, participant: { w: 1, w2: 1 } }, terms(term(1), term(2, { winsPerUser: 1 }))]],
      ['rolled, it is a prize like others', '2', [fallback, candidates(2)]],
      ['rolled and gone: there is no other', '0', [fallback, candidates(2), { stock: { p2: 0 } }, terms(term(2, { unitsMost: 0 })), counted]],
      ['for each of a multi-draw that needs it', '1,f2,f2', [fallback, candidates(1, 1, 1), { campaign: { winsPerUser: 1 } }]],
      ['no more of it than its limit', '1,f2,0', [fallback, candidates(1, 1, 1), { campaign: { winsPerUser: 1 } }, terms(term(1), term(2, { winsPerUser: 1 }))]],
      ['no more of it than there is', '1,f2,0', [fallback, candidates(1, 1, 1), { campaign: { winsPerUser: 1 }, stock: { p2: 1 } }, terms(term(1), term(2, { unitsMost: 1 })), counted]],
    ])('%s', async (_what, expected, settings) => {
      expect(await outcome(...settings)).toBe(expected)
    })

    it('is not counted among the wins of the participant, but among those of the prize', async () => {
      const { decision } = await world.run(merge(fallback, { campaign: { winsPerUser: 1 }, participant: { w: 1, w2: 3 } }))
      expect(await world.participant(decision)).toMatchObject({ w: '1', w2: '4' })
      expect((await world.participant(decision)).w1).toBeUndefined()
      expect(await world.stock(decision)).toMatchObject({ p1: '10', p2: '9' })
      const rolled = await world.run(merge(fallback, candidates(2), { campaign: { winsPerUser: 1 } }))
      expect(rolled.verdict).toMatchObject({ outcomes: [{ position: 2, wonAs: 'ROLL' }] })
      expect((await world.participant(rolled.decision)).w).toBeUndefined()
    })
  })

  describe('limits on wins', () => {
    it.each<[string, string, Setting[]]>([
      ['the last win', '1', [{ campaign: { winsPerUser: 2 }, participant: { w: 1 } }]],
      ['over: a loss in a lottery', '0', [{ campaign: { winsPerUser: 2 }, participant: { w: 2 } }]],
      ['over: refused in a flash sale', 'QUOTA_EXCEEDED', [hard, { campaign: { winsPerUser: 2 }, participant: { w: 2 } }]],
      ['within one request', '1,0', [candidates(1, 1), { campaign: { winsPerUser: 1 } }]],
      ['of the prize, within one request', '1,0,3', [candidates(1, 1, 3), terms(term(1, { winsPerUser: 1 }), term(3)), { stock: { p3: 1 } }]],
      ['over the prize’s: refused in a flash sale', 'QUOTA_EXCEEDED', [hard, terms(term(1, { winsPerUser: 1 })), { participant: { w1: 1 } }]],
      ['over: refused in a flash sale although it has a fallback', 'QUOTA_EXCEEDED', [fallback, hard, { campaign: { winsPerUser: 1 }, participant: { w: 1 } }]],
      ['what a full participant cannot win is not fetched', '0', [{ campaign: { winsPerUser: 1 }, participant: { w: 1 }, stock: { p1: 0 } }]],
    ])('%s', async (_what, expected, settings) => {
      expect(await outcome(...settings)).toBe(expected)
    })

    it('sold out in a flash sale, although it has a fallback', async () => {
      expect(await outcome(fallback, hard, { stock: { p1: 0 } }, terms(term(1, { unitsMost: 0 }), term(2)), counted)).toBe('SOLD_OUT')
    })
  })

  describe('unlocking', () => {
    const locked = terms(term(1, { unlockAfterDraws: 3 }))
    it.each<[string, string, Setting[]]>([
      ['the first draw', '0', [locked]],
      ['the second', '0', [locked, { participant: { n: 1 } }]],
      ['the third', '1', [locked, { participant: { n: 2 } }]],
      ['within one request, by the place', '0,0,1,1', [locked, candidates(1, 1, 1, 1)]],
      ['what is locked is not fetched', '0', [locked, { stock: { p1: 0 } }]],
    ])('%s', async (_what, expected, settings) => {
      expect(await outcome(...settings)).toBe(expected)
    })
  })
})
