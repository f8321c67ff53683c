import { describe, expect, it } from '@jest/globals'
import { releaseProblems } from '../../src/modules/campaigns/domain/release-problems.js'
import { planRelease, PlanTooLongError } from '../../src/modules/campaigns/domain/release-plan.js'
import type { EvenRelease, Release } from '../../src/modules/campaigns/domain/release.js'

const NONE: EvenRelease = { fromMs: null, toMs: null, times: null, everySeconds: null, dailyAt: null, windows: null }
const evenly = (given: Partial<EvenRelease>, carryOver: Release['carryOver'] = 'ROLL_OVER'): Release => ({ carryOver, steps: null, evenly: { ...NONE, ...given } })
const campaign = (startsAt: string, endsAt: string, timezone = 'UTC') => ({ startsAtMs: Date.parse(startsAt), endsAtMs: Date.parse(endsAt), timezone })
const day = campaign('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z')
const shown = (release: Release, times: ReturnType<typeof campaign>, units: number) =>
  planRelease(release, times, units).map((step) => `${step.no} ${new Date(step.dueMs).toISOString().slice(5, 16)} ${step.units}`)
const problems = (release: Release, stock: number | null = 100, times: ReturnType<typeof campaign> | null = day) => {
  const found: string[] = []
  releaseProblems(release, times, stock, 'release', (path, message) => found.push(`${path}: ${message}`))
  return found
}

describe('a plan', () => {
  it('follows listed steps in the order of time; what is missing is missing at the end', () => {
    const steps = [{ atMs: day.startsAtMs + 7_200_000, units: 5 }, { atMs: day.startsAtMs, units: 3 }]
    expect(shown({ carryOver: 'ROLL_OVER', steps, evenly: null }, day, 100)).toEqual(['1 01-01T00:00 3', '2 01-01T02:00 5'])
    expect(shown({ carryOver: 'ROLL_OVER', steps, evenly: null }, day, 4)).toEqual(['1 01-01T00:00 3', '2 01-01T02:00 1'])
    expect(shown({ carryOver: 'ROLL_OVER', steps, evenly: null }, day, 3)).toEqual(['1 01-01T00:00 3'])
    expect(shown({ carryOver: 'VOID', steps, evenly: null }, day, 3)).toEqual(['1 01-01T00:00 3', '2 01-01T02:00 0'])
  })

  it('spreads all units, the odd ones too', () => {
    expect(shown(evenly({ times: 4 }), day, 10)).toEqual(['1 01-01T00:00 2', '2 01-01T06:00 3', '3 01-01T12:00 2', '4 01-01T18:00 3'])
    expect(shown(evenly({ times: 4 }), day, 2)).toEqual(['1 01-01T06:00 1', '2 01-01T18:00 1'])
    expect(shown(evenly({ everySeconds: 28_800, fromMs: day.startsAtMs + 3_600_000 }), day, 3)).toEqual(['1 01-01T01:00 1', '2 01-01T09:00 1', '3 01-01T17:00 1'])
    for (const units of [0, 1, 7, 9_999, 2_147_483_647]) {
      const plan = planRelease(evenly({ times: 10_000 }), day, units)
      expect(plan.reduce((sum, step) => sum + step.units, 0)).toBe(units)
      expect(plan.map(({ no }) => no)).toEqual(plan.map((_, i) => i + 1))
      const sizes = new Set(plan.map((step) => step.units))
      expect(Math.max(0, ...sizes) - Math.min(...sizes, Infinity)).toBeLessThanOrEqual(1)
    }
  })

  it('knows windows of the local day, and begins anew in each', () => {
    const two = campaign('2026-01-01T10:00:00+08:00', '2026-01-02T20:00:00+08:00', 'Asia/Shanghai')
    const windows = [{ from: '18:00', to: '24:00' }, { from: '09:00', to: '12:00' }]
    // Open: 10–12 and 18–24 of the first day, 9–12 and 18–20 of the second: 13 hours.
    expect(shown(evenly({ times: 13, windows }), two, 13).map((text) => text.slice(-13))).toEqual([
      '1-01T02:00 1', '1-01T03:00 1', '1-01T10:00 1', '1-01T11:00 1', '1-01T12:00 1', '1-01T13:00 1', '1-01T14:00 1', '1-01T15:00 1',
      '1-02T01:00 1', '1-02T02:00 1', '1-02T03:00 1', '1-02T10:00 1', '1-02T11:00 1'].map((text) => ` 0${text}`.slice(-13)))
    expect(shown(evenly({ everySeconds: 7_200, windows: [{ from: '09:00', to: '12:00' }] }), two, 3)).toEqual(['1 01-01T02:00 1', '2 01-02T01:00 1', '3 01-02T03:00 1'])
  })
})

describe('local days', () => {
  it('are as long as they are: spring', () => {
    // 2026-03-08, New York: 02:00 to 03:00 does not exist.
    const spring = campaign('2026-03-07T00:00:00-05:00', '2026-03-10T00:00:00-04:00', 'America/New_York')
    expect(shown(evenly({ dailyAt: ['09:00'] }), spring, 3)).toEqual(['1 03-07T14:00 1', '2 03-08T13:00 1', '3 03-09T13:00 1'])
    expect(shown(evenly({ dailyAt: ['02:30'] }), spring, 3)).toEqual(['1 03-07T07:30 1', '2 03-08T07:30 1', '3 03-09T06:30 1'])
    // 02:30 comes as 03:30 that day, and is one step with it.
    expect(shown(evenly({ dailyAt: ['02:30', '03:30'] }), spring, 5)).toHaveLength(5)
    expect(planRelease(evenly({ everySeconds: 3_600, windows: [{ from: '00:00', to: '04:00' }] }), spring, 100)).toHaveLength(4 + 3 + 4)
  })

  it('are as long as they are: autumn', () => {
    // 2026-11-01, New York: 01:00 to 02:00 comes twice; the first counts.
    const autumn = campaign('2026-10-31T00:00:00-04:00', '2026-11-03T00:00:00-05:00', 'America/New_York')
    expect(shown(evenly({ dailyAt: ['01:30'] }), autumn, 3)).toEqual(['1 10-31T05:30 1', '2 11-01T05:30 1', '3 11-02T06:30 1'])
    expect(planRelease(evenly({ everySeconds: 3_600, windows: [{ from: '00:00', to: '04:00' }] }), autumn, 100)).toHaveLength(4 + 5 + 4)
  })

  it('go on over the end of a month, a leap day and a midnight that does not exist', () => {
    const month = campaign('2028-02-28T00:00:00Z', '2028-03-02T00:00:00Z')
    expect(shown(evenly({ dailyAt: ['12:00'] }), month, 3)).toEqual(['1 02-28T12:00 1', '2 02-29T12:00 1', '3 03-01T12:00 1'])
    const cairo = campaign('2026-04-23T00:00:00Z', '2026-04-25T20:00:00Z', 'Africa/Cairo') // the 24th begins at 01:00
    expect(shown(evenly({ dailyAt: ['00:00'] }), cairo, 2)).toEqual(['1 04-23T22:00 1', '2 04-24T21:00 1'])
  })
})

describe('problems', () => {
  it('name the field', () => {
    const at = (hours: number, units: number) => ({ atMs: day.startsAtMs + hours * 3_600_000, units })
    const steps = (...list: Array<{ atMs: number; units: number }>): Release => ({ carryOver: 'VOID', steps: list, evenly: null })
    expect(problems(steps(at(0, 60), at(1, 40)))).toEqual([])
    expect(problems(steps(at(0, 60), at(1, 40), at(2, 1)))).toEqual(['release.steps[2].units: the steps up to here add up to 101; the stock is 100'])
    expect(problems(steps(at(0, 60), at(1, 40), at(2, 1)), null)).toEqual([])
    expect(problems(steps(at(0, 0), at(0, 1), at(24, 1), at(-1, 1)))).toEqual([
      'release.steps[0].units: must be from 1 to 2147483647', 'release.steps[1].at: another step has the same time',
      'release.steps[2].at: must be within the campaign', 'release.steps[3].at: must be within the campaign'])
    expect(problems(steps())).toEqual(['release.steps: must be 1 to 1000 steps'])
    expect(problems({ carryOver: 'VOID', steps: null, evenly: null })).toEqual(['release: must have either steps or evenly'])
    expect(problems(evenly({ times: 3, everySeconds: 1 }))[0]).toBe('release.evenly: must have exactly one of times, everySeconds and dailyAt')
    expect(problems(evenly({ everySeconds: 1 }))).toEqual(['release.evenly: would be more than 10000 steps'])
    expect(problems(evenly({ everySeconds: 9 }))).toEqual([])
    expect(problems(evenly({ times: 10_001 }))).toEqual(['release.evenly.times: must be from 1 to 10000'])
    expect(problems(evenly({ dailyAt: ['9:00', '24:00', '10:00', '10:00'] }))).toHaveLength(3)
    expect(problems(evenly({ dailyAt: ['10:00'], windows: [{ from: '09:00', to: '10:00' }] }))).toEqual(['release.evenly.windows: cannot be given with dailyAt'])
    expect(problems(evenly({ times: 1, windows: [{ from: '10:00', to: '09:00' }] }))[0]).toMatch(/^release.evenly.windows\[0\].to: must be after from/)
    expect(problems(evenly({ times: 1, windows: [{ from: '08:00', to: '10:00' }, { from: '09:00', to: '11:00' }] }))).toEqual(['release.evenly.windows[1]: overlaps another window'])
    expect(problems(evenly({ times: 1, fromMs: day.endsAtMs }))).toEqual(['release.evenly.from: must be within the campaign', 'release.evenly.to: must be after from'])
    expect(problems(evenly({ times: 1, toMs: day.endsAtMs + 1 }))).toEqual(['release.evenly.to: must be within the campaign'])
    const night = campaign('2026-01-01T01:00:00Z', '2026-01-01T03:00:00Z')
    expect(problems(evenly({ dailyAt: ['12:00'] }), 1, night)).toEqual(['release.evenly: has no moment within the campaign'])
  })

  it('has an end for every campaign', () => {
    const century = campaign('2001-01-01T00:00:00Z', '2101-01-01T00:00:00Z')
    expect(() => planRelease(evenly({ times: 10, windows: [{ from: '10:00', to: '11:00' }] }), century, 1)).toThrow(PlanTooLongError)
    expect(planRelease(evenly({ times: 10 }), century, 10)).toHaveLength(10)
  })
})
