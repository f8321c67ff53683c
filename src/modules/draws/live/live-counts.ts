import type { DrawResult, RejectionCode } from '../draws.types.js'

/** How long a second can be looked back at. */
export const SECONDS_MAX = 900
const MINUTE = 60
/** Of a minute's counts: until its last second is too old. */
export const KEPT_SECONDS = SECONDS_MAX + 2 * MINUTE

type Answered = 'won' | 'lost' | 'pending' | 'repeated'
export type LiveKind = Answered | RejectionCode

export interface LiveRefusals {
  readonly code: string
  readonly count: number
}

/** Seconds of the clock that all processes share; one second's draws. */
export interface LivePoint {
  readonly second: number
  readonly won: number
  readonly lost: number
  /** Decided, and not told yet. */
  readonly pending: number
  readonly repeated: number
  readonly refused: number
  /** Those of this second, most first. */
  readonly refusals: readonly LiveRefusals[]
}
export interface LiveSeries {
  /** One a second, oldest first. */
  readonly points: readonly LivePoint[]
  /** Over all of them, most first. */
  readonly refusals: readonly LiveRefusals[]
}

export const minuteOf = (second: number): number => Math.floor(second / MINUTE)
export const fieldOf = (second: number, kind: LiveKind): string => `${second % MINUTE}:${kind}`

/** One for each draw of an accepted request, one for a request that was repeated or refused. */
export function kindsOf(result: DrawResult): readonly LiveKind[] {
  if (result.kind === 'rejected') return [result.code]
  if (result.replayed) return ['repeated']
  return result.draws.map(({ outcome }) => (outcome === null ? 'pending' : outcome === 'WON' ? 'won' : 'lost'))
}

/** The minutes that hold the seconds from `first` to `last`. */
export function minutesOf(first: number, last: number): number[] {
  return Array.from({ length: minuteOf(last) - minuteOf(first) + 1 }, (_, index) => minuteOf(first) + index)
}

/** `minutes`: by minute, its counts by field, as they were told. */
export function seriesOf(minutes: ReadonlyMap<number, Readonly<Record<string, string>>>, first: number, last: number): LiveSeries {
  const nothing = { won: 0, lost: 0, pending: 0, repeated: 0, refused: 0 }
  const counted = Array.from({ length: last - first + 1 }, () => ({ ...nothing, refusals: new Map<string, number>() }))
  const refusals = new Map<string, number>()
  for (const [minute, counts] of minutes) {
    for (const [field, text] of Object.entries(counts)) {
      const [within = '', kind = ''] = field.split(':', 2)
      const point = counted[minute * MINUTE + Number(within) - first]
      const count = Number(text)
      if (point === undefined) continue
      if (isAnswered(kind)) {
        point[kind] += count
      } else {
        point.refused += count
        point.refusals.set(kind, count)
        refusals.set(kind, (refusals.get(kind) ?? 0) + count)
      }
    }
  }
  const points = counted.map((point, index) => ({ second: first + index, ...point, refusals: mostFirst(point.refusals) }))
  return { points, refusals: mostFirst(refusals) }
}

const mostFirst = (counts: ReadonlyMap<string, number>): LiveRefusals[] =>
  [...counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count)

const isAnswered = (kind: string): kind is Answered => kind === 'won' || kind === 'lost' || kind === 'pending' || kind === 'repeated'
