import { DateTime } from 'luxon'
import type { EvenRelease, LocalWindow, Release } from './release.js'

/** Of one prize; the plan is a table of its own, and looked at whole by its operators. */
export const STEPS_MAX = 10_000
/** A spread over more local days than this is no campaign. */
const DAYS_MAX = 3_660

export interface PlannedStep {
  /** From 1 on, in the order of time. */
  readonly no: number
  readonly dueMs: number
  readonly units: number
}

export interface CampaignTimes {
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly timezone: string
}

/** From `fromMs` to just before `toMs`. */
interface Span { readonly fromMs: number; readonly toMs: number }

/** A plan that cannot be made. */
export class PlanTooLongError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PlanTooLongError'
  }
}

/**
 * The steps by which `units` leave the vault: the same for the same arguments, whenever they are asked for. Where the
 * steps want more than there is, the last ones get less. Throws PlanTooLongError past STEPS_MAX or DAYS_MAX.
 */
export function planRelease({ steps, evenly, carryOver }: Release, campaign: CampaignTimes, units: number): PlannedStep[] {
  const planned = evenly === null ? listed(steps ?? [], units) : spread(instants(evenly, campaign), units)
  // An empty step still ends the turn of the one before, where that is VOID.
  return planned.filter((step) => step.units > 0 || carryOver === 'VOID').map((step, i) => ({ no: i + 1, ...step }))
}

type Step = Omit<PlannedStep, 'no'>

function listed(steps: NonNullable<Release['steps']>, units: number): Step[] {
  let left = units
  return steps.toSorted((a, b) => a.atMs - b.atMs).map((step) => {
    const some = Math.min(step.units, left)
    left -= some
    return { dueMs: step.atMs, units: some }
  })
}

/** The odd units come as evenly as the others: after each step, as many are out as the share of the steps says, rounded down. */
function spread(times: readonly number[], units: number): Step[] {
  const upTo = (steps: number) => Number((BigInt(units) * BigInt(steps)) / BigInt(times.length))
  return times.map((dueMs, i) => ({ dueMs, units: upTo(i + 1) - upTo(i) }))
}

function instants(evenly: EvenRelease, { startsAtMs, endsAtMs, timezone }: CampaignTimes): number[] {
  const span = { fromMs: evenly.fromMs ?? startsAtMs, toMs: evenly.toMs ?? endsAtMs }
  const { times, everySeconds, dailyAt } = evenly
  if (dailyAt !== null) {
    const all = [...localDates(span, timezone)].flatMap((date) => dailyAt.map((time) => wallTime(date, time)))
    // Two wall times are one instant where the clock goes forward over both.
    return atMost([...new Set(all)].filter((ms) => ms >= span.fromMs && ms < span.toMs).sort((a, b) => a - b))
  }
  const open = evenly.windows === null ? [span] : openSpans(evenly.windows, span, timezone)
  return everySeconds === null ? evenlyIn(open, times ?? 1) : ticksIn(open, everySeconds * 1_000)
}

const atMost = (list: number[]): number[] => {
  if (list.length > STEPS_MAX) throw new PlanTooLongError(`would be more than ${STEPS_MAX} steps`)
  return list
}

/** So many instants, the time between two of them the same where the time outside the windows does not count. */
function evenlyIn(open: readonly Span[], times: number): number[] {
  const total = open.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs), 0)
  if (total === 0) return []
  const found: number[] = []
  let before = 0
  let at = 0
  for (let i = 0; i < Math.min(times, STEPS_MAX); i++) {
    const offset = Number((BigInt(total) * BigInt(i)) / BigInt(times))
    for (; offset >= before + open[at]!.toMs - open[at]!.fromMs; at++) before += open[at]!.toMs - open[at]!.fromMs
    found.push(open[at]!.fromMs + offset - before)
  }
  return found
}

function ticksIn(open: readonly Span[], everyMs: number): number[] {
  const found: number[] = []
  for (const { fromMs, toMs } of open) {
    if (found.length + Math.ceil((toMs - fromMs) / everyMs) > STEPS_MAX) atMost(Array.from({ length: STEPS_MAX + 1 }, () => 0))
    for (let ms = fromMs; ms < toMs; ms += everyMs) found.push(ms)
  }
  return found
}

/** The windows of every local day that meets the span, in the order of time, cut to it. */
function openSpans(windows: readonly LocalWindow[], span: Span, timezone: string): Span[] {
  const sorted = windows.toSorted((a, b) => a.from.localeCompare(b.from))
  return [...localDates(span, timezone)]
    .flatMap((date) => sorted.map(({ from, to }) => ({ fromMs: wallTime(date, from), toMs: wallTime(date, to) })))
    .map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, span.fromMs), toMs: Math.min(toMs, span.toMs) }))
    .filter(({ fromMs, toMs }) => fromMs < toMs)
}

/** The local dates from that of the span's beginning to that of its end: noon of each, which every zone has on every day. */
function* localDates({ fromMs, toMs }: Span, timezone: string): Generator<DateTime> {
  const noon = (ms: number) => {
    const { year, month, day } = DateTime.fromMillis(ms, { zone: timezone })
    return DateTime.fromObject({ year, month, day, hour: 12 }, { zone: timezone })
  }
  const last = noon(toMs - 1)
  let date = noon(fromMs)
  for (let days = 0; date.toMillis() <= last.toMillis(); days++) {
    if (days >= DAYS_MAX) throw new PlanTooLongError(`would go over more than ${DAYS_MAX} days`)
    yield date
    date = date.plus({ days: 1 })
  }
}

/**
 * When a day's clock shows HH:MM. A time that the clock leaves out comes as much later as it went forward; of one that
 * comes twice the first counts. 24:00 is the next day's beginning.
 */
function wallTime(date: DateTime, time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  if (hour === 24) return wallTime(date.plus({ days: 1 }), '00:00')
  const { year, month, day, zone } = date
  const found = DateTime.fromObject({ year, month, day, hour, minute }, { zone })
  const [first = found] = found.getPossibleOffsets().toSorted((a, b) => a.toMillis() - b.toMillis())
  return first.toMillis()
}
