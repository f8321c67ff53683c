import { load } from './load.js'
import { table, times, row } from './markdown.js'
import { median } from './measure.js'
import { QUERY } from './player.js'
import type { CallersOptions, CallersResult } from './servers/callers.js'
import { Child } from './servers/child.js'
import type { System } from './world.js'

const GOAL = 1.2
/** Some 150 draws a second, whatever they take. */
const STEADY = { callers: 8, pauseMs: 50, users: 400 }
const WARM_UP_SECONDS = 4
/** A rush outlasts who is measured beside it, who takes a moment to start. */
const RUSH_SECONDS_MORE = 30

/** A tenant's rush: how many ask at once, and what. */
export interface Rush { readonly system: System; readonly connections: number; readonly body: () => string }

export interface NeighboursOptions {
  /** The tenant that draws steadily. */
  readonly steady: System
  /** Of another tenant: of the same process, and of another installation on this machine. */
  readonly rushes: ReadonlyMap<string, Rush>
  readonly rounds: number
  readonly seconds: number
  /** Until nothing of what was drawn before is still to be done. */
  readonly quiet: () => Promise<void>
}

export const callersOf = (options: CallersOptions): Promise<CallersResult> =>
  Child.ask<CallersResult>({ script: new URL('servers/callers.ts', import.meta.url), args: [JSON.stringify(options)] })

const draw = (campaignId: string) => JSON.stringify({ query: QUERY, variables: { input: { campaignId, userId: 'USER', idempotencyKey: 'KEY' } } })

function steadily({ url, headers, campaignId }: System, seconds: number): Promise<CallersResult> {
  return callersOf({ url, headers, seconds, body: draw(campaignId), ...STEADY })
}

function rushFor(seconds: number, { system: { url, headers }, connections, body }: Rush, signal?: AbortSignal) {
  return load({ url, headers, connections, seconds, body, counts: 'DrawAccepted', ...(signal === undefined ? {} : { signal }) })
}

/** Infinity where none was answered so. */
export const quantileOf = (found: CallersResult, share: number, of: 'tookMs' | 'othersTookMs' = 'tookMs'): number =>
  found[of].toSorted((a, b) => a - b)[Math.floor(found[of].length * share)] ?? Infinity

/** One tenant draws steadily: alone, beside another's rush, and beside the same rush on the same machine that is no business of its process. */
export async function besideRushes({ steady, rushes, rounds, seconds, quiet }: NeighboursOptions): Promise<string> {
  const none: readonly [string, Rush | null] = ['alone', null]
  const cases: ReadonlyArray<readonly [string, Rush | null]> = [none, ...rushes]
  const found = new Map<string, CallersResult[]>(cases.map(([name]) => [name, []]))
  // Every participant's first draw, which has a lane of its own, is behind it.
  await steadily(steady, WARM_UP_SECONDS)
  for (const rush of rushes.values()) await rushFor(WARM_UP_SECONDS, rush)
  for (let n = 0; n < rounds; n++) {
    for (const [name, rush] of n % 2 === 0 ? cases : cases.toReversed()) {
      await quiet()
      const over = new AbortController()
      const rushing = rush === null ? null : rushFor(seconds + RUSH_SECONDS_MORE, rush, over.signal)
      const result = await steadily(steady, seconds)
      over.abort()
      await rushing
      found.get(name)!.push(result)
      process.stderr.write(`  round ${n + 1} of ${rounds}, ${name}: p99 ${quantileOf(result, 0.99).toFixed(1)} ms of ${result.answered}\n`)
    }
  }
  return reportOf(found, seconds)
}

function reportOf(found: ReadonlyMap<string, readonly CallersResult[]>, seconds: number): string {
  const alone = found.get('alone')!
  const rows = [...found].map(([name, results]) => {
    const middle = (of: (result: CallersResult) => number) => median(results.map(of))
    const moved = (share: number) => median(results.map((result, n) => quantileOf(result, share) / quantileOf(alone[n]!, share)))
    const refused = middle(({ others, answered }) => {
      const not = Object.values(others).reduce((sum, count) => sum + count, 0)
      return not / (not + answered)
    })
    return row(
      name, (middle(({ answered }) => answered) / seconds).toFixed(0),
      middle((result) => quantileOf(result, 0.5)).toFixed(1), middle((result) => quantileOf(result, 0.99)).toFixed(1),
      moved(0.5).toFixed(2), moved(0.99).toFixed(2), `${(refused * 100).toFixed(2)} %`,
    )
  })
  const [rush] = [...found.keys()].filter((name) => name !== 'alone')
  const ratio = median(found.get(rush!)!.map((result, n) => quantileOf(result, 0.99) / quantileOf(alone[n]!, 0.99)))
  return [
    '## One tenant beside another\'s rush', '',
    `A tenant whose ${STEADY.callers} callers draw steadily, each ${STEADY.pauseMs} ms after its last answer, in a process of their own: alone, and beside another tenant's rush. ${times(alone.length, 'round')} of ${seconds} s each, in turn;`,
    'medians, and ratios are medians of each round\'s own. The same rush on another installation beside it shows what the shared machine does without the product.', '',
    table(['', 'draws/s', 'p50 ms', 'p99 ms', 'p50 moved', 'p99 moved', 'not answered with draws'], rows), '',
    `p99 moved by ${ratio.toFixed(2)}; wanted ≤ ${GOAL}: ${ratio <= GOAL ? 'met' : '**not met**'}.`, '',
  ].join('\n')
}
