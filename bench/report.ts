import { machine, ms, row, table, whole } from './markdown.js'
import { median } from './measure.js'
import type { LoadResult } from './load.js'
import type { Round } from './player.js'
import type { Distribution } from './prometheus.js'
import type { Probed } from './servers/child.js'

export interface Facts {
  readonly isQuick: boolean
  readonly roundCount: number
  readonly seconds: number
  readonly connections: number
  readonly users: number
  /** By system, of all processes together. */
  readonly settledRounds: ReadonlyMap<string, readonly Round[]>
  /** By system, of one API process. */
  readonly accepted: ReadonlyMap<string, readonly Round[]>
  readonly replays: readonly Round[]
  readonly soldOut: readonly Round[]
  /** Visits to Redis while all of `soldOut` was refused; null: not told. */
  readonly soldOutVisits: number | null
  /** Draws that repeats were decided as, which should be none. */
  readonly decidedAnew: number
  readonly sweep: ReadonlyArray<{ readonly connections: number } & Readonly<Record<'product' | 'limit', readonly LoadResult[]>>>
  /** Bytes a draw, of so many drawn by the product alone. */
  readonly footprint: Readonly<Record<'drawn' | 'redis' | 'postgresDraws' | 'postgres' | 'log', number>>
  readonly settlementLag: Distribution | null
  readonly eventLag: Distribution | null
}

export const PRODUCT = 'Drawbridge'
export const LIMIT = 'the limit'
export const LOCKING = 'row locks'
export const QUEUED = 'a job a draw'

const GOALS = { decide: 0.75, locking: 20, queued: 5, repeatsCaught: 0.99998, eventMs: 100 }

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0)
const middle = (rounds: readonly Round[], of: (round: Round) => number): number => median(rounds.map(of))

/** µs of all that served it; null where the servers' part is not known. */
function cpuOf({ byProcess, servers }: Round): number | null {
  return servers === null ? null : sum([...byProcess.values()].map(({ cpuMicros }) => cpuMicros)) + servers.redis + servers.postgres
}

const settledPerCoreSecond = (round: Round): number => (round.result.counted / (cpuOf(round) ?? NaN)) * 1e6

/** Round by round, so that what the machine did meanwhile meets both. */
const ratio = (rounds: readonly Round[], others: readonly Round[], of: (round: Round) => number): number =>
  median(rounds.map((round, n) => of(round) / of(others[n]!)))

export function headText({ isQuick, roundCount, seconds, connections, users }: Facts): string {
  return [
    '# What Drawbridge does in a second', '',
    `\`npm run bench${isQuick ? ' -- --quick' : ''}\` on ${machine()}. Everything, the load too, shares these cores; so what counts are the`,
    `ratios. ${roundCount} rounds of ${seconds} s each, the systems in turn within each; medians, and ratios are medians of each round's own. ${connections} connections, ${whole(users)} participants,`,
    'a new key each draw, one draw in a hundred won durably, an API key, telemetry on. The load is autocannon.', '',
    `**${LIMIT}**: node:http and ioredis with automatic pipelining, the same script with the same arguments, and nothing else. **${LOCKING}**: NestJS, Apollo and Prisma, one`,
    `transaction a draw with SELECT … FOR UPDATE. **${QUEUED}**: the same, but Redis remembers keys, quotas and stock, and one Bull job a draw is one Prisma insert.`,
  ].join('\n')
}

export function goalsText(facts: Facts): string {
  const own = facts.settledRounds.get(PRODUCT)!
  const found = [
    ['accepted draws, of the limit', ratio(facts.accepted.get(PRODUCT)!, facts.accepted.get(LIMIT)!, ({ result }) => result.perSecond), GOALS.decide],
    [`settled draws a core-second, to ${LOCKING}`, ratio(own, facts.settledRounds.get(LOCKING)!, settledPerCoreSecond), GOALS.locking],
    [`settled draws a core-second, to ${QUEUED}`, ratio(own, facts.settledRounds.get(QUEUED)!, settledPerCoreSecond), GOALS.queued],
  ] as const
  const repeats = sum(facts.replays.map(({ result }) => result.counted))
  const caught = 1 - facts.decidedAnew / repeats
  const eventMs = (facts.eventLag?.p50 ?? NaN) * 1_000
  const verdict = (isMet: boolean) => (isMet ? 'met' : '**not met**')
  return table(['goal', 'found', 'wanted', ''], [
    ...found.map(([what, is, wanted]) => row(what, is.toFixed(2), `≥ ${wanted}`, verdict(is >= wanted))),
    row(`repeats caught, of ${whole(repeats)}`, `${(caught * 100).toFixed(4)} %`, `≥ ${GOALS.repeatsCaught * 100} %`, verdict(caught >= GOALS.repeatsCaught)),
    row('from commit to consumer, p50 ms, under the full load', whole(eventMs), `≤ ${GOALS.eventMs}`, verdict(eventMs <= GOALS.eventMs)),
  ])
}

export function settledTable({ settledRounds }: Facts): string {
  const rows = [...settledRounds].map(([name, rounds]) => {
    const parts = [...rounds[0]!.byProcess.keys()].map((part) => `${part} ${whole(middle(rounds, ({ byProcess, result }) => byProcess.get(part)!.cpuMicros / result.counted))}`)
    const server = (which: 'redis' | 'postgres') => `${which} ${whole(middle(rounds, ({ servers, result }) => (servers?.[which] ?? NaN) / result.counted))}`
    return row(
      name, whole(middle(rounds, ({ result }) => result.perSecond)),
      whole(middle(rounds, ({ result, settledSeconds }) => result.counted / settledSeconds!)),
      whole(middle(rounds, settledPerCoreSecond)), [...parts, server('redis'), server('postgres')].join(', '),
      ms(middle(rounds, ({ result }) => result.latencyMs.p50)), ms(middle(rounds, ({ result }) => result.latencyMs.p99)),
    )
  })
  return `## Settled draws, all processes and cores counted\n\n${table(['', 'accepted/s', 'settled/s', 'settled a core-second', 'CPU µs a draw', 'p50 ms', 'p99 ms'], rows)}`
}

export function decideTable({ accepted, replays, soldOut, soldOutVisits }: Facts): string {
  const line = (name: string, rounds: readonly Round[]) => {
    const latency = (which: keyof LoadResult['latencyMs']) => ms(middle(rounds, ({ result }) => result.latencyMs[which]))
    const process = ({ byProcess }: Round) => [...byProcess.values()][0]!
    const perDraw = (of: (probed: Probed) => number) => middle(rounds, (round) => of(process(round)) / round.result.counted)
    const longest = (of: (probed: Probed) => number) => middle(rounds, (round) => of(process(round)))
    return row(
      name, whole(middle(rounds, ({ result }) => result.perSecond)), latency('p50'), latency('p95'), latency('p99'), latency('p999'),
      whole(perDraw(({ cpuMicros }) => cpuMicros)),
      whole(middle(rounds, ({ servers, result }) => (servers?.redis ?? NaN) / result.counted)),
      (perDraw(({ allocatedBytes }) => allocatedBytes) / 1_024).toFixed(1), perDraw(({ gcMs }) => gcMs * 1_000).toFixed(1),
      longest(({ gcPauseMaxMs }) => gcPauseMaxMs).toFixed(1), longest(({ loopDelayP99Ms }) => loopDelayP99Ms).toFixed(1),
    )
  }
  const head = ['', 'per second', 'p50 ms', 'p95', 'p99', 'p99.9', 'CPU µs', 'Redis µs', 'kB allocated', 'GC µs', 'longest GC ms', 'loop delay p99 ms']
  const rows = [...[...accepted].map(([name, rounds]) => line(name, rounds)), line('repeats of known keys', replays), line('refused, sold out', soldOut)]
  const visits = soldOutVisits === null ? '' : `\n\nWhile it refused what is sold out, it asked Redis ${whole(soldOutVisits)} times in all.`
  return `## One API process, nothing settled meanwhile\n\nPer draw:\n\n${table(head, rows)}${visits}`
}

export function sweepTable({ sweep }: Facts): string {
  const rows = sweep.map(({ connections, product, limit }) => {
    const middle = (results: readonly LoadResult[], of: (result: LoadResult) => number) => median(results.map(of))
    const cells = (results: readonly LoadResult[]) => [
      whole(middle(results, ({ perSecond }) => perSecond)),
      ms(middle(results, ({ latencyMs }) => latencyMs.p50)), ms(middle(results, ({ latencyMs }) => latencyMs.p99)),
    ]
    const refused = middle(product, ({ counted, others }) => {
      const not = sum(others.values())
      return not / (counted + not)
    })
    const ratio = median(product.map(({ perSecond }, n) => perSecond / limit[n]!.perSecond))
    return row(String(connections), ...cells(product), `${(refused * 100).toFixed(1)} %`, ...cells(limit), ratio.toFixed(2))
  })
  const head = ['connections', `${PRODUCT}/s`, 'p50 ms', 'p99 ms', 'refused', `${LIMIT}/s`, 'p50 ms', 'p99 ms', 'ratio']
  return `## By connections\n\n![throughput](plots/throughput.svg)\n\n${table(head, rows)}`
}

export function lagTable({ settlementLag, eventLag }: Facts): string {
  const line = (name: string, found: Distribution | null) =>
    row(name, ms((found?.p50 ?? NaN) * 1_000), ms((found?.p99 ?? NaN) * 1_000), found === null ? '0' : whole(found.count))
  return `## Lag under the full load\n\nAs the product's own histograms tell it, between two of their bounds in proportion.\n\n${table(['', 'p50 ms', 'p99 ms', 'observed'], [
    line('decision to settled row', settlementLag), line('commit to consumer', eventLag),
  ])}`
}

export function footprintText({ footprint: { drawn, redis, postgresDraws, postgres, log } }: Facts): string {
  return `## Size\n\nOver ${whole(drawn)} draws of the product alone, bytes a draw: ${whole(redis)} in Redis (its memory, after settlement), ${whole(postgresDraws)} in Postgres for draws and awards with their indexes, ${whole(postgres)} for all of its tables (consumers' memories and counts of risk besides, which are deleted after their time), and ${whole(log)} of write-ahead log.`
}
