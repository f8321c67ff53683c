import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { bucketKeys } from '../src/platform/redis/keys.js'
import { asOwner } from '../test/support/database.js'
import { load, type LoadResult } from './load.js'
import { machine, ms, row, table, times, whole } from './markdown.js'
import { median } from './measure.js'
import { CONNECTIONS, Player } from './player.js'
import { type Point, plot } from './plot.js'
import { againstPlainInserts } from './plain-inserts.js'
import type { System, World } from './world.js'
import { withWorlds } from './worlds.js'

// npm run bench:settlement: how far settlement is behind the decisions, under a steady load and under bursts of the same mean; and what it writes.
const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 1 : 5
const SECONDS = isQuick ? 6 : 20
const PERIOD_SECONDS = isQuick ? 3 : 5
const PEAK_SECONDS = isQuick ? 3 : 6
const SHARE_OF_PEAK = 0.5
const SAMPLE_MS = 100
const SETTLED_MS_MAX = 180_000
const PLAIN_ROWS = isQuick ? 3_000 : 20_000

interface Round {
  readonly answers: readonly LoadResult[]
  readonly accepted: number
  /** From the first request: until the last answer, and until the last row. */
  readonly answeredSeconds: number
  readonly settledSeconds: number
  /** Entries in the streams, by seconds from the first request. */
  readonly backlog: readonly Point[]
  readonly lagMs: Readonly<Record<'p50' | 'p99' | 'max', number>>
}

const say = (line: string) => { process.stderr.write(`${line}\n`) }
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Looks at the streams until it is told to stop. */
function watch(world: World, campaignId: string, began: number): { stop(): Promise<Point[]> } {
  const place = world.snapshot(campaignId)
  const streams = Array.from({ length: place.bucketCount }, (_, bucket) => bucketKeys(place, place.epoch, bucket).stream)
  const points: Point[] = []
  let stopped = false
  const looking = (async () => {
    while (!stopped) {
      const lengths = await Promise.all(streams.map((stream) => world.redis.xlen(stream)))
      points.push({ x: (performance.now() - began) / 1_000, y: sum(lengths) })
      await sleep(SAMPLE_MS)
    }
  })()
  return { stop: async () => { stopped = true; await looking; return points } }
}

/** From the decision, by Redis' clock, to the beginning of the transaction that settled it, by Postgres': one machine's both. */
async function lagOf(world: World, campaignId: string, sinceMs: number): Promise<Round['lagMs']> {
  const { rows } = await asOwner(world.databaseUrl, (client) => client.query<{ lag: number[] }>(
    `SELECT percentile_disc(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY 1000 * extract(epoch FROM settled_at - created_at)::float8) AS lag
     FROM draw WHERE campaign_id = $1 AND state = 'SETTLED' AND created_at >= to_timestamp($2::float8 / 1000)`, [campaignId, sinceMs]))
  const [p50 = NaN, p99 = NaN, max = NaN] = rows[0]!.lag.map((lag) => Math.max(0, lag))
  return { p50, p99, max }
}

async function settled(system: System, count: number): Promise<void> {
  for (const deadline = performance.now() + SETTLED_MS_MAX; (await system.settled()) < count; await sleep(25)) {
    if (performance.now() > deadline) throw new Error(`Not all of ${count} draws were settled after ${SETTLED_MS_MAX} ms`)
  }
}

async function round(world: World, player: Player, press: (player: Player) => Promise<LoadResult[]>): Promise<Round> {
  const { system } = player
  const before = await system.settled()
  const sinceMs = Date.now()
  const began = performance.now()
  const watching = watch(world, system.campaignId, began)
  const answers = await press(player)
  const answeredSeconds = (performance.now() - began) / 1_000
  const accepted = sum(answers.map(({ counted }) => counted))
  await settled(system, before + accepted)
  const settledSeconds = (performance.now() - began) / 1_000
  const backlog = await watching.stop()
  return { answers, accepted, answeredSeconds, settledSeconds, backlog, lagMs: await lagOf(world, system.campaignId, sinceMs) }
}

const common = ({ system: { url, headers }, fresh }: Player) => ({ url, headers, body: fresh, counts: 'DrawAccepted', connections: CONNECTIONS })

/** So many a second, evenly. */
const steadily = (perSecond: number) => async (player: Player) => [await load({ ...common(player), seconds: SECONDS, perSecond })]

/** As many in all, each period's at once. */
const inBursts = (perSecond: number) => async (player: Player) => {
  const answers: LoadResult[] = []
  const began = performance.now()
  for (let n = 0; n < SECONDS / PERIOD_SECONDS; n++) {
    await sleep(Math.max(0, began + n * PERIOD_SECONDS * 1_000 - performance.now()))
    answers.push(await load({ ...common(player), amount: Math.round(perSecond * PERIOD_SECONDS) }))
  }
  // The silence after the last one is part of its period.
  await sleep(Math.max(0, began + SECONDS * 1_000 - performance.now()))
  return answers
}

function line(name: string, rounds: readonly Round[]): string {
  const middle = (of: (one: Round) => number) => median(rounds.map(of))
  const most = ({ backlog }: Round) => Math.max(...backlog.map(({ y }) => y))
  const longest = ({ answers }: Round) => Math.max(...answers.map(({ latencyMs }) => latencyMs.p99))
  return row(
    name, whole(middle(({ accepted, answeredSeconds }) => accepted / answeredSeconds)),
    whole(middle(({ accepted, settledSeconds }) => accepted / settledSeconds)),
    ms(middle(({ lagMs }) => lagMs.p50)), ms(middle(({ lagMs }) => lagMs.p99)), ms(middle(({ lagMs }) => lagMs.max)),
    whole(middle(({ backlog }) => median(backlog.map(({ y }) => y)))), whole(middle(most)),
    middle(({ settledSeconds, answeredSeconds }) => settledSeconds - answeredSeconds).toFixed(2),
    ms(middle(({ answers }) => median(answers.map(({ latencyMs }) => latencyMs.p50)))), ms(middle(longest)),
    whole(sum(rounds.flatMap(({ answers }) => answers.flatMap(({ others }) => [...others.values()])))),
  )
}

async function keep(text: string, lines: ReadonlyMap<string, Round>): Promise<void> {
  const folder = new URL('./', import.meta.url)
  await mkdir(new URL('plots/', folder), { recursive: true })
  await writeFile(fileURLToPath(new URL('plots/backlog.svg', folder)), plot({
    title: 'Entries that wait for settlement, over time', xLabel: 'seconds', yLabel: 'entries',
    lines: [...lines].map(([name, { backlog }]) => ({ name, points: backlog })),
  }))
  await writeFile(fileURLToPath(new URL('settlement.md', folder)), text)
}

await withWorlds(async (open) => {
  const world = await open()
  const campaigns = [await world.campaign(), await world.campaign(), await world.campaign()] as const
  await world.campaignsAreMade()
  const system = await world.product('Drawbridge', campaigns[0], 'all')
  const [first, steady, bursty] = campaigns.map((campaignId, n) =>
    new Player(world, { ...system, campaignId, name: `settlement-${n}`, settled: () => world.settledOf(campaignId) }))
  await first!.play('DrawAccepted', first!.fresh, PEAK_SECONDS, CONNECTIONS, true)
  const { result, settledSeconds } = await first!.play('DrawAccepted', first!.fresh, PEAK_SECONDS, CONNECTIONS, true)
  const peak = result.counted / settledSeconds!
  const perSecond = Math.max(1, Math.round(peak * SHARE_OF_PEAK))
  say(`${whole(peak)} settled draws/s without a pause; the rounds have ${whole(perSecond)}/s`)
  const kinds = [
    { name: 'steady', player: steady!, press: steadily(perSecond), rounds: [] as Round[] },
    { name: 'in bursts', player: bursty!, press: inBursts(perSecond), rounds: [] as Round[] },
  ]
  for (let n = 0; n < ROUNDS; n++) {
    for (const { name, player, press, rounds } of n % 2 === 0 ? kinds : kinds.toReversed()) {
      const one = await round(world, player, press)
      rounds.push(one)
      say(`  round ${n + 1} of ${ROUNDS}, ${name}: ${whole(one.accepted)} draws, lag p50 ${ms(one.lagMs.p50)}, p99 ${ms(one.lagMs.p99)} ms`)
    }
  }
  await system.stop()
  say('a backlog, against plain inserts')
  const plain = await againstPlainInserts(open, { rows: PLAIN_ROWS, rounds: ROUNDS })
  const head = ['', 'accepted/s', 'settled/s', 'lag p50 ms', 'p99', 'longest', 'backlog, median', 'most', 's until empty', 'answer p50 ms', 'p99', 'refused']
  const text = [
    '# Settlement behind the decisions', '',
    `\`npm run bench:settlement${isQuick ? ' -- --quick' : ''}\` on ${machine()}: one process that draws and settles, and the load beside it. Without a pause, ${CONNECTIONS} connections have ${whole(peak)} draws a second accepted and`,
    `settled; here ${SHARE_OF_PEAK * 100} % of that (${whole(perSecond)}/s): evenly, or all of ${PERIOD_SECONDS} seconds' draws at once every ${PERIOD_SECONDS} seconds. ${times(ROUNDS, 'round')} of ${SECONDS} s each, in turn; medians.`,
    'Lag: of every row, from the decision to the beginning of the transaction that settled it. Backlog: entries in the streams, seen every 100 ms.', '',
    table(head, kinds.map(({ name, rounds }) => line(name, rounds))), '', '![backlog](plots/backlog.svg)', '',
    'The plot is of the last round of each.', '', plain,
  ].join('\n')
  if (!isQuick) await keep(text, new Map(kinds.map(({ name, rounds }) => [name, rounds.at(-1)!])))
  console.log(text)
})
