import { describe, expect, it } from '@jest/globals'
import { type AttributeValue, NO_FACTS, type ParticipantFacts } from '../../src/common/participant-facts.js'
import { compileExpression } from '../../src/modules/campaigns/domain/expression.js'
import type { Audience, OddsTable } from '../../src/modules/campaigns/domain/snapshot.js'
import { audienceRules, oddsFor } from '../../src/modules/draws/domain/audience.js'
import { experimentArm } from '../../src/modules/draws/domain/experiment.js'
import { candidate } from '../../src/modules/draws/domain/odds.js'
import { chiSquare, chiSquareLimit } from '../support/chi-square.js'
import { seed } from '../support/seed.js'
import { campaignSnapshot, prizeSnapshot } from '../support/snapshots.js'

const audience = (over: Partial<Audience>): Audience =>
  ({ segmentsAny: [], tiers: [], riskPools: [], experiment: null, when: null, ...over })
const facts = (over: Partial<ParticipantFacts> & { said?: Record<string, AttributeValue> }): ParticipantFacts =>
  ({ ...NO_FACTS, ...over, attributes: new Map(Object.entries(over.said ?? {})) })
const prizes = [prizeSnapshot({ position: 2, probabilityPpb: 100_000_000 }), prizeSnapshot({ position: 5, probabilityPpb: 200_000_000 })]
const rulesOf = (...tables: Array<Omit<OddsTable, 'name'>>) => audienceRules(
  campaignSnapshot({ prizes, oddsTables: tables.map((table, n) => ({ name: `t${n + 1}`, ...table })) }), (text) => compileExpression(text).expression!)
const entries = [{ position: 5, probabilityPpb: 900_000_000 }]

describe('the odds that apply', () => {
  const tableOf = (over: Partial<Audience>, who: ParticipantFacts, userId = 'ann') => oddsFor(rulesOf({ audience: audience(over), entries }), 't', userId, who).table

  it.each<[string, Partial<Audience>, ParticipantFacts, number]>([
    ['one of the segments', { segmentsAny: ['a', 'b'] }, facts({ segments: ['x', 'b'] }), 1],
    ['none of the segments', { segmentsAny: ['a', 'b'] }, facts({ segments: ['x'] }), 0],
    ['one of the tiers', { tiers: ['gold', 'silver'] }, facts({ tier: 'silver' }), 1],
    ['another tier', { tiers: ['gold'] }, facts({ tier: 'Gold' }), 0],
    ['no tier', { tiers: ['gold'] }, NO_FACTS, 0],
    ['a risk pool', { riskPools: ['watched'] }, facts({ riskPool: 'watched' }), 1],
    ['no risk pool', { riskPools: ['watched'] }, NO_FACTS, 0],
    ['an expression that holds', { when: 'attributes.level > 3' }, facts({ said: { level: 4 } }), 1],
    ['an expression that does not', { when: 'attributes.level > 3' }, facts({ said: { level: 3 } }), 0],
    ['an expression of something missing', { when: 'attributes.level > 3' }, NO_FACTS, 0],
    ['all that is said', { tiers: ['gold'], segmentsAny: ['a'], when: 'attributes.level > 3' }, facts({ tier: 'gold', segments: ['a'], said: { level: 4 } }), 1],
    ['all but one', { tiers: ['gold'], segmentsAny: ['a'], when: 'attributes.level > 3' }, facts({ tier: 'gold', segments: ['a'], said: { level: 1 } }), 0],
  ])('%s', (_what, over, who, table) => {
    expect(tableOf(over, who)).toBe(table)
  })

  it('are those of the first table that fits, else the prizes’ own', () => {
    const rules = rulesOf({ audience: audience({ tiers: ['gold'] }), entries }, { audience: audience({ segmentsAny: ['a'] }), entries: [{ position: 2, probabilityPpb: 7 }] })
    const odds = (who: ParticipantFacts) => oddsFor(rules, 't', 'ann', who)
    expect(odds(facts({ tier: 'gold', segments: ['a'] })).table).toBe(1)
    expect(odds(facts({ segments: ['a'] })).table).toBe(2)
    expect(odds(NO_FACTS).table).toBe(0)
    expect(odds(NO_FACTS).prizes).toBe(prizes)
  })

  it('leave every prize in its place, and give none to one that the table does not name', () => {
    const { prizes: own } = oddsFor(rulesOf({ audience: audience({ tiers: ['gold'] }), entries }), 't', 'ann', facts({ tier: 'gold' }))
    expect(own.map(({ position, probabilityPpb }) => [position, probabilityPpb])).toEqual([[2, 0], [5, 900_000_000]])
    expect(candidate(own, 0)?.position).toBe(5)
    expect(candidate(own, 899_999_999)?.position).toBe(5)
    expect(candidate(own, 900_000_000)).toBeNull()
  })

  it('of an experiment are those of the arm in which the participant stands', () => {
    for (let n = 0; n < 200; n++) {
      const arm = experimentArm('t', 'button', `user-${n}`)
      const rules = rulesOf(
        { audience: audience({ experiment: { name: 'button', fromBps: 0, toBps: arm } }), entries },
        { audience: audience({ experiment: { name: 'button', fromBps: arm, toBps: arm + 1 } }), entries },
        { audience: audience({ experiment: { name: 'button', fromBps: arm + 1, toBps: 10_000 } }), entries },
      )
      expect(oddsFor(rules, 't', `user-${n}`, NO_FACTS).table).toBe(2)
    }
  })
})

describe('an arm of an experiment', () => {
  it('is the same for ever: these were computed by another program', () => {
    expect(['ann', 'bob', '参加者'].map((user) => experimentArm('00000000-0000-7000-8000-00000000000a', 'button', user))).toEqual([5567, 6578, 6749])
  })

  it('is another in another experiment, and of another tenant', () => {
    const users = Array.from({ length: 1_000 }, (_, n) => `user-${n}`)
    const sameOf = (a: (user: string) => number, b: (user: string) => number) => users.filter((user) => a(user) === b(user)).length
    expect(sameOf((user) => experimentArm('t', 'x', user), (user) => experimentArm('t', 'y', user))).toBeLessThan(10)
    expect(sameOf((user) => experimentArm('t', 'x', user), (user) => experimentArm('u', 'x', user))).toBeLessThan(10)
    // The parts have lengths: no two triples share a text.
    expect(experimentArm('t', 'x1', '2')).not.toBe(experimentArm('t', 'x', '12'))
  })

  it('is uniform, in every experiment by itself and in any two together', () => {
    const run = seed('arms')
    const draws = 100_000
    const [first, second] = [`e${run.int(1e9)}`, `f${run.int(1e9)}`]
    const fine = Array<number>(100).fill(0)
    const both = Array<number>(16).fill(0)
    for (let n = 0; n < draws; n++) {
      const user = `user-${run.int(2 ** 31)}-${n}`
      const [a, b] = [experimentArm('t', first, user), experimentArm('t', second, user)]
      expect(a >= 0 && a < 10_000 && Number.isInteger(a)).toBe(true)
      fine[Math.floor(a / 100)]!++
      both[4 * Math.floor(a / 2_500) + Math.floor(b / 2_500)]!++
    }
    expect(chiSquare(fine, fine.map(() => draws / 100))).toBeLessThan(chiSquareLimit(99))
    expect(chiSquare(both, both.map(() => draws / 16))).toBeLessThan(chiSquareLimit(15))
  })
})
