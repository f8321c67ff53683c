import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type AttributeValue, NO_FACTS, type ParticipantFacts } from '../../src/common/participant-facts.js'
import { compileExpression, EXPRESSION_CHARACTERS_MAX, formatProblem } from '../../src/modules/campaigns/domain/expression.js'
import { seed } from '../support/seed.js'

const attributes = (entries: Record<string, AttributeValue>) => new Map(Object.entries(entries))
const ann: ParticipantFacts = {
  tier: 'gold', riskPool: null, segments: ['vip', 'city-ulm'],
  attributes: attributes({ level: 5, score: 7.5, name: 'Ann', paid: true, 'first-day': 'monday' }),
}

function holds(text: string, facts = ann, userId = 'ann'): boolean {
  const { expression, problem } = compileExpression(text)
  if (expression === null) throw new Error(formatProblem(problem))
  return expression.evaluate(userId, facts).holds
}
const undecided = (text: string, facts = ann) => compileExpression(text).expression!.evaluate('ann', facts).undecided
const problemOf = (text: string): string => {
  const { problem } = compileExpression(text)
  if (problem === null) throw new Error(`${text.slice(0, 80)} is accepted`)
  return formatProblem(problem)
}

describe('an expression', () => {
  it.each<[string, boolean]>([
    ['"vip" in segments && attributes.level >= 5', true],
    ['"vip" in segments && attributes.level > 5', false],
    ['attributes.level == 5', true], ['attributes.level == 5.0', true], ['attributes.level in [1, 5]', true], ['attributes.level >= 4.5', true],
    ['attributes.score > 7', true], ['attributes.score > -1', true], ['attributes.score == 7', false],
    ['attributes.name == "Ann"', true], ['attributes.name.startsWith("A") && attributes.name.endsWith("n") && attributes.name.contains("nn")', true],
    ['attributes["first-day"] == "monday"', true], ['attributes.paid', true], ['!attributes.paid', false],
    ['tier == "gold"', true], ['tier in ["silver", "bronze"]', false], ['riskPool == ""', true], ['userId == "ann"', true],
    ['segments.exists(s, s.startsWith("city-"))', true], ['segments.all(s, s == "vip")', false], ['size(segments) == 2', true], ['segments.size() > 2', false],
    ['tier == "gold" ? attributes.level > 3 : attributes.level > 9', true],
    ['// by the marketing team\ntrue', true], ['has(attributes.level)', true], ['has(attributes.missing)', false], ['"level" in attributes', true],
  ])('%s is %s', (text, expected) => {
    expect(holds(text)).toBe(expected)
  })

  it('of which something is missing, or of another kind, does not hold, and says why', () => {
    expect(holds('attributes.missing > 3')).toBe(false)
    expect(undecided('attributes.missing > 3')).toBe('No such key: missing')
    expect(holds('!(attributes.missing > 3)')).toBe(false)
    expect(undecided('attributes.name > 3')).toMatch(/no such overload/)
    expect(undecided('attributes.name')).toBe('it gives neither true nor false')
    expect(undecided('attributes.level > 3')).toBeNull()
    // As CEL has it: what is missing is no matter where the rest decides.
    expect(holds('attributes.missing > 3 || tier == "gold"')).toBe(true)
    expect(holds('!has(attributes.missing) || attributes.missing > 3')).toBe(true)
  })

  it('knows an absent tier and pool as empty text', () => {
    expect(holds('tier == "" && riskPool == "" && size(segments) == 0', NO_FACTS)).toBe(true)
    expect(holds('tier == "gold"', NO_FACTS)).toBe(false)
  })

  it.each([
    ['"vip" in segmants', "1:10 unknown variable 'segmants'; known: userId, tier, riskPool, segments, attributes"],
    ['tier == "gold" &&\n  attributes.level >', '2:21 unexpected token: EOF'],
    ['tier == "🎁" && Tier == "a"', "1:16 unknown variable 'Tier'; known: userId, tier, riskPool, segments, attributes"],
    ['tier == 3', '1:1 no such overload: string == int'],
    ['true && tier > 3', '1:9 no such overload: string > int'],
    ['tier', '1:1 gives a string; it must give true or false: compare it with something'],
    ['3', '1:1 gives an int; it must give true or false: compare it with something'],
    ['', '1:1 is empty: leave it out for everybody'], [' \n', '1:1 is empty: leave it out for everybody'],
    ['tier == "a', expect.stringMatching(/^1:\d+ unterminated string/)],
    ['tier == #', '1:9 unexpected character: #'],
    ['\ud800 == tier', '1:1 must be plain text'],
  ])('%j is refused where it is wrong', (text, expected) => {
    expect(problemOf(text)).toEqual(expected)
  })

  it.each([
    'attributes.level + 1 > 3', 'attributes.name + attributes.name == "AnnAnn"', 'attributes.level * 2 > 3', 'attributes.level % 2 == 0', '-attributes.level < 0',
    'attributes.name.matches("(a+)+$")', 'attributes.name.matches(attributes.name)', 'timestamp(attributes.name) < timestamp("2026-01-01T00:00:00Z")',
    'string(attributes.level) == "5"', 'int(attributes.name) == 5', 'dyn(tier) == 3', 'type(tier) == string', 'tier.split(",").size() > 1', '["a"].join(tier) == "a"',
    'segments.exists(a, segments.exists(b, a == b))', 'segments.all(a, segments.all(b, segments.all(c, a == b || b == c)))',
    '[1, 2].exists(n, n == 2)', 'attributes.exists(a, a == "level")', 'segments.map(s, s).size() > 1', 'segments.filter(s, s == "a").size() > 0', 'segments.exists_one(s, s == "vip")',
    'cel.bind(x, tier, x == "gold")', '{"a": 1}.a == 1', 'attributes.?level == 3', 'b"a" == b"a" && bytes(tier) == b"a"',
    'constructor.constructor("return process")()', 'process.exit()', '__proto__ == tier', 'this.tier', 'eval("1")', 'tier.constructor == tier', 'segments.constructor("x")', 'segments.length > 1',
  ])('%s is no part of the language', (text) => {
    expect(compileExpression(text).problem).not.toBeNull()
  })

  it.each<[string, string, RegExp]>([
    ['long', `tier == "${'a'.repeat(EXPRESSION_CHARACTERS_MAX)}"`, /has 2010 characters; at most 2000$/],
    ['very long', 'a'.repeat(5_000_000), /has 5000000 characters/],
    ['deep in parentheses', `${'('.repeat(900)}true${')'.repeat(900)}`, /nested more than 32 deep$/],
    ['deep in lists', `${'['.repeat(900)}tier${']'.repeat(900)} == []`, /nested more than 32 deep$/],
    ['of many negations', `${'!'.repeat(1_900)}true`, /more than 500 operators/],
    ['of many minuses', `${'-'.repeat(1_900)}1 == 1`, /more than 500 operators/],
    ['of many parts', Array.from({ length: 330 }, () => 'true').join('&&'), /more than 500 operators/],
    ['of long lists', `tier in [${Array.from({ length: 400 }, () => '"a"').join(',')}]`, /a list of more than 200$/],
    ['of nested choices', `${'true?'.repeat(150)}true${':true'.repeat(150)}`, /nested more than 32 deep$/],
    ['of long paths', `attributes${'.a'.repeat(900)}`, /nested more than 32 deep$/],
  ])('that is too large is refused: %s', (_what, text, expected) => {
    expect(problemOf(text)).toMatch(expected)
  })

  it('of the largest size that is accepted is decided', () => {
    expect(holds(Array.from({ length: 249 }, () => 'true').join('&&'))).toBe(true)
    expect(holds(`${'('.repeat(30)}tier == "gold"${')'.repeat(30)}`)).toBe(true)
  })

  it('sees what a caller names after the innards of objects as plain names', () => {
    const hostile: ParticipantFacts = {
      ...NO_FACTS, attributes: new Map<string, AttributeValue>([['__proto__', 1], ['constructor', 'c'], ['toString', true], ['hasOwnProperty', false]]),
    }
    expect(holds('attributes.__proto__ == 1 && attributes.constructor == "c" && attributes.toString && !attributes.hasOwnProperty', hostile)).toBe(true)
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(holds(`has(attributes.${name})`)).toBe(false)
      expect(holds(`attributes.${name} == attributes.${name}`)).toBe(false)
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('any expression', () => {
  const label = fc.oneof(fc.constantFrom('vip', 'gold', '__proto__', 'constructor', ''), fc.string({ maxLength: 20 }))
  const value = fc.oneof(fc.string({ maxLength: 40 }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean())
  const facts: fc.Arbitrary<ParticipantFacts> = fc.record({
    tier: fc.option(label), riskPool: fc.option(label), segments: fc.array(label, { maxLength: 32 }),
    attributes: fc.array(fc.tuple(fc.oneof(fc.constantFrom('a', 'b', '__proto__'), label), value), { maxLength: 32 }).map((entries) => new Map(entries)),
  })
  const term: fc.Arbitrary<string> = fc.oneof(
    fc.constantFrom('tier', 'riskPool', 'userId', 'segments', 'attributes', 'attributes.a', 'attributes.b', 'attributes["__proto__"]', 'segments[0]', 'true', 'false', 'null', '[]', 's'),
    fc.integer({ min: -9, max: 9 }).map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n.toFixed(3)),
    fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)),
  )
  const { whole } = fc.letrec<{ whole: string }>((tie) => ({
    whole: fc.oneof({ depthSize: 'small', withCrossShrink: true },
      term,
      fc.tuple(tie('whole'), fc.constantFrom('==', '!=', '<', '<=', '>', '>=', 'in', '&&', '||', '+', '*'), tie('whole')).map(([a, op, b]) => `(${a} ${op} ${b})`),
      tie('whole').map((a) => `!${a}`),
      fc.tuple(tie('whole'), tie('whole'), tie('whole')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.tuple(tie('whole'), fc.constantFrom('startsWith', 'endsWith', 'contains', 'matches', 'size'), tie('whole')).map(([a, f, b]) => `${a}.${f}(${f === 'size' ? '' : b})`),
      tie('whole').map((a) => `segments.exists(s, ${a})`), tie('whole').map((a) => `segments.all(s, ${a})`), tie('whole').map((a) => `has(${a})`),
      fc.array(tie('whole'), { maxLength: 3 }).map((list) => `[${list.join(', ')}]`),
    ),
  }))

  // Of types that fit, so that most are accepted; what an attribute holds is anybody's guess all the same.
  const loose = fc.oneof(fc.constantFrom('attributes.a', 'attributes.b', 'attributes["__proto__"]', 'attributes[tier]', 'attributes[userId]', 'segments[1]'))
  const comparable = fc.oneof(fc.integer({ min: -9, max: 9 }).map(String), fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)), fc.constantFrom('true', 'null', '1.5', '[]', '[1, 2]'))
  const { fitting } = fc.letrec<{ fitting: string }>((tie) => ({
    fitting: fc.oneof({ depthSize: 'small', withCrossShrink: true },
      fc.tuple(loose, fc.constantFrom('==', '!=', '<', '<=', '>', '>='), comparable).map(([a, op, b]) => `${a} ${op} ${b}`),
      fc.tuple(loose, fc.constantFrom('startsWith', 'endsWith', 'contains')).map(([a, f]) => `${a}.${f}("a")`),
      fc.constantFrom('attributes.a', 'has(attributes.b)', '"vip" in segments', 'attributes.a in segments', 'attributes.a in attributes', 'tier == "gold"', 'size(attributes) > 2'),
      fc.tuple(tie('fitting'), fc.constantFrom('&&', '||', '==', '!='), tie('fitting')).map(([a, op, b]) => `(${a} ${op} ${b})`),
      tie('fitting').map((a) => `!(${a})`), fc.tuple(tie('fitting'), tie('fitting'), tie('fitting')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.tuple(fc.constantFrom('exists', 'all'), tie('fitting')).map(([f, a]) => `segments.${f}(s, s == "vip" || ${a})`),
    ),
  }))

  it('is refused with a place, or gives true or false for any facts; it never throws', () => {
    const run = seed('expressions')
    let compiledOnes = 0
    const text = fc.oneof(whole, fitting, fc.string({ maxLength: 60 }))
    fc.assert(fc.property(text, fc.array(facts, { minLength: 1, maxLength: 3 }), (text, some) => {
      const { expression, problem } = compileExpression(text)
      if (expression === null) {
        const lines = text.split('\n')
        expect(problem.line).toBeLessThanOrEqual(lines.length)
        expect(problem.column).toBeGreaterThan(0)
        expect(problem.column).toBeLessThanOrEqual([...(lines[problem.line - 1] ?? '')].length + 1)
        expect(problem.message.length).toBeLessThan(300)
        return
      }
      compiledOnes++
      for (const one of some) {
        const { holds: answer, undecided: why } = expression.evaluate('ann', one)
        expect(typeof answer).toBe('boolean')
        if (why !== null) expect(answer).toBe(false)
        expect(expression.evaluate('ann', one)).toEqual({ holds: answer, undecided: why })
      }
    }), { seed: run.value, numRuns: 4_000 })
    expect(compiledOnes).toBeGreaterThan(400)
  })
})
