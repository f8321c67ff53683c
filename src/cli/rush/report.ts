import type { Ledger } from './ledger.js'
import type { Tally } from './tally.js'
import type { Books } from './verify.js'
import type { RedisVisits } from './visits.js'

const SETTLEMENT_LAG_MS_MAX = 5_000
const SHOWN_MAX = 10
const DECIDED = ['WON', 'LOST', 'replayed']

export interface Result {
  readonly tally: Tally
  readonly ledger: Ledger
  readonly playedMs: number
  /** Of this run, in the server's list. */
  readonly listed: number
  /** Null where there was no operator to ask. */
  readonly books: Books | null
  /** Of the server's process during the play; null where it could not be asked. */
  readonly visits: RedisVisits | null
}

/** What is wrong; empty when all is well. */
export function failures({ tally, ledger, books }: Result): string[] {
  const wrong: string[] = []
  if (books !== null && !books.balanced) wrong.push('the books are not balanced')
  if (books !== null && books.settlementLagMs === null) wrong.push(`${books.unsettled} draws are not settled`)
  if (ledger.toldMinor !== ledger.listedMinor) wrong.push(`${ledger.toldMinor} in minor units were told, and ${ledger.listedMinor} are in the books`)
  if (ledger.differenceCount > 0) wrong.push(`${ledger.differenceCount} answers differ`)
  if (tally.unansweredDraws.length > 0) wrong.push(`${tally.unansweredDraws.length} requests found no answer`)
  return wrong
}

export function report(result: Result): string {
  const { tally, ledger, playedMs, listed, books } = result
  const { p50, p95, p99, max } = tally.percentiles({ p50: 0.5, p95: 0.95, p99: 0.99, max: 1 })
  const decided = [...tally.outcomes].filter(([name]) => DECIDED.includes(name))
  const refused = [...tally.outcomes].filter(([name]) => !DECIDED.includes(name))
  const caught = ledger.repeats === 0 ? 'none were made' : `${percent(ledger.repeatsCaught / ledger.repeats)} (${ledger.repeatsCaught} of ${ledger.repeats})`
  const rows: Array<[string, string]> = [
    ['Answers', `${tally.count} in ${(playedMs / 1_000).toFixed(1)} s, ${Math.round(tally.count / (playedMs / 1_000))}/s; ${ledger.acknowledged.size} draws made`],
    ['Latency', `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}, max ${ms(max)}`],
    ['Outcomes', counts(decided)],
    ['Refused', counts(refused)],
    ['Sent again', counts([...tally.deferrals])],
    ['No answer', String(tally.unansweredDraws.length)],
    ['Repeats caught', caught],
    ['Redis visits', visitsTold(result.visits)],
    ...amounts(ledger),
    ['Draws listed', `${listed} of ${ledger.acknowledged.size} acknowledged${ledger.differenceCount === 0 ? ', all as acknowledged' : ''}`],
    ['Settlement', settlement(books)],
    ['Books', books === null ? 'not audited: no operator was given' : `${books.balanced ? 'balanced' : 'NOT BALANCED'}, ${books.draws} draws, ${books.unsettled} unsettled`],
  ]
  const details = [
    ...(books?.violations ?? []).slice(0, SHOWN_MAX).map(({ invariant, detail }) => `${invariant}: ${detail}`),
    ...ledger.differences.slice(0, SHOWN_MAX),
  ]
  return [...rows.map(([label, value]) => `  ${label.padEnd(15)} ${value}`), ...details.map((detail) => `  ! ${detail}`)].join('\n')
}

const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
/** Never rounded up to 100. */
const percent = (share: number) => `${(Math.floor(share * 100_000) / 1_000).toString()} %`
const counts = (entries: ReadonlyArray<[string, number]>) =>
  entries.length === 0 ? 'none' : entries.toSorted(([, a], [, b]) => b - a).map(([name, count]) => `${count} ${name}`).join(', ')

function visitsTold(visits: RedisVisits | null): string {
  if (visits === null) return 'not measured'
  const saved = [...visits.saved.values()].reduce((sum, count) => sum + count, 0)
  const reasons = saved === 0 ? '' : `: ${counts([...visits.saved])}`
  return `${visits.made}, saved: ${saved} (${percent(saved / Math.max(1, saved + visits.made))}${reasons})`
}

/** The sum of what was told is the sum of what is in the books, where prizes have amounts. */
function amounts({ toldMinor, listedMinor }: Ledger): Array<[string, string]> {
  return toldMinor === 0 && listedMinor === 0 ? [] : [['Amounts', `${toldMinor} told, ${listedMinor} in the books (minor units)`]]
}

function settlement(books: Books | null): string {
  if (books === null) return 'not measured'
  if (books.settlementLagMs === null) return `${books.unsettled} draws are still unsettled`
  const seconds = `${(books.settlementLagMs / 1_000).toFixed(1)} s after the last answer nothing was unsettled`
  return books.settlementLagMs <= SETTLEMENT_LAG_MS_MAX ? seconds : `${seconds}: slower than the ${SETTLEMENT_LAG_MS_MAX / 1_000} s it should take`
}
