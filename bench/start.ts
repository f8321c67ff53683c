import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { GraphqlClient } from '../src/cli/rush/client.js'
import { machine, row, table, times } from './markdown.js'
import { median } from './measure.js'
import { Player } from './player.js'
import type { System, World } from './world.js'
import { withWorlds } from './worlds.js'

// npm run bench:start: from the start of a process to its readiness, and its first draws against those of a process that is warm.
const isQuick = process.argv.includes('--quick')
const STARTS = isQuick ? 1 : 7
const FIRST_DRAWS = 1_000
const CALLERS = 8
const ALONE = isQuick ? 20 : 100
const STEADY_ROUNDS = isQuick ? 1 : 3
const WARM_UP_SECONDS = isQuick ? 3 : 6
const GOAL = 2

interface Latency { readonly p50: number; readonly p99: number }
interface Start {
  readonly readyMs: number
  /** On a connection of its own, while nobody else asks: the very first, and the median of the same when all is warm. */
  readonly firstMs: number
  readonly aloneMs: number
  readonly first: Latency
  readonly steady: Latency
}

const say = (line: string) => { process.stderr.write(`${line}\n`) }

/** One request from the moment that its connection is opened. */
async function alone({ url, headers }: System, body: string): Promise<number> {
  const client = new GraphqlClient(url, headers, 1)
  const asked = performance.now()
  const { status } = await client.send(body)
  const took = performance.now() - asked
  client.close()
  if (status !== 200) throw new Error(`A draw was answered with ${status}`)
  return took
}

/** So many draws by callers who each wait for their answer. */
async function together({ url, headers }: System, draws: number, body: () => string): Promise<Latency> {
  const client = new GraphqlClient(url, headers, CALLERS)
  const took: number[] = []
  let asked = 0
  await Promise.all(Array.from({ length: CALLERS }, async () => {
    while (asked++ < draws) {
      const began = performance.now()
      const { status } = await client.send(body())
      took.push(performance.now() - began)
      if (status !== 200) throw new Error(`A draw was answered with ${status}`)
    }
  }))
  client.close()
  const sorted = took.toSorted((a, b) => a - b)
  return { p50: median(sorted), p99: sorted[Math.floor(sorted.length * 0.99)]! }
}

async function start(world: World, campaignId: string, role: 'api' | 'all'): Promise<Start> {
  const began = performance.now()
  const system = await world.product(role, campaignId, role)
  const readyMs = performance.now() - began
  const player = new Player(world, system)
  // Keys are those of this start: the player's own are the same each time.
  let key = 0
  const body = () => player.fresh().replace(/"idempotencyKey":"[^"]*"/, `"idempotencyKey":"start-${Math.floor(began)}-${key++}"`)
  const firstMs = await alone(system, body())
  const first = await together(system, FIRST_DRAWS, body)
  await player.play('DrawAccepted', body, WARM_UP_SECONDS)
  const steady: Latency[] = []
  for (let n = 0; n < STEADY_ROUNDS; n++) steady.push(await together(system, FIRST_DRAWS, body))
  const lone: number[] = []
  for (let n = 0; n < ALONE; n++) lone.push(await alone(system, body()))
  // Nothing is left for the next start to settle.
  if (role === 'all') await player.play('DrawAccepted', body, 0.2, 1, true)
  await system.stop()
  const steadily = { p50: median(steady.map(({ p50 }) => p50)), p99: median(steady.map(({ p99 }) => p99)) }
  return { readyMs, firstMs, aloneMs: median(lone), first, steady: steadily }
}

function line(name: string, starts: readonly Start[]): string {
  const middle = (of: (one: Start) => number) => median(starts.map(of))
  const ratio = middle(({ first, steady }) => first.p50 / steady.p50)
  return row(
    name, (middle(({ readyMs }) => readyMs) / 1_000).toFixed(2), (Math.max(...starts.map(({ readyMs }) => readyMs)) / 1_000).toFixed(2),
    middle(({ firstMs }) => firstMs).toFixed(1), middle(({ aloneMs }) => aloneMs).toFixed(1),
    middle(({ firstMs, aloneMs }) => firstMs / aloneMs).toFixed(1), middle(({ first }) => first.p50).toFixed(1), middle(({ steady }) => steady.p50).toFixed(1), `${ratio.toFixed(2)} ${ratio <= GOAL ? '(met)' : '(**not met**)'}`,
    middle(({ first }) => first.p99).toFixed(1), middle(({ steady }) => steady.p99).toFixed(1),
  )
}

await withWorlds(async (open) => {
  // Of its own each: what one leaves unsettled, the other would settle as it starts.
  const worlds = { api: await open(), all: await open() }
  const campaigns = { api: await worlds.api.campaign(), all: await worlds.all.campaign() }
  for (const world of Object.values(worlds)) await world.campaignsAreMade()
  const starts = { api: [] as Start[], all: [] as Start[] }
  for (let n = 0; n <= STARTS; n++) {
    for (const role of n % 2 === 0 ? (['api', 'all'] as const) : (['all', 'api'] as const)) {
      const one = await start(worlds[role], campaigns[role], role)
      // The first start warms this process and the system's caches.
      if (n > 0) starts[role].push(one)
      const { readyMs, first, steady } = one
      say(`  start ${n} of ${STARTS}, ${role}: ready after ${Math.round(readyMs)} ms, p50 ${first.p50.toFixed(1)} then ${steady.p50.toFixed(1)} ms`)
    }
  }
  const head = [
    'role', 'ready after s (median)', '(longest)', 'first request ms', 'the same, warm', 'ratio', `first ${FIRST_DRAWS} draws, p50 ms`, 'steady p50 ms',
    `ratio (≤ ${GOAL})`, 'first p99 ms', 'steady p99 ms',
  ]
  const text = [
    '# From a start to the first draws', '',
    `\`npm run bench:start${isQuick ? ' -- --quick' : ''}\` on ${machine()}. ${times(STARTS, 'start')} of each role, in turn, after one that is not counted; medians, and ratios are medians of each start's own.`,
    `Ready: from the start of the process until /readyz answers 200 (asked every 25 ms). Then one request alone, on a new connection; then ${FIRST_DRAWS} draws by ${CALLERS} callers who each wait for their answer. Steady: the same after`,
    `${WARM_UP_SECONDS} s under 64 connections. The callers share the machine's cores with what is measured.`, '',
    table(head, [line('api', starts.api), line('all (settles too)', starts.all)]), '',
  ].join('\n')
  if (!isQuick) await writeFile(fileURLToPath(new URL('start.md', import.meta.url)), text)
  console.log(text)
})
