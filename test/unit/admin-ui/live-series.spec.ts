import { describe, expect, it } from '@jest/globals'
import { hasMoved, type LivePoint, merged, ratesOf, refusalsOf, type Told } from '../../../admin-ui/src/domains/live/series.js'
import { settlementOf } from '../../../admin-ui/src/domains/live/settlement.js'
import { asCurl, asTypeScript } from '../../../admin-ui/src/domains/tryit/snippets.js'
import { answerOf } from '../../../admin-ui/src/domains/tryit/answer.js'
import { optionsOf } from '../../../admin-ui/src/ui/chart/options.js'

const NONE = { won: 0, lost: 0, pending: 0, repeated: 0, refused: 0, refusals: [] }
const told = (from: number, won: readonly number[], unsettled = 0): Told => ({
  status: 'ACTIVE', version: 2, unsettled, oldestUnsettledMs: unsettled * 10, off: null,
  points: won.map((count, n) => ({ ...NONE, at: new Date((from + n) * 1_000).toISOString(), won: count })),
})
const seen = (points: readonly LivePoint[] | null) => points?.map(({ second, won }) => [second, won])

describe('the seconds that are watched', () => {
  const window = merged([], told(100, [1, 2, 3]), 3) ?? []

  it('are the window at first, and then move on', () => {
    expect(seen(window)).toEqual([[100, 1], [101, 2], [102, 3]])
    expect(seen(merged(window, told(103, [4]), 3))).toEqual([[101, 2], [102, 3], [103, 4]])
  })

  it('are there once, with the later word on each', () => {
    expect(seen(merged(window, told(101, [2, 9, 4]), 3))).toEqual([[101, 2], [102, 9], [103, 4]])
    expect(seen(merged(window, told(99, [7, 1]), 3))).toEqual([[100, 1], [101, 2], [102, 3]])
  })

  it('stay as they were while nothing is counted', () => {
    expect(merged(window, { status: 'ACTIVE', version: 2, points: [], unsettled: 0, oldestUnsettledMs: 0, off: 'REDIS' }, 3)).toEqual(window)
  })

  it('are all asked for again where one is missing, and all replaced after an interruption', () => {
    expect(merged(window, told(104, [4]), 3)).toBeNull()
    expect(merged([], told(104, [4]), 3)).toBeNull()
    expect(seen(merged(window, told(200, [1, 1, 1]), 3))).toEqual([[200, 1], [201, 1], [202, 1]])
  })

  it('keep what waited when they were new', () => {
    const first = merged([], told(100, [1, 2, 3], 5), 3) ?? []
    const waited = merged(first, told(102, [3, 4], 7), 3)?.map(({ unsettled, oldestUnsettledMs }) => [unsettled, oldestUnsettledMs])
    expect(waited).toEqual([[null, null], [5, 50], [7, 70]])
  })

  it('add up', () => {
    expect(ratesOf([])).toBeNull()
    const point = { ...NONE, second: 1, unsettled: null, oldestUnsettledMs: null, won: 1, lost: 3, pending: 1, refused: 2, repeated: 1 }
    const rates = ratesOf([point, { ...point, second: 2, won: 2, lost: 2 }])
    expect(rates).toEqual({ drawsPerSecond: 5, refusedPerSecond: 2, peak: 5, winRate: 3 / 8, draws: 10, repeated: 2 })
    const refusals = [[{ code: 'A', count: 1 }], [{ code: 'B', count: 3 }, { code: 'A', count: 1 }]]
    expect(refusalsOf(refusals.map((some, second) => ({ ...point, second, refusals: some })))).toEqual([{ code: 'B', count: 3 }, { code: 'A', count: 2 }])
  })
})

describe('settlement', () => {
  it('is drawn as what waits, and how long the first has, each against an axis of its own', () => {
    const points = merged(merged([], told(100, [1, 2], 0), 2) ?? [], told(102, [3], 7), 2) ?? []
    const series = settlementOf(points, { waiting: 'Waiting', lag: 'The first, for', ms: 'ms' })
    expect(series.map(({ key, values, unit }) => [key, values, unit])).toEqual([['unsettled', [0, 7], undefined], ['lag', [0, 70], 'ms']])
    const words = { time: String, value: String }
    const { series: drawn, yAxis } = optionsOf([1, 2], series, words, () => '') as {
      series: Array<{ yAxisIndex: number }>; yAxis: Array<{ axisLabel: { formatter: (value: number) => string } }>
    }
    expect([drawn.map(({ yAxisIndex }) => yAxisIndex), yAxis.map(({ axisLabel }) => axisLabel.formatter(70))]).toEqual([[0, 1], ['70', '70 ms']])
    expect((optionsOf([1, 2], series.slice(0, 1), words, () => '') as { yAxis: unknown[] }).yAxis).toHaveLength(1)
  })
})

describe('the campaign above its live draws', () => {
  const shown = { status: 'ACTIVE', version: 4 } as const
  it.each([
    ['another operator’s pause', { status: 'PAUSED', version: 5 }, true], ['its end by the clock', { status: 'ENDED', version: 4 }, true],
    ['nothing new', shown, false], ['what is older than one’s own change', { status: 'PAUSED', version: 3 }, false],
  ] as const)('is read anew or not: %s', (_what, now, moved) => { expect(hasMoved(shown, now)).toBe(moved) })
})

describe('a draw that is tried', () => {
  it.each([
    [{ data: { draw: { replayed: true, draws: [{ outcome: 'WON' as const, prize: { name: 'Mug' } }] } } }, { kind: 'won', prize: 'Mug', replayed: true }],
    [{ data: { draw: { replayed: false, draws: [{ outcome: 'LOST' as const, prize: null }] } } }, { kind: 'lost', replayed: false }],
    [{ data: { draw: { replayed: false, draws: [{ outcome: null, prize: null }] } } }, { kind: 'pending', replayed: false }],
    [{ data: { draw: { code: 'SOLD_OUT' } } }, { kind: 'refused', code: 'SOLD_OUT' }],
    [{ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }, { kind: 'failed', code: 'UNAUTHENTICATED' }],
    [{}, { kind: 'failed', code: 'INTERNAL' }],
  ])('has its answer in words: %j', (body, answer) => { expect(answerOf(body)).toEqual(answer) })

  it('stands in code as it is, whatever the participant is called', () => {
    const call = { url: 'https://draws.example/graphql', campaignId: 'c-1', userId: `o'neil "\\` }
    const curl = asCurl(call, 'k-1')
    const body = /-d '(.*)'$/s.exec(curl)?.[1]?.replaceAll(`'\\''`, "'") ?? ''
    expect(JSON.parse(body)).toMatchObject({ variables: { input: { campaignId: 'c-1', userId: `o'neil "\\`, idempotencyKey: 'k-1' } } })
    expect(asTypeScript(call, 'once')).toContain(`draw('o\\'neil "\\\\', crypto.randomUUID())`)
  })
})
