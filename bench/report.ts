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
  readonly sweep: ReadonlyArray<{ readonly connections: number; readonly product: LoadResult; readonly limit: LoadResult }>
  readonly drawn: number
  readonly redisBytes: number
  readonly postgresBytes: number
  readonly settlementLag: Distribution | null
  readonly eventLag: Distribution | null
}

export const PRODUCT = 'Drawbridge'
export const LIMIT = 'the limit'
export const LOCKING = 'row locks'
export const QUEUED = 'a job a draw'

const GOALS = { decide: 0.75, locking: 20, queued: 5 }

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
  return table(['goal', 'found', 'wanted', ''], found.map(([what, is, wanted]) => row(what, is.toFixed(2), `≥ ${wanted}`, is >= wanted ? 'met' : '**not met**')))
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
  const rows = sweep.map(({ connections, product, limit }) => row(
    String(connections), whole(product.perSecond), ms(product.latencyMs.p50), ms(product.latencyMs.p99),
    whole(limit.perSecond), ms(limit.latencyMs.p50), ms(limit.latencyMs.p99), (product.perSecond / limit.perSecond).toFixed(2),
  ))
  const head = ['connections', `${PRODUCT}/s`, 'p50 ms', 'p99 ms', `${LIMIT}/s`, 'p50 ms', 'p99 ms', 'ratio']
  return `## By connections\n\n![throughput](plots/throughput.svg)\n\n${table(head, rows)}`
}

export function lagTable({ settlementLag, eventLag }: Facts): string {
  const line = (name: string, found: Distribution | null) =>
    row(name, found === null ? '–' : `≤ ${found.p50 * 1_000}`, found === null ? '–' : `≤ ${found.p99 * 1_000}`, found === null ? '0' : whole(found.count))
  return `## Lag under the full load\n\n${table(['', 'p50 ms', 'p99 ms', 'observed'], [
    line('decision to settled row', settlementLag), line('commit to consumer', eventLag),
  ])}`
}

export function footprintText({ redisBytes, postgresBytes, drawn }: Facts): string {
  return `## Size\n\nOver ${whole(drawn)} draws: ${whole(redisBytes)} bytes a draw in Redis (its memory, after settlement), ${whole(postgresBytes)} bytes a draw in Postgres (draws and awards with their indexes).`
}
