import { DateTime } from 'luxon'

/** A local day and the next, in milliseconds since 1970: what the script needs to tell days apart by Redis' own clock. */
export interface LocalDays {
  /** Days from 1970-01-01 to the local date. */
  readonly day: number
  readonly startMs: number
  readonly nextMs: number
  readonly afterNextMs: number
}

const MS_PER_DAY = 86_400_000
const MS_PER_HOUR = 3_600_000

/** The local day that holds `nowMs` in an IANA zone. Days of 23 and 25 hours are as long as they are. */
export function localDays(timezone: string, nowMs: number): LocalDays {
  const start = DateTime.fromMillis(nowMs, { zone: timezone }).startOf('day')
  // Where the clock goes back to midnight, midnight comes twice; from the day before, one comes to the first.
  const first = start.minus({ days: 1 }).startOf('day').plus({ days: 1 }).startOf('day')
  return {
    day: Date.UTC(start.year, start.month - 1, start.day) / MS_PER_DAY,
    startMs: Math.min(start.toMillis(), first.toMillis()),
    nextMs: start.plus({ days: 1 }).startOf('day').toMillis(),
    afterNextMs: start.plus({ days: 2 }).startOf('day').toMillis(),
  }
}

/** Keeps each zone's current days: a draw costs no date arithmetic. */
export class Calendars {
  readonly #zones = new Map<string, LocalDays>()

  at(timezone: string, nowMs: number): LocalDays {
    const known = this.#zones.get(timezone)
    if (known !== undefined && nowMs >= known.startMs && nowMs < known.nextMs) return known
    if (this.#zones.size > 1_000) this.#zones.clear()
    const days = localDays(timezone, nowMs)
    this.#zones.set(timezone, days)
    return days
  }
}

/** When the `days`-th local day ends, counted from the one that holds `nowMs`, which is the first. */
export const dayEnd = (timezone: string, nowMs: number, days: number): number =>
  DateTime.fromMillis(nowMs, { zone: timezone }).startOf('day').plus({ days }).startOf('day').toMillis()

/** The date of a day number, YYYY-MM-DD. */
export const dateOf = (day: number): string => new Date(day * MS_PER_DAY).toISOString().slice(0, 10)

/** The day number of a date. */
export const dayOfDate = (date: string): number => Date.parse(`${date}T00:00:00Z`) / MS_PER_DAY

/** Tells the local day of any moment in a zone, quickly where the moments are of few days. */
export function dayFinder(timezone: string): (ms: number) => number {
  const known = new Map<number, LocalDays>()
  return (ms) => {
    const hour = Math.floor(ms / MS_PER_HOUR)
    const last = known.get(hour)
    if (last !== undefined && ms >= last.startMs && ms < last.nextMs) return last.day
    if (known.size > 100_000) known.clear()
    const days = localDays(timezone, ms)
    known.set(hour, days)
    return days.day
  }
}
