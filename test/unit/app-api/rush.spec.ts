import { describe, expect, it } from '@jest/globals'
import { Ledger } from '../../../src/cli/rush/ledger.js'
import { readOptions } from '../../../src/cli/rush/options.js'
import { plan } from '../../../src/cli/rush/plan.js'
import { failures, report, type Result } from '../../../src/cli/rush/report.js'
import { visitsBetween, visitsIn } from '../../../src/cli/rush/visits.js'
import { Tally } from '../../../src/cli/rush/tally.js'

const won = { id: 'D1', outcome: 'WON', prizeId: 'P1', amountMinor: 0 } as const

describe('the plan of a rush', () => {
  const size = { draws: 2_000, users: 50, repeatShare: 0.2, seed: 7 }

  it('is the same for the same seed, and has every draw once', () => {
    const steps = [...plan(size)]
    expect([...plan(size)]).toEqual(steps)
    expect([...plan({ ...size, seed: 8 })]).not.toEqual(steps)
    expect(steps.filter(({ repeat }) => !repeat).map(({ draw }) => draw)).toEqual(Array.from({ length: 2_000 }, (_, draw) => draw))
  })

  it('repeats earlier draws in their own users’ names', () => {
    const users = new Map<number, number>()
    let extra = 0
    for (const { draw, user, twins, repeat } of plan(size)) {
      if (repeat) expect(users.get(draw)).toBe(user)
      users.set(draw, user)
      extra += twins + (repeat ? 1 : 0)
    }
    expect(extra).toBeGreaterThan(300)
    expect(extra).toBeLessThan(500)
  })

  it('repeats nothing where nothing is to be repeated', () => {
    expect([...plan({ ...size, repeatShare: 0 })].every(({ twins, repeat }) => twins === 0 && !repeat)).toBe(true)
  })
})

describe('the ledger', () => {
  it('knows an answer again', () => {
    const ledger = new Ledger()
    ledger.accept(1, won, false)
    ledger.accept(1, won, true)
    expect([ledger.acknowledged.size, ledger.repeats, ledger.repeatsCaught, ledger.differenceCount]).toEqual([1, 1, 1, 0])
  })

  it.each([
    ['another draw', { ...won, id: 'D2' }, true], ['another outcome', { ...won, outcome: 'LOST' as const }, true],
    ['another prize', { ...won, prizeId: 'P2' }, true], ['the same draw as a new one', won, false],
  ])('finds %s', (_, answer, replayed) => {
    const ledger = new Ledger()
    ledger.accept(1, won, false)
    ledger.accept(1, answer, replayed)
    expect([ledger.repeatsCaught, ledger.differenceCount]).toEqual([0, 1])
  })

  it('takes the first answer that arrives for the first, though it says replayed', () => {
    const ledger = new Ledger()
    ledger.accept(1, won, true)
    ledger.accept(1, won, false)
    expect([ledger.repeatsCaught, ledger.differenceCount]).toEqual([1, 0])
  })
})

describe('the report', () => {
  const result = (over: Partial<Result> = {}): Result => {
    const tally = new Tally()
    for (let n = 1; n <= 20_000; n++) tally.answered(n % 10 === 0 ? 'SOLD_OUT' : 'WON', n / 100)
    const books = { balanced: true, draws: 18_000, unsettled: 0, violations: [], settlementLagMs: 1_234 }
    return { tally, ledger: new Ledger(), playedMs: 10_000, listed: 0, books, visits: null, ...over }
  }

  it('tells rates, latencies and refusals', () => {
    const text = report(result())
    expect(text).toContain('2000/s')
    expect(text).toContain('p50 100 ms, p95 190 ms, p99 198 ms, max 200 ms')
    expect(text).toMatch(/Refused +2000 SOLD_OUT/)
    expect(text).toContain('1.2 s after')
    expect(text).toMatch(/Redis visits +not measured/)
    expect(failures(result())).toEqual([])
  })

  it('fails for books that do not balance, draws that are not settled, answers that differ, and none', () => {
    const books = { balanced: false, draws: 1, unsettled: 1, violations: [{ invariant: 'I1', detail: 'prize P' }], settlementLagMs: null }
    const wrong = result({ books })
    wrong.ledger.differ('draw 1')
    wrong.tally.unanswered(2)
    expect(failures(wrong)).toHaveLength(4)
    expect(report(wrong)).toContain('! I1: prize P')
    expect(failures(result({ books: null }))).toEqual([])
  })

  it('fails where another sum is in the books than was told', () => {
    const paid = result()
    paid.ledger.accept(1, { ...won, amountMinor: 188 }, false)
    expect(failures(paid)).toHaveLength(1)
    expect(report(paid)).toMatch(/Amounts +188 told, 0 in the books/)
    paid.ledger.listedMinor = 188
    expect(failures(paid)).toEqual([])
  })

  it('tells the visits to Redis, and those that were saved', () => {
    const metrics = (made: number, soldOut: number) => [
      '# HELP drawbridge_redis_visits_total Questions', `drawbridge_redis_visits_total ${made}`,
      `drawbridge_redis_visits_saved_total{reason="sold_out"} ${soldOut}`, 'drawbridge_redis_visits_saved_total{reason="ended"} 7', '',
    ].join('\n')
    const visits = visitsBetween(visitsIn(metrics(1_000, 50)), visitsIn(metrics(1_200, 850)))
    expect(report(result({ visits }))).toMatch(/Redis visits +200, saved: 800 \(80 %: 800 sold_out\)/)
    expect(visitsIn('drawbridge_draws_total 5')).toBeNull()
    // The server was started again meanwhile.
    expect(visitsBetween(visitsIn(metrics(1_000, 50)), visitsIn(metrics(10, 0)))).toBeNull()
  })
})

describe('the options', () => {
  it('have defaults', () => {
    expect(readOptions(['--seed', '5'])).toMatchObject({ users: 5_000, draws: 20_000, concurrency: 64, repeatShare: 0.1, mechanic: 'FLASH_SALE', metricsUrl: null, seed: 5, url: null, campaign: null })
  })

  it.each([
    [['--users', '0']], [['--draws', '1e3']], [['--concurrency', '-1']], [['--repeat-share', '1.5']], [['--repeat-share', 'x']], [['--seed', '2147483648']],
    [['--url', 'ftp://x', '--api-key', 'k']], [['--url', 'http://x']], [['--api-key', 'k']], [['--url', 'http://x', '--api-key', 'k']],
    [['--operator-email', 'a@b.example']], [['--nonsense']], [['--mechanic', 'ROULETTE']], [['--metrics-url', 'nowhere']], [['stray']],
  ])('%j are refused', (args) => {
    expect(() => readOptions(args)).toThrow(/--|stray/)
  })
})
