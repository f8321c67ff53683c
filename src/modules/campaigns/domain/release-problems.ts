import { type CampaignTimes, planRelease, PlanTooLongError, STEPS_MAX } from './release-plan.js'
import type { Report } from './report.js'
import type { EvenRelease, LocalWindow, Release } from './release.js'

/** Steps that are listed one by one are kept with the prize, in each version of its campaign. */
const LISTED_STEPS_MAX = 1_000
const UNITS_MAX = 0x7fff_ffff
const DAILY_MAX = 24
const WINDOWS_MAX = 10
const EVERY_SECONDS_MAX = 31_536_000
const WALL_TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/

/**
 * What is wrong with a prize's release, by `path`. `campaign` is null where its times or its zone are themselves wrong;
 * `stock` where the steps were held against it before, and it may have been reduced since.
 */
export function releaseProblems(
  release: Release, campaign: CampaignTimes | null, stock: number | null, path: string, report: Report,
): void {
  const { steps, evenly } = release
  if ((steps === null) === (evenly === null)) {
    report(path, 'must have either steps or evenly', 'STEPS_OR_EVENLY')
    return
  }
  let sound = true
  const tell: Report = (...problem) => {
    sound = false
    report(...problem)
  }
  if (steps !== null) stepProblems(steps, campaign, stock, `${path}.steps`, tell)
  if (evenly !== null) evenProblems(evenly, campaign, `${path}.evenly`, tell)
  if (!sound || campaign === null || evenly === null) return
  try {
    if (planRelease({ ...release, carryOver: 'VOID' }, campaign, 1).length === 0) report(`${path}.evenly`, 'has no moment within the campaign', 'NO_MOMENT')
  } catch (error) {
    if (!(error instanceof PlanTooLongError)) throw error
    report(`${path}.evenly`, error.message, 'PLAN_TOO_LONG')
  }
}

function stepProblems(steps: NonNullable<Release['steps']>, campaign: CampaignTimes | null, stock: number | null, path: string, report: Report): void {
  if (steps.length < 1 || steps.length > LISTED_STEPS_MAX) {
    report(path, `must be 1 to ${LISTED_STEPS_MAX} steps`, 'COUNT', { min: 1, max: LISTED_STEPS_MAX })
    return
  }
  const seen = new Set<number>()
  let sum = 0
  let told = false
  steps.forEach(({ atMs, units }, i) => {
    if (!isIntegerIn(units, 1, UNITS_MAX)) report(`${path}[${i}].units`, `must be from 1 to ${UNITS_MAX}`, 'RANGE', { min: 1, max: UNITS_MAX })
    sum += units
    if (!told && stock !== null && sum > stock) {
      told = true
      report(`${path}[${i}].units`, `the steps up to here add up to ${sum}; the stock is ${stock}`, 'STEPS_SUM', { sum, stock })
    }
    if (seen.has(atMs)) report(`${path}[${i}].at`, 'another step has the same time', 'STEP_TWICE')
    seen.add(atMs)
    checkMoment(`${path}[${i}].at`, atMs, campaign, report)
  })
}

function evenProblems(evenly: EvenRelease, campaign: CampaignTimes | null, path: string, report: Report): void {
  const { fromMs, toMs, times, everySeconds, dailyAt, windows } = evenly
  if ([times, everySeconds, dailyAt].filter((one) => one !== null).length !== 1) report(path, 'must have exactly one of times, everySeconds and dailyAt', 'ONE_RHYTHM')
  if (times !== null && !isIntegerIn(times, 1, STEPS_MAX)) report(`${path}.times`, `must be from 1 to ${STEPS_MAX}`, 'RANGE', { min: 1, max: STEPS_MAX })
  if (everySeconds !== null && !isIntegerIn(everySeconds, 1, EVERY_SECONDS_MAX)) report(`${path}.everySeconds`, `must be from 1 to ${EVERY_SECONDS_MAX}`, 'RANGE', { min: 1, max: EVERY_SECONDS_MAX })
  if (dailyAt !== null) dailyProblems(dailyAt, `${path}.dailyAt`, report)
  if (windows !== null) {
    if (dailyAt !== null) report(`${path}.windows`, 'cannot be given with dailyAt', 'WINDOWS_WITH_DAILY')
    windowProblems(windows, `${path}.windows`, report)
  }
  if (fromMs !== null) checkMoment(`${path}.from`, fromMs, campaign, report)
  if (campaign === null) return
  const end = toMs ?? campaign.endsAtMs
  if (toMs !== null && (toMs <= campaign.startsAtMs || toMs > campaign.endsAtMs)) report(`${path}.to`, 'must be within the campaign', 'WITHIN_CAMPAIGN')
  if (end <= (fromMs ?? campaign.startsAtMs)) report(`${path}.to`, 'must be after from', 'AFTER_FROM')
}

function dailyProblems(times: readonly string[], path: string, report: Report): void {
  if (times.length < 1 || times.length > DAILY_MAX) report(path, `must be 1 to ${DAILY_MAX} times of the day`, 'COUNT', { min: 1, max: DAILY_MAX })
  times.forEach((time, i) => {
    if (!WALL_TIME.test(time)) report(`${path}[${i}]`, 'must be a local time such as 09:30', 'WALL_TIME')
    else if (times.indexOf(time) < i) report(`${path}[${i}]`, 'the same time twice', 'TIME_TWICE')
  })
}

function windowProblems(windows: readonly LocalWindow[], path: string, report: Report): void {
  if (windows.length < 1 || windows.length > WINDOWS_MAX) {
    report(path, `must be 1 to ${WINDOWS_MAX} windows`, 'COUNT', { min: 1, max: WINDOWS_MAX })
    return
  }
  windows.forEach(({ from, to }, i) => {
    if (!WALL_TIME.test(from)) report(`${path}[${i}].from`, 'must be a local time such as 09:30', 'WALL_TIME')
    else if (!WALL_TIME.test(to) && to !== '24:00') report(`${path}[${i}].to`, 'must be a local time such as 18:00, or 24:00', 'WALL_TIME')
    else if (to <= from) report(`${path}[${i}].to`, 'must be after from, on the same day; two windows go over midnight', 'WINDOW_ORDER')
    else if (windows.some((other, j) => j < i && from < other.to && other.from < to)) report(`${path}[${i}]`, 'overlaps another window', 'WINDOW_OVERLAP')
  })
}

function checkMoment(path: string, ms: number, campaign: CampaignTimes | null, report: Report): void {
  if (campaign !== null && !(ms >= campaign.startsAtMs && ms < campaign.endsAtMs)) report(path, 'must be within the campaign', 'WITHIN_CAMPAIGN')
}

const isIntegerIn = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max
