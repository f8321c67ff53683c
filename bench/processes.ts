import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { cpuOfFamily } from './cpu.js'
import { machine, ms, row, table, times, whole } from './markdown.js'
import { median } from './measure.js'
import { Player, type Round } from './player.js'
import type { System, World } from './world.js'
import { withWorlds } from './worlds.js'

// npm run bench:processes: one process that answers against two (API_PROCESSES, ADR 33), with and without settlement.
const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 1 : 5
const SECONDS = isQuick ? 2 : 5
const WARM_UP_SECONDS = isQuick ? 3 : 8
const CONNECTIONS = isQuick ? [64] : [64, 256]
const TWO = { env: { API_PROCESSES: '2' } }

/** One round, and what each process of the product has cost meanwhile, µs, those that answer the API first by what they took. */
interface Played {
  readonly round: Round
  readonly answering: readonly number[]
  /** The process that started them, where it is another: it settles, or does nothing. */
  readonly settling: number
  /** This process: the load. */
  readonly load: number
  readonly seconds: number
}

interface Contestant { readonly name: string; readonly player: Player; readonly processes: number }

async function play({ player, processes }: Contestant, connections: number, seconds: number, untilSettled: boolean): Promise<Played> {
  const { pid } = [...player.system.children.values()][0]!
  const before = await cpuOfFamily(pid)
  const own = process.cpuUsage()
  const began = performance.now()
  const round = await player.play('DrawAccepted', player.fresh, seconds, connections, untilSettled)
  const wall = (performance.now() - began) / 1_000
  const { user, system } = process.cpuUsage(own)
  const used = new Map([...(await cpuOfFamily(pid))].map(([one, micros]) => [one, micros - (before.get(one) ?? 0)]))
  const first = used.get(pid) ?? NaN
  used.delete(pid)
  const answering = processes === 1 ? [first] : [...used.values()].sort((a, b) => b - a)
  return { round, answering, settling: processes === 1 ? 0 : first, load: user + system, seconds: wall }
}

const say = (line: string) => { process.stderr.write(`${line}\n`) }
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** In turn, the first last every other time. */
async function inTurn(contestants: readonly Contestant[], connections: number, untilSettled: boolean): Promise<Map<string, Played[]>> {
  const found = new Map<string, Played[]>(contestants.map(({ name }) => [name, []]))
  for (let n = 0; n < ROUNDS; n++) {
    for (const one of n % 2 === 0 ? contestants : contestants.toReversed()) {
      const played = await play(one, connections, SECONDS, untilSettled)
      found.get(one.name)!.push(played)
      say(`  round ${n + 1} of ${ROUNDS}, ${connections} connections: ${one.name}, ${whole(played.round.result.perSecond)}/s`)
    }
  }
  return found
}

async function warmUp(contestants: readonly Contestant[], untilSettled: boolean): Promise<void> {
  for (const one of contestants) await play(one, CONNECTIONS[0]!, WARM_UP_SECONDS, untilSettled)
}

const contestant = (world: World, system: System, processes: number): Contestant =>
  ({ name: system.name, player: new Player(world, system), processes })

const HEAD = ['p50 ms', 'p99 ms', 'API µs', 'settler µs', 'Redis µs', 'Postgres µs', 'load µs', 'cores busy', 'busiest API process']

function report(title: string, found: ReadonlyMap<string, readonly Played[]>, isSettled: boolean): string[] {
  const [one, two] = [...found.values()] as [readonly Played[], readonly Played[]]
  const perSecond = ({ round: { result, settledSeconds } }: Played) => (isSettled ? result.counted / settledSeconds! : result.perSecond)
  const rows = [...found].map(([name, all]) => {
    const middle = (of: (played: Played) => number) => median(all.map(of))
    const each = (of: (played: Played) => number) => whole(middle((played) => of(played) / played.round.result.counted))
    const busy = middle(({ answering, settling, load, seconds, round: { servers } }) =>
      (sum(answering) + settling + load + (servers?.redis ?? NaN) + (servers?.postgres ?? NaN)) / seconds / 1e6)
    return row(
      name, whole(middle(({ round }) => round.result.perSecond)), ...(isSettled ? [whole(middle(perSecond))] : []),
      ms(middle(({ round }) => round.result.latencyMs.p50)), ms(middle(({ round }) => round.result.latencyMs.p99)),
      each(({ answering }) => sum(answering)), each(({ settling }) => settling), each(({ round }) => round.servers?.redis ?? NaN),
      each(({ round }) => round.servers?.postgres ?? NaN), each(({ load }) => load),
      busy.toFixed(2), `${Math.round(middle(({ answering }) => answering[0]! / sum(answering)) * 100)} %`,
    )
  })
  const head = ['', 'accepted/s', ...(isSettled ? ['settled/s'] : []), ...HEAD]
  const ratio = median(two.map((played, n) => perSecond(played) / perSecond(one[n]!)))
  return [`## ${title}`, '', 'CPU is µs a draw.', '', table(head, rows), '', `Two to one: ${ratio.toFixed(2)} times the ${isSettled ? 'settled' : 'accepted'} draws a second.`, '']
}

await withWorlds(async (open) => {
  const parts: string[] = []
  const world = await open()
  const other = await open()
  const [settledId, otherId, decidedId] = [await world.campaign(), await other.campaign(), await world.campaign()]
  for (const one of [world, other]) await one.campaignsAreMade()

  say('with settlement, each on a Postgres and a Redis of its own')
  const settling = [
    contestant(world, await world.product('one process with everything', settledId, 'all'), 1),
    contestant(other, await other.product('two API processes and one that settles', otherId, 'all', TWO), 2),
  ]
  await warmUp(settling, true)
  parts.push(...report('With settlement, 64 connections', await inTurn(settling, 64, true), true))
  for (const { player } of settling) await player.system.stop()

  say('nothing settled meanwhile, on the same Postgres and Redis')
  const deciding = [
    contestant(world, await world.product('one API process', decidedId, 'api'), 1),
    contestant(world, await world.product('two API processes', decidedId, 'api', TWO), 2),
  ]
  await warmUp(deciding, false)
  for (const connections of CONNECTIONS) parts.push(...report(`Nothing settled meanwhile, ${connections} connections`, await inTurn(deciding, connections, false), false))
  for (const { player } of deciding) await player.system.stop()

  const text = [
    '# One process that answers, and two', '',
    `\`npm run bench:processes${isQuick ? ' -- --quick' : ''}\` on ${machine()}. ${times(ROUNDS, 'round')} of ${SECONDS} s each, in turn; medians, and ratios are medians of each round's own.`, '',
    `The load (autocannon, one process), Redis and Postgres share the machine's ${cpus().length} cores with what is measured. Where \`cores busy\` comes near to ${cpus().length} with one process, a second one finds no`,
    'processor to run on, and what is seen is what a second costs (rates that are told to one another, fuller queues, shorter pipelines), not what it brings. What it brings takes a machine with cores to spare:',
    'the API\'s CPU a draw says how many draws a core more would answer.', '',
    ...parts,
  ].join('\n')
  if (!isQuick) await writeFile(fileURLToPath(new URL('processes.md', import.meta.url)), text)
  console.log(text)
})
