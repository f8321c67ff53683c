import { mkdir, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bulkCost, roundCost } from './growth/costs.js'
import { Installation, memoryMax } from './growth/installation.js'
import { type Growth, plotOf, reportOf, type Step } from './growth/report.js'
import { postgresBytes, type Sizes, sizesOf } from './growth/sizes.js'
import type { World } from './world.js'
import { withWorlds } from './worlds.js'

// npm run bench:growth [-- --to 1e6] [-- --quick]: what a draw costs among 1e5, 1e6 and 1e7 settled draws and participants.
const { values: given } = parseArgs({ options: { quick: { type: 'boolean', default: false }, to: { type: 'string' } } })
const isQuick = given.quick
const TO = Number(given.to ?? Infinity)
const SIZES = (isQuick ? [2e3, 2e4] : [1e5, 1e6, 1e7]).filter((size) => size <= TO)
const ROUNDS = isQuick ? 1 : 5
const SECONDS = isQuick ? 2 : 4
const WARM_UP_SECONDS = isQuick ? 2 : 5
/** Of what a step adds, so much at its end is measured; of the first one half. */
const MEASURED_SHARE = 0.2
const TOLD_EVERY_MS = 15_000
/** On the disk: of what Postgres has, of what Redis has in memory (its file may be three times as long while it is written anew), and its log. */
const DISK = { postgres: 1.3, redis: 4, logBytes: 5e9 }
/** Until it is known. */
const BYTES_PER_DRAW = 5_000
const SHARE_USABLE = 0.9
if (SIZES.length === 0) throw new Error('--to must be at least the first size')

const say = (line: string) => { process.stderr.write(`${line}\n`) }
const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`

/** Tells how far it is, and how long the rest will take. */
function progress(name: string, from: number, to: number): (done: number) => void {
  const began = performance.now()
  let toldAt = began
  return (done) => {
    const now = performance.now()
    if (now - toldAt < TOLD_EVERY_MS || done <= from) return
    toldAt = now
    const perSecond = ((done - from) / (now - began)) * 1_000
    say(`  ${name}: ${done} of ${to}, ${Math.round(perSecond)}/s, some ${minutes((to - done) / perSecond)} more`)
  }
}

/** Fills up to `to`, and says what the last part has cost, from there on. */
async function fill(installation: Installation, name: string, to: number, measuredFrom: number) {
  const tell = progress(name, installation.participants, to)
  await installation.fill(measuredFrom, tell)
  return bulkCost(installation, to - measuredFrom, () => installation.fill(to, tell))
}

async function rounds(grown: Installation, beside: Installation, step: number): Promise<Step['rounds']> {
  const pair = { grown, beside }
  const names = ['grown', 'beside'] as const
  const api = ({ world, campaignId }: Installation) => world.product('API', campaignId, 'api')
  const apis = { grown: await api(grown), beside: await api(beside) }
  for (const one of [grown, beside]) await one.stopWorker()
  const play = (name: (typeof names)[number], seconds: number, prefix: string) => roundCost(pair[name], apis[name], seconds, `${prefix}-${step}`)
  try {
    for (const name of names) await play(name, WARM_UP_SECONDS, 'warm')
    const found: Array<Step['rounds'][number]> = []
    for (let n = 0; n < ROUNDS; n++) {
      const round: Partial<Record<(typeof names)[number], Awaited<ReturnType<typeof play>>>> = {}
      for (const name of n % 2 === 0 ? names : names.toReversed()) round[name] = await play(name, SECONDS, `round-${n}`)
      found.push(round as Step['rounds'][number])
      say(`  round ${n + 1} of ${ROUNDS}: API ${Math.round(round.grown!.apiMicros)} µs (${Math.round(round.beside!.apiMicros)}), a settled row ${Math.round(round.grown!.settlePostgresMicros)} µs of Postgres (${Math.round(round.beside!.settlePostgresMicros)})`)
    }
    return found
  } finally {
    for (const one of Object.values(apis)) await one.stop()
  }
}

/** Why a step cannot be taken here; null where it can. */
async function obstacle(size: number, before: { size: number; sizes: Sizes } | undefined): Promise<string | null> {
  const all = before === undefined
    ? BYTES_PER_DRAW * size
    : postgresBytes(before.sizes) * DISK.postgres + before.sizes.redisBytes * DISK.redis
  const { bavail, bsize } = await statfs(tmpdir())
  const [needed, free] = [(all / (before?.size ?? size)) * (size - (before?.size ?? 0)) + DISK.logBytes, bavail * bsize * SHARE_USABLE]
  if (needed > free) return `${size} draws would take some ${Math.round(needed / 1e9)} GB of ${tmpdir()}, which has ${Math.round(free / 1e9)} to spare`
  const memory = before === undefined ? 0 : (before.sizes.redisBytes / before.size) * size
  if (memory > memoryMax() * SHARE_USABLE) return `${size} participants would take some ${(memory / 1e9).toFixed(1)} GB of Redis, which may have ${(memoryMax() / 1e9).toFixed(1)}`
  return null
}

async function step(open: () => Promise<World>, grown: Installation, empty: Sizes, n: number): Promise<Step> {
  const size = SIZES[n]!
  const [first] = SIZES as [number, ...number[]]
  const began = performance.now()
  const from = grown.participants
  say(`${size} draws and participants`)
  const bulk = await fill(grown, 'fill', size, Math.round(size - (size - from) * (n === 0 ? 0.5 : MEASURED_SHARE)))
  const fillSeconds = (performance.now() - began) / 1_000
  const sizes = await sizesOf(grown)
  const { draws } = await grown.row<{ draws: number }>('SELECT count(*)::float8 AS draws FROM draw')
  const beside = await Installation.open(open)
  try {
    const besideBulk = await fill(beside, 'beside it', first, first / 2)
    const found = await rounds(grown, beside, n)
    return { size, fillSeconds, bulk: { grown: bulk, beside: besideBulk }, rounds: found, empty, sizes, draws }
  } finally {
    await beside.close()
  }
}

await withWorlds(async (open) => {
  const steps: Step[] = []
  let stopped: string | null = null
  const grown = await Installation.open(open)
  try {
    const empty = await sizesOf(grown)
    for (let n = 0; n < SIZES.length; n++) {
      stopped = await obstacle(SIZES[n]!, steps.at(-1))
      if (stopped !== null) break
      steps.push(await step(open, grown, empty, n))
      const { fillSeconds, size } = steps.at(-1)!
      const perSecond = (size - (steps.at(-2)?.size ?? 0)) / fillSeconds
      const next = SIZES[n + 1]
      if (next !== undefined) say(`Filled at ${Math.round(perSecond)}/s; ${next} will take some ${minutes((next - size) / perSecond)} more`)
    }
  } finally {
    await grown.close()
  }
  if (steps.length === 0) throw new Error(stopped ?? 'No size was measured')
  const flags = [...(isQuick ? ['--quick'] : []), ...(given.to === undefined ? [] : [`--to ${given.to}`])].join(' ')
  const growth: Growth = { command: `npm run bench:growth${flags === '' ? '' : ` -- ${flags}`}`, seconds: SECONDS, roundCount: ROUNDS, steps, stopped }
  const text = reportOf(growth)
  if (!isQuick) {
    await mkdir(new URL('plots/', import.meta.url), { recursive: true })
    await writeFile(fileURLToPath(new URL('growth.md', import.meta.url)), text)
    await writeFile(fileURLToPath(new URL('plots/growth.svg', import.meta.url)), plotOf(growth))
  }
  console.log(text)
})
