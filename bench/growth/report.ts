import { machine, ms, row, table, times, whole } from '../markdown.js'
import { median } from '../measure.js'
import { type Point, plot } from '../plot.js'
import type { BulkCost, RoundCost } from './costs.js'
import { drawBytes, postgresBytes, type Sizes } from './sizes.js'

/** What was found at one size: of the installation that grew, and of a fresh one of the first size beside it, in turn. */
export interface Step {
  readonly size: number
  readonly fillSeconds: number
  readonly bulk: Readonly<Record<'grown' | 'beside', BulkCost>>
  readonly rounds: ReadonlyArray<Readonly<Record<'grown' | 'beside', RoundCost>>>
  /** Of the one that grew: empty, and at this size. */
  readonly empty: Sizes
  readonly sizes: Sizes
  readonly draws: number
}

export interface Growth {
  readonly command: string
  readonly seconds: number
  readonly roundCount: number
  readonly steps: readonly Step[]
  /** Why there are no more, where some were wanted. */
  readonly stopped: string | null
}

const BEND = 1.2
const INDEXES_SHOWN = 10

interface Found { readonly value: number; readonly ratio: number; readonly spread: readonly number[] }
interface Measure {
  readonly name: string
  readonly of: (step: Step) => Found
  readonly show: (value: number) => string
  readonly isRate: boolean
  /** Whose state grows, where it does. */
  readonly where: 'redis' | 'postgres' | 'process'
}

function inRounds(name: string, field: keyof RoundCost, where: Measure['where'], isRate = false): Measure {
  const of = ({ rounds }: Step): Found => {
    const spread = rounds.map(({ grown, beside }) => grown[field] / beside[field])
    return { value: median(rounds.map(({ grown }) => grown[field])), ratio: median(spread), spread }
  }
  return { name, where, isRate, of, show: field === 'p50Ms' ? ms : whole }
}

function inBulk(name: string, field: keyof BulkCost, where: Measure['where'], isRate = false): Measure {
  const of = ({ bulk: { grown, beside } }: Step): Found => ({ value: grown[field], ratio: grown[field] / beside[field], spread: [] })
  return { name, where, isRate, of, show: (value) => (value < 10 ? value.toFixed(2) : whole(value)) }
}

const API = [
  inRounds('API CPU µs a draw', 'apiMicros', 'process'), inRounds('Redis µs a draw', 'redisMicros', 'redis'), inRounds('p50 ms', 'p50Ms', 'process'),
]
const SETTLE = [
  inRounds('rows/s', 'settledPerSecond', 'postgres', true), inRounds('Postgres µs a row', 'settlePostgresMicros', 'postgres'),
  inRounds('settling process µs a row', 'settlerMicros', 'process'), inRounds('Redis µs a row', 'settleRedisMicros', 'redis'),
]
const BULK = [
  inBulk('draws/s', 'perSecond', 'postgres', true), inBulk('Postgres µs a draw', 'postgresMicros', 'postgres'),
  inBulk('Redis µs a draw', 'redisMicros', 'redis'), inBulk('worker µs a draw', 'workerMicros', 'process'),
]
const DONE = [
  inBulk('bytes of log a draw', 'logBytes', 'postgres'), inBulk('full pages logged a draw', 'fullPages', 'postgres'),
  inBulk('blocks read a draw', 'blocksRead', 'postgres'),
]
const PARTS = [['through the API', API], ['settlement', SETTLE], ['in bulk', BULK]] as const

const ratioText = (ratio: number) => (Number.isFinite(ratio) ? ratio.toFixed(2) : '–')
const power = (value: number) => value.toExponential().replace(/\.?0*e\+/, 'e')

function measures(title: string, all: readonly Measure[], steps: readonly Step[], about: string): string[] {
  const rows = steps.map((step) => row(power(step.size), ...all.flatMap(({ of, show }) => {
    const { value, ratio } = of(step)
    return [show(value), ratioText(ratio)]
  })))
  return [`## ${title}`, '', about, '', table(['draws and participants', ...all.flatMap(({ name }) => [name, '×'])], rows), '']
}

function sizeTables(steps: readonly Step[]): string[] {
  const perDraw = ({ empty, sizes, draws }: Step, of: (sizes: Sizes) => number) => whole((of(sizes) - of(empty)) / draws)
  const rows = steps.map((step) => row(
    power(step.size), perDraw(step, ({ redisBytes }) => redisBytes), perDraw(step, ({ aofBytes }) => aofBytes),
    perDraw(step, drawBytes), perDraw(step, postgresBytes),
    `${(step.sizes.redisBytes / 2 ** 30).toFixed(2)} GB`, `${(postgresBytes(step.sizes) / 2 ** 30).toFixed(2)} GB`,
  ))
  const largest = steps.at(-1)!.sizes.relations.slice(0, INDEXES_SHOWN)
  const bytesOf = ({ sizes }: Step, name: string) => sizes.relations.find((relation) => relation.name === name)?.bytes ?? 0
  return [
    '## Sizes', '', 'Bytes a draw, which is one of each participant. Redis is its memory, after settlement; Postgres as it is, not vacuumed for this.', '',
    table(['draws and participants', 'Redis', 'its append-only file', 'Postgres: draws and awards', 'Postgres: all', 'Redis in all', 'Postgres in all'], rows), '',
    'The largest tables and indexes, bytes a draw:', '',
    table(['', ...steps.map(({ size }) => power(size))], largest.map(({ name, isIndex }) =>
      row(`${isIndex ? 'index ' : ''}${name}`, ...steps.map((step) => whole(bytesOf(step, name) / step.draws))))), '',
  ]
}

/** What grew by more than a fifth, and what was seen to grow with it. */
function bends(steps: readonly Step[]): string[] {
  const found = steps.flatMap((step) => PARTS.flatMap(([part, all]) => all.flatMap(({ name, of, isRate, where }) => {
    const { ratio, spread } = of(step)
    const grew = isRate ? 1 / ratio : ratio
    if (!(grew > BEND)) return []
    const range = spread.length < 2 ? '' : ` (${ratioText(Math.min(...spread))} to ${ratioText(Math.max(...spread))})`
    return [row(power(step.size), `${part}: ${name}`, `${ratioText(ratio)}${range}`, evidence(step, where))]
  })))
  const bound = `${Math.round((BEND - 1) * 100)} %`
  if (found.length === 0) return ['## What bends', '', `Nothing by more than ${bound}.`, '']
  const about = `By more than ${bound}, against the installation of the first size beside it (in brackets: from round to round), and what was seen there.`
  return ['## What bends', '', about, '', table(['at', 'what', '×', 'seen'], found), '']
}

function evidence({ bulk: { grown, beside }, sizes }: Step, where: Measure['where']): string {
  const both = (name: string, field: keyof BulkCost) => `${name} ${beside[field].toFixed(2)} → ${grown[field].toFixed(2)}`
  switch (where) {
    case 'postgres':
      return [both('blocks read a draw', 'blocksRead'), both('full pages logged', 'fullPages'), `bytes of log × ${ratioText(grown.logBytes / beside.logBytes)}`].join(', ')
    case 'redis':
      return `${whole(sizes.redisKeys)} keys in ${whole(sizes.redisBytes / 2 ** 20)} MB`
    case 'process':
      return 'a process has nothing but bounded memories'
  }
}

/** At the first size both are alike: what differs there is not growth. */
function noise(steps: readonly Step[]): string {
  const ratios = [...API, ...SETTLE].map(({ of }) => of(steps[0]!).ratio).filter(Number.isFinite)
  return `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
}

export function reportOf({ command, seconds, roundCount, steps, stopped }: Growth): string {
  const first = power(steps[0]!.size)
  const tookMinutes = steps.map(({ size, fillSeconds }) => `${power(size)} after ${(fillSeconds / 60).toFixed(1)} min`).join(', ')
  return [
    '# What growth costs', '',
    `\`${command}\` on ${machine()}. One campaign of 8 buckets; every participant has drawn once, one draw in a hundred is won durably. The draws were made by the product's own way but for HTTP: DrawService and the decide script in this`,
    `process, settlement and both consumers of events in a worker, which were waited for (filled: ${tookMinutes}). At each size a fresh installation is filled to ${first} beside it, on a Postgres and a Redis of its own, and the two are measured in turn:`,
    `${times(roundCount, 'round')} of ${seconds} s. × is to that one, the median of each round's own; at ${first} both are of one size, so that what differs there (${noise(steps)}) is not growth.`, '',
    ...(stopped === null ? [] : [`**Stopped early**: ${stopped}`, '']),
    ...measures('A draw through the API', API, steps, 'By participants who have drawn before, picked at random, under 64 connections, one API process and nothing settled meanwhile.'),
    ...measures('Settlement', SETTLE, steps, 'Of those draws, in one process, without events.'),
    ...measures('In bulk', BULK, steps, 'The last part of each fill, until everything is settled and consumed; against the same of the installation beside it, a moment before or after. The log is Postgres\' write-ahead log.'),
    ...measures('What Postgres did for it', DONE, steps, 'Of the same part.'),
    '![cost](plots/growth.svg)', '', ...sizeTables(steps), ...bends(steps),
  ].join('\n')
}

export function plotOf({ steps }: Growth): string {
  const line = ({ name, of }: Measure, more: string) => ({ name: `${more}: ${name.replace(/ µs.*/, '')}`, points: steps.map((step): Point => ({ x: step.size, y: of(step).value })) })
  return plot({
    title: 'µs a draw, by draws and participants', xLabel: 'draws and participants', yLabel: 'µs a draw', logX: true,
    lines: [line(API[0]!, 'API'), line(API[1]!, 'API'), line(SETTLE[1]!, 'settle'), line(BULK[1]!, 'all')],
  })
}
