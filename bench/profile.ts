import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Player } from './player.js'
import { World } from './world.js'

// npm run bench:profile [-- api|all]: where the time of one process goes while it answers draws (with `all`: and settles them).
const role = process.argv[2] === 'all' ? 'all' : 'api'
const WARM_UP_SECONDS = 4
const SECONDS = 10
const SHOWN = 70

interface Frame { readonly functionName: string; readonly url: string; readonly lineNumber: number }

interface Profile {
  readonly nodes: ReadonlyArray<{ readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] }>
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const placeOf = (url: string): string => {
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  return dependency ?? (url.startsWith('node:') ? url : url.includes('/dist/') ? `ours ${url.slice(url.indexOf('/dist/') + 6)}` : url === '' ? '(engine)' : 'bench')
}

function print(title: string, totals: ReadonlyMap<string, number>, total: number): void {
  console.log(`\n${title}`)
  for (const [name, micros] of [...totals].sort(([, a], [, b]) => b - a).slice(0, SHOWN)) console.log(`${((micros / total) * 100).toFixed(1).padStart(5)} %  ${name}`)
}

const folder = await mkdtemp(join(tmpdir(), 'drawbridge-profile-'))
const world = await World.open()
try {
  const campaignId = await world.campaign()
  await world.campaignsAreMade()
  const system = await world.product('Drawbridge', campaignId, role, { flags: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=250'] })
  const player = new Player(world, system)
  await player.play('DrawAccepted', player.fresh, WARM_UP_SECONDS)
  const { result } = await player.play('DrawAccepted', player.fresh, SECONDS)
  await system.stop()
  const file = (await readdir(folder)).find((name) => name.endsWith('.cpuprofile'))!
  const profile = JSON.parse(await readFile(join(folder, file), 'utf8')) as Profile
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const byFunction = new Map<string, number>()
  const byPlace = new Map<string, number>()
  const within = new Map<string, number>()
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  let total = 0
  const allMicros = profile.timeDeltas.reduce((sum, delta) => sum + delta, 0)
  let at = 0
  for (const [n, id] of profile.samples.entries()) {
    const micros = profile.timeDeltas[n]!
    at += micros
    // The last seconds, without the start and the end.
    if (at < allMicros - (SECONDS + 0.5) * 1e6) continue
    const { functionName, url, lineNumber } = frames.get(id)!
    if (functionName === '(idle)' || functionName === '(program)') continue
    total += micros
    const place = placeOf(url)
    byPlace.set(place, (byPlace.get(place) ?? 0) + micros)
    const callers = new Set<string>()
    for (let up: number | undefined = id; up !== undefined; up = parents.get(up)) {
      const frame = frames.get(up)!
      callers.add(`${frame.functionName || '(anonymous)'}  ${placeOf(frame.url)}:${frame.lineNumber + 1}`)
    }
    for (const caller of callers) within.set(caller, (within.get(caller) ?? 0) + micros)
    const name = `${functionName || '(anonymous)'}  ${place}:${lineNumber + 1}`
    byFunction.set(name, (byFunction.get(name) ?? 0) + micros)
  }
  print('by place', byPlace, total)
  print('by function', byFunction, total)
  print('with all that it calls', within, total)
  console.log(`\n${result.counted} draws, ${(total / result.counted).toFixed(0)} µs of JavaScript each`)
} finally {
  await world.close()
  await rm(folder, { recursive: true, force: true })
}
