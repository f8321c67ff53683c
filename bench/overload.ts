import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { load } from './load.js'
import { machine, row, table, times, whole } from './markdown.js'
import { median } from './measure.js'
import { Player, QUERY } from './player.js'
import { besideRushes, callersOf, quantileOf } from './neighbours.js'
import type { CallersResult } from './servers/callers.js'
import { headersOf, type System } from './world.js'
import { withWorlds } from './worlds.js'

// npm run bench:overload: the product with everything in one process, asked by five times as many as it needs to be busy.
const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 1 : 5
const SECONDS = isQuick ? 5 : 10
const NEIGHBOUR_ROUNDS = isQuick ? 1 : 5
const FACTOR = 5
const QUIET_SECONDS = 2
const VIP_PAUSE_MS = 20
const BUSY = 64
/** More at once may bring more: the peak is the best of these. */
const PEAK_CONNECTIONS = [BUSY, BUSY * 2.5]
const VIPS = 2
const USERS = 2_000
const GOALS = { goodput: 0.9, admittedMs: 120, priorityMs: 50, refusedMs: 20, otherPerMillion: 20 }
const REFUSAL = /^(?:503|429)(?: OVERLOADED| RATE_LIMITED)?$/

let key = 0
const ask = (campaignId: string, userId: string, idempotencyKey: string, tier?: string) => JSON.stringify({
  query: QUERY, variables: { input: { campaignId, userId, idempotencyKey, ...(tier === undefined ? {} : { participant: { tier } }) } },
})
const bodyOf = (campaignId: string) => () => ask(campaignId, `user-${key % USERS}`, `overload-${process.pid}-${key++}`)

/** What became of all callers together, VIPs apart. */
interface Crowd {
  readonly drawsPerSecond: number
  readonly refusedPerSecond: number
  readonly admittedMs: Quantiles
  readonly refusedMs: Quantiles
  readonly vipMs: Quantiles
  readonly otherPerMillion: number
}
interface Quantiles { readonly p50: number; readonly p99: number }
interface Round { readonly peak: number; readonly crowds: ReadonlyMap<string, Crowd> }

type Answers = Readonly<{ answered: number; others: ReadonlyArray<readonly [string, number]>; tookMs: Quantiles; othersTookMs: Quantiles }>

const quantilesOf = (found: CallersResult, of: 'tookMs' | 'othersTookMs' = 'tookMs'): Quantiles =>
  found[of].length === 0 ? { p50: 0, p99: 0 } : { p50: quantileOf(found, 0.5, of), p99: quantileOf(found, 0.99, of) }
const total = (others: Answers['others']) => others.reduce((sum, [, count]) => sum + count, 0)

/** Each asks again as soon as it is answered, however. */
async function askAtOnce({ url, headers, campaignId }: System): Promise<Answers> {
  const { counted, others, latencyMs, otherLatencyMs } =
    await load({ url, headers, seconds: SECONDS, counts: 'DrawAccepted', connections: BUSY * FACTOR, body: bodyOf(campaignId) })
  return { answered: counted, others: [...others], tookMs: latencyMs, othersTookMs: otherLatencyMs }
}

/** Each asks again as soon as it has its draw, and after a refusal when it was told to. */
async function askAsTold({ url, headers, campaignId }: System): Promise<Answers> {
  const body = ask(campaignId, 'USER', 'KEY')
  const callers = BUSY * FACTOR
  const found = await callersOf({ url, headers, callers, seconds: SECONDS, body, users: USERS, pauseMs: 0, waitAsTold: true })
  return { answered: found.answered, others: Object.entries(found.others), tookMs: quantilesOf(found), othersTookMs: quantilesOf(found, 'othersTookMs') }
}

const CROWDS: ReadonlyArray<readonly [string, (system: System) => Promise<Answers>]> = [['at once', askAtOnce], ['as they are told', askAsTold]]

async function crowd(system: System, press: (system: System) => Promise<Answers>): Promise<Crowd> {
  const { url, headers, campaignId } = system
  const [all, vip] = await Promise.all([
    press(system),
    callersOf({ url, headers, callers: VIPS, seconds: SECONDS, body: ask(campaignId, 'USER', 'KEY', 'VIP'), pauseMs: VIP_PAUSE_MS }),
  ])
  const others = [...all.others, ...Object.entries(vip.others)]
  const errors = total(others.filter(([what]) => !REFUSAL.test(what)))
  return {
    drawsPerSecond: (all.answered + vip.answered) / SECONDS, refusedPerSecond: (total(others) - errors) / SECONDS,
    admittedMs: all.tookMs, refusedMs: all.othersTookMs, vipMs: quantilesOf(vip),
    otherPerMillion: (errors / (all.answered + vip.answered + total(others))) * 1e6,
  }
}

/** Until nothing waits to be settled: what one crowd leaves is not to be paid for by the next. */
async function quiet({ metricsUrl }: System): Promise<void> {
  for (let empty = 0; empty < QUIET_SECONDS;) {
    await sleep(1_000)
    const text = await (await fetch(metricsUrl!)).text()
    empty = /^drawbridge_settlement_backlog_entries 0$/m.test(text) ? empty + 1 : 0
  }
}

async function round(system: System, crowdsFirst: boolean): Promise<Round> {
  const { url, headers, campaignId } = system
  const peaks: number[] = []
  const crowds = new Map<string, Crowd>()
  const measurePeaks = async () => {
    for (const connections of PEAK_CONNECTIONS) {
      await quiet(system)
      peaks.push((await load({ url, headers, connections, seconds: SECONDS, body: bodyOf(campaignId), counts: 'DrawAccepted' })).perSecond)
    }
  }
  if (!crowdsFirst) await measurePeaks()
  for (const [name, press] of crowdsFirst ? CROWDS.toReversed() : CROWDS) {
    await quiet(system)
    crowds.set(name, await crowd(system, press))
  }
  if (crowdsFirst) await measurePeaks()
  const peak = Math.max(...peaks)
  process.stderr.write(`  peak ${Math.round(peak)}; ${[...crowds].map(([name, { drawsPerSecond, vipMs }]) =>
    `${name}: ${Math.round(drawsPerSecond)} draws/s, VIPs ${vipMs.p50.toFixed(0)} and ${vipMs.p99.toFixed(0)} ms`).join('; ')}\n`)
  return { peak, crowds }
}

const verdict = (found: number, wanted: number, isLeast: boolean) => ((isLeast ? found >= wanted : found <= wanted) ? 'met' : '**not met**')

function report(rounds: readonly Round[]): string {
  const middle = (name: string, of: (crowd: Crowd, round: Round) => number) => median(rounds.map((one) => of(one.crowds.get(name)!, one)))
  const goals: ReadonlyArray<readonly [string, (crowd: Crowd, round: Round) => number, number, boolean]> = [
    ['goodput, of the peak', ({ drawsPerSecond }, { peak }) => drawsPerSecond / peak, GOALS.goodput, true],
    ['admitted, p99 ms', ({ admittedMs }) => admittedMs.p99, GOALS.admittedMs, false],
    ['PRIORITY, p99 ms', ({ vipMs }) => vipMs.p99, GOALS.priorityMs, false],
    ['refused, p99 ms', ({ refusedMs }) => refusedMs.p99, GOALS.refusedMs, false],
    ['other errors, per million', ({ otherPerMillion }) => otherPerMillion, GOALS.otherPerMillion, false],
  ]
  const shown: ReadonlyArray<readonly [string, (crowd: Crowd) => number]> = [
    ['draws/s', ({ drawsPerSecond }) => drawsPerSecond], ['refusals/s', ({ refusedPerSecond }) => refusedPerSecond],
    ['admitted, p50 ms', ({ admittedMs }) => admittedMs.p50], ['PRIORITY, p50 ms', ({ vipMs }) => vipMs.p50], ['refused, p50 ms', ({ refusedMs }) => refusedMs.p50],
  ]
  const names = CROWDS.map(([name]) => name)
  const rows = [
    ...goals.map(([what, of, wanted, isLeast]) => row(what, `${isLeast ? '≥' : '≤'} ${wanted}`, ...names.flatMap((name) => {
      const found = middle(name, of)
      return [found.toFixed(2), verdict(found, wanted, isLeast)]
    }))),
    ...shown.map(([what, of]) => row(what, '', ...names.flatMap((name) => [whole(middle(name, of)), '']))),
  ]
  return [
    '# Five times too much', '',
    `\`npm run bench:overload${isQuick ? ' -- --quick' : ''}\` on ${machine()}: one process that draws and settles. Its peak: the better of ${PEAK_CONNECTIONS.join(' and ')} callers who each ask again as soon as they`,
    `have their answer. Then ${BUSY * FACTOR}, ${FACTOR} times as many as keep it busy, for ${SECONDS} s, and ${VIPS} VIPs besides: once all ask again at once, however they were refused; once those who were refused wait as long as`,
    `\`Retry-After\` says (as \`npm run rush\` does). ${times(rounds.length, 'round')}, each crowd once everything is settled, every other round in the other order; medians. The load shares the machine's two cores, and what it waits for itself is in its latencies.`, '',
    `Peak ${whole(median(rounds.map(({ peak }) => peak)))} draws/s.`, '',
    table(['', 'wanted', ...names.flatMap((name) => [`asked again ${name}`, ''])], rows), '',
  ].join('\n')
}

await withWorlds(async (open) => {
  const world = await open()
  const campaignId = await world.campaign()
  const tenant = await world.anotherTenant()
  const steadyId = await world.campaign({}, tenant)
  await world.campaignsAreMade()
  const system = await world.product('Drawbridge', campaignId, 'all')
  const player = new Player(world, system)
  await player.play('DrawAccepted', player.fresh, 5)
  // Every participant's first draw is behind it.
  await load({ url: system.url, headers: system.headers, connections: BUSY, amount: USERS * 2, body: bodyOf(campaignId), counts: 'DrawAccepted' })
  const rounds: Round[] = []
  for (let n = 0; n < ROUNDS; n++) rounds.push(await round(system, n % 2 === 1))

  const elsewhere = await open()
  const elsewhereId = await elsewhere.campaign()
  await elsewhere.campaignsAreMade()
  const other = await elsewhere.product('another installation', elsewhereId, 'all')
  const rush = (on: System) => ({ system: on, connections: BUSY * FACTOR, body: bodyOf(on.campaignId) })
  const neighbours = await besideRushes({
    steady: { ...system, headers: headersOf(tenant), campaignId: steadyId },
    rushes: new Map([['beside a rush on its process', rush(system)], ['beside a rush on another installation', rush(other)]]),
    rounds: NEIGHBOUR_ROUNDS, seconds: SECONDS, quiet: async () => { for (const one of [system, other]) await quiet(one) },
  })
  const text = `${report(rounds)}\n${neighbours}`
  if (!isQuick) await writeFile(fileURLToPath(new URL('overload.md', import.meta.url)), text)
  console.log(text)
  for (const one of [system, other]) await one.stop()
})
