import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { machine, row, table, times, whole } from './markdown.js'
import { median } from './measure.js'
import { Player } from './player.js'
import { type Concern, CONCERNS } from './profile/concerns.js'
import { type Spent, spentIn } from './profile/samples.js'
import type { System } from './world.js'
import { withWorlds } from './worlds.js'

// npm run bench:profile [-- all]: where one process' time goes while it answers draws (with `all`: and settles them), beside the limit.
const role = process.argv[2] === 'all' ? 'all' : 'api'
const WARM_UP_SECONDS = 5
const SECONDS = 8
const ROUNDS = 3
const SHOWN = 40

/** Of one draw in one round: the CPU time that the process says it had, divided as the profile divides it. */
interface Round { readonly spent: Spent; readonly drawMicros: number }

const share = (part: number | undefined, { total }: Spent) => (part ?? 0) / total
const microsOf = (concern: Concern) => ({ spent, drawMicros }: Round) => share(spent.byConcern.get(concern), spent) * drawMicros

async function round(player: Player, system: System): Promise<Round> {
  const [name, child] = [...system.children][0]!
  await child.profile()
  const { result, byProcess } = await player.play('DrawAccepted', player.fresh, SECONDS)
  return { spent: spentIn(await child.profiled()), drawMicros: byProcess.get(name)!.cpuMicros / result.counted }
}

function list(title: string, totals: ReadonlyMap<string, number>, spent: Spent): void {
  console.log(`\n${title}`)
  const most = [...totals].sort(([, a], [, b]) => b - a).slice(0, SHOWN)
  for (const [name, micros] of most) console.log(`${(share(micros, spent) * 100).toFixed(1).padStart(5)} %  ${name}`)
}

function report(product: readonly Round[], limit: readonly Round[]): string {
  const middle = (rounds: readonly Round[], of: (round: Round) => number) => median(rounds.map(of))
  const line = (what: string, of: (round: Round) => number) => {
    const [ours, its] = [middle(product, of), middle(limit, of)]
    return row(what, ours.toFixed(1), its.toFixed(1), (ours - its).toFixed(1))
  }
  return [
    '# What a draw costs beyond the limit, by what it is spent on', '',
    `\`npm run bench:profile${role === 'all' ? ' -- all' : ''}\` on ${machine()}: one process that answers${role === 'all' ? ' and settles' : ''}, and the limit (Node's HTTP server, one connection to Redis, the same`,
    `script), in turn, ${times(ROUNDS, 'round')} of ${SECONDS} s with 64 callers, medians. µs of CPU for an accepted draw: what each process says it had, divided as V8's profiler (a sample each 0.25 ms) divides it;`,
    'the profiler\'s own cost is in both. A function\'s time is that of the first of it and its callers that belongs to somebody.', '',
    table(['', 'the product', 'the limit', 'beyond it'], [
      ...CONCERNS.filter((concern) => [product, limit].some((rounds) => middle(rounds, microsOf(concern)) >= 0.05))
        .map((concern) => line(concern, microsOf(concern))),
      line('**all**', ({ drawMicros }) => drawMicros),
    ]), '',
  ].join('\n')
}

await withWorlds(async (open) => {
  const world = await open()
  const campaignId = await world.campaign()
  await world.campaignsAreMade()
  const systems = { product: await world.product('Drawbridge', campaignId, role), limit: await world.limit('limit', campaignId) }
  const players = { product: new Player(world, systems.product), limit: new Player(world, systems.limit) }
  const found: Record<keyof typeof systems, Round[]> = { product: [], limit: [] }
  try {
    for (const player of Object.values(players)) await player.play('DrawAccepted', player.fresh, WARM_UP_SECONDS)
    for (let n = 0; n < ROUNDS; n++) {
      const order = n % 2 === 0 ? (['product', 'limit'] as const) : (['limit', 'product'] as const)
      for (const name of order) found[name].push(await round(players[name], systems[name]))
    }
  } finally {
    for (const system of Object.values(systems)) await system.stop()
  }
  const { spent, drawMicros } = found.product.at(-1)!
  list('by place', spent.byPlace, spent)
  list('by function', spent.byFunction, spent)
  list('with all that it calls', spent.within, spent)
  console.log(`\n${whole(drawMicros)} µs a draw in that round\n`)
  const text = report(found.product, found.limit)
  if (role === 'api') await writeFile(fileURLToPath(new URL('profile.md', import.meta.url)), text)
  console.log(text)
})
