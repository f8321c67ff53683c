import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { load, type LoadResult } from './load.js'
import { times } from './markdown.js'
import { median } from './measure.js'
import { Player, QUERY } from './player.js'
import { besideRushes, callersOf, quantileOf } from './neighbours.js'
import type { CallersResult } from './servers/callers.js'
import { headersOf, type System } from './world.js'
import { withWorlds } from './worlds.js'

// npm run bench:overload: the product with everything in one process, asked by five times as many as it needs to be busy.
const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 1 : 3
const SECONDS = isQuick ? 5 : 10
const NEIGHBOUR_ROUNDS = isQuick ? 1 : 5
const FACTOR = 5
const VIP_PAUSE_MS = 20
const CONNECTIONS = { peak: 64, vip: 2 }
const USERS = 2_000
const GOALS = { goodput: 0.9, admittedMs: 120, priorityMs: 50, refusedMs: 20 }

let key = 0
const bodyOf = (campaignId: string, tier?: string) => () => JSON.stringify({
  query: QUERY,
  variables: { input: { campaignId, userId: `user-${key % USERS}`, idempotencyKey: `overload-${process.pid}-${key++}`, ...(tier === undefined ? {} : { participant: { tier } }) } },
})

interface Round { readonly peak: number; readonly normal: LoadResult; readonly refused: LoadResult['latencyMs']; readonly vip: CallersResult; readonly other: number }

async function round({ url, headers, campaignId }: System): Promise<Round> {
  const peak = await load({ url, headers, connections: CONNECTIONS.peak, seconds: SECONDS / 2, body: bodyOf(campaignId), counts: 'DrawAccepted' })
  const vipBody = bodyOf(campaignId, 'VIP')().replace(/overload-[\d-]+/, 'KEY')
  const common = { url, headers, seconds: SECONDS, counts: 'DrawAccepted' }
  const [normal, vip] = await Promise.all([
    load({ ...common, connections: CONNECTIONS.peak * FACTOR, body: bodyOf(campaignId) }),
    callersOf({ url, headers, callers: CONNECTIONS.vip, seconds: SECONDS, body: vipBody, pauseMs: VIP_PAUSE_MS }),
  ])
  const others = [...normal.others, ...Object.entries(vip.others).map(([status, count]) => [`${status} to a VIP`, count] as const)].filter(([what]) => !/^(?:503 OVERLOADED|429 RATE_LIMITED)$/.test(what))
  return { peak: peak.perSecond, normal, refused: normal.otherLatencyMs, vip, other: others.reduce((sum, [, count]) => sum + count, 0) }
}

function report(rounds: readonly Round[]): string {
  const middle = (of: (one: Round) => number) => median(rounds.map(of))
  const counts = ({ normal, vip }: Round) => [...normal.others.values(), ...Object.values(vip.others)]
  const refused = (one: Round) => counts(one).reduce((sum, count) => sum + count, 0)
  const sent = (one: Round) => one.normal.counted + one.vip.answered + refused(one)
  const rows: ReadonlyArray<readonly [string, number, number, boolean]> = [
    ['goodput, of the peak', middle(({ peak, normal, vip }) => (normal.perSecond + vip.answered / SECONDS) / peak), GOALS.goodput, true],
    ['admitted, p99 ms', middle(({ normal }) => normal.latencyMs.p99), GOALS.admittedMs, false],
    ['PRIORITY, p99 ms', middle(({ vip }) => quantileOf(vip, 0.99)), GOALS.priorityMs, false],
    ['refused, p99 ms', middle(({ refused }) => refused.p99), GOALS.refusedMs, false],
    ['other errors, per million', middle((one) => (one.other / sent(one)) * 1e6), 20, false],
  ]
  const table = rows.map(([what, found, wanted, isLeast]) =>
    `| ${what} | ${found.toFixed(2)} | ${isLeast ? '≥' : '≤'} ${wanted} | ${(isLeast ? found >= wanted : found <= wanted) ? 'met' : '**not met**'} |`)
  return [
    '# Five times too much', '',
    `\`npm run bench:overload${isQuick ? ' -- --quick' : ''}\`: one process that draws and settles. Its peak under ${CONNECTIONS.peak} callers, each of which asks again as soon as it has its answer; then`,
    `${FACTOR} times as many, who ask again at once however they were refused, for ${SECONDS} s, and ${CONNECTIONS.vip} VIPs besides. ${times(rounds.length, 'round')}, medians. The load shares the machine's two cores, and what`,
    'it waits for itself is in its latencies.', '',
    `Peak ${Math.round(middle(({ peak }) => peak))} draws/s; then ${Math.round(middle((one) => sent(one) / SECONDS))} requests/s were answered, ${Math.round(middle(({ normal, vip }) => normal.perSecond + vip.answered / SECONDS))} of them with draws.`, '',
    '| | found | wanted | |', '|---|---|---|---|', ...table, '',
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
  await load({ url: system.url, headers: system.headers, connections: 64, amount: USERS * 2, body: bodyOf(campaignId), counts: 'DrawAccepted' })
  const rounds: Round[] = []
  for (let n = 0; n < ROUNDS; n++) rounds.push(await round(system))

  const elsewhere = await open()
  const elsewhereId = await elsewhere.campaign()
  await elsewhere.campaignsAreMade()
  const other = await elsewhere.product('another installation', elsewhereId, 'all')
  const rush = (on: System) => ({ system: on, connections: CONNECTIONS.peak * FACTOR, body: bodyOf(on.campaignId) })
  const neighbours = await besideRushes({
    steady: { ...system, headers: headersOf(tenant), campaignId: steadyId },
    rushes: new Map([['beside a rush on its process', rush(system)], ['beside a rush on another installation', rush(other)]]),
    rounds: NEIGHBOUR_ROUNDS, seconds: SECONDS,
  })
  const text = `${report(rounds)}\n${neighbours}`
  if (!isQuick) await writeFile(fileURLToPath(new URL('overload.md', import.meta.url)), text)
  console.log(text)
  for (const one of [system, other]) await one.stop()
})
