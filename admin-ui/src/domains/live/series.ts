import type { WatchDrawsSubscription } from '../../generated/graphql.js'

export type Told = WatchDrawsSubscription['liveDraws']

/** How a campaign stands: as the server says with each second, or as it was read. */
export type Standing = Pick<Told, 'status' | 'version'>

/** Whether what is told is later than what is shown: another operator's change, or one that the clock makes. What lags behind is neither. */
export const hasMoved = (shown: Standing, told: Standing): boolean =>
  told.version > shown.version || (told.version === shown.version && told.status !== shown.status)

/** One second of a campaign. */
export interface LivePoint {
  /** Of Unix time. */
  readonly second: number
  readonly won: number
  readonly lost: number
  readonly pending: number
  readonly repeated: number
  readonly refused: number
  readonly refusals: ReadonlyArray<{ readonly code: string; readonly count: number }>
  /** What waited to be settled when this second was told; null where nobody watched. */
  readonly unsettled: number | null
  readonly oldestUnsettledMs: number | null
}

/** The rate of "now": over so many seconds, as a single one leaps. */
const NOW_SECONDS = 5

/**
 * The last `seconds`, after a message: each second once, the later word on it in the place of the earlier. Null where a second is missing
 * between the two: then the whole has to be asked for again.
 */
export function merged(before: readonly LivePoint[], told: Told, seconds: number): readonly LivePoint[] | null {
  const known = new Map(before.map((point) => [point.second, point]))
  const news = told.points.map(({ at, ...counts }): LivePoint => {
    const second = Math.round(new Date(at).getTime() / 1_000)
    const { unsettled = null, oldestUnsettledMs = null } = known.get(second) ?? {}
    return { second, ...counts, unsettled, oldestUnsettledMs }
  })
  const [first, last] = [news[0], news.at(-1)]
  if (first === undefined || last === undefined) return before
  const newest = before.at(-1)
  const isWhole = news.length >= seconds
  // Of a whole window, what waited is known of its last second alone.
  const knownFrom = isWhole || newest === undefined ? last.second : newest.second + 1
  if (!isWhole && (newest === undefined || first.second > newest.second + 1)) return null
  const { unsettled, oldestUnsettledMs } = told
  for (const point of news) known.set(point.second, point.second < knownFrom ? point : { ...point, unsettled, oldestUnsettledMs })
  const from = Math.max(last.second, newest?.second ?? 0) - seconds + 1
  return [...known.values()].filter(({ second }) => second >= from).sort((a, b) => a.second - b.second)
}

/** Draws that were decided, told or not. */
export const drawsOf = ({ won, lost, pending }: LivePoint): number => won + lost + pending

const total = (points: readonly LivePoint[], of: (point: LivePoint) => number): number => points.reduce((sum, point) => sum + of(point), 0)

export interface Rates {
  readonly drawsPerSecond: number
  readonly refusedPerSecond: number
  readonly peak: number
  /** Of the draws of the whole window that have an outcome, from 0 to 1; null of none. */
  readonly winRate: number | null
  readonly draws: number
  readonly repeated: number
}

/** Null before anything is told. */
export function ratesOf(points: readonly LivePoint[]): Rates | null {
  const now = points.slice(-NOW_SECONDS)
  if (now.length === 0) return null
  const won = total(points, (point) => point.won)
  const decided = won + total(points, ({ lost }) => lost)
  return {
    drawsPerSecond: total(now, drawsOf) / now.length,
    refusedPerSecond: total(now, ({ refused }) => refused) / now.length,
    peak: Math.max(...points.map(drawsOf)),
    winRate: decided === 0 ? null : won / decided,
    draws: total(points, drawsOf),
    repeated: total(points, ({ repeated }) => repeated),
  }
}

/** Over all of the points, most first. */
export function refusalsOf(points: readonly LivePoint[]): Array<{ code: string; count: number }> {
  const counts = new Map<string, number>()
  for (const { refusals } of points) for (const { code, count } of refusals) counts.set(code, (counts.get(code) ?? 0) + count)
  return [...counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count)
}
