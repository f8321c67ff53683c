import { setTimeout as sleep } from 'node:timers/promises'
import { FAILPOINTS } from '../../../src/common/failpoint.js'
import { eventually } from '../../embedded/harness.js'
import type { Seed } from '../../support/seed.js'
import type { FaultWorld } from './fault-world.js'

/** What a fault lies in: two of the same do not overlap. */
type Target = 'redis' | 'postgres' | 'app' | 'worker'

interface Fault {
  readonly name: string
  readonly target: Target
  /** Resolves when it is healed; what then is up again may take a moment to notice. */
  strike(world: FaultWorld, random: Seed): Promise<void>
}

const HELD_MS = { least: 300, more: 4_000 }
const RESTART_MS_MAX = 60_000
const TAIL_BYTES_MAX = 20_000
const HOUR_MS = 3_600_000
const hold = (random: Seed) => sleep(HELD_MS.least + random.int(HELD_MS.more))

/** Where another fault has just ended the process, and the supervisor has not started the next, there is nobody to strike. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const network = (name: 'redis' | 'postgres', how: 'refuse' | 'silence' | 'slow' | 'reset'): Fault => ({
  name: `the network to ${name}: ${how}`,
  target: name,
  async strike(world, random) {
    const proxy = name === 'redis' ? world.redisProxy : world.postgresProxy
    if (how === 'slow') proxy.delay(20 + random.int(200))
    else proxy[how]()
    await hold(random)
    proxy.heal()
  },
})

const lostReplies = (name: 'redis' | 'postgres', request: RegExp): Fault => ({
  name: `lost answers of ${name}`,
  target: name,
  async strike(world, random) {
    const proxy = name === 'redis' ? world.redisProxy : world.postgresProxy
    proxy.dropReplyTo(request, 1 + random.int(10))
    await hold(random)
    proxy.heal()
  },
})

const killed = (name: 'redis' | 'postgres'): Fault => ({
  name: `kill -9 of ${name}`,
  target: name,
  async strike(world, random) {
    await world[name].kill()
    await hold(random)
    await eventually(() => world[name].start().then(() => true), RESTART_MS_MAX, `${name} starts again`)
  },
})

/** A recovery under way is killed too, where another fault brought it. */
const atFailpoint: Fault = {
  name: 'kill -9 at',
  target: 'app',
  async strike(world, random) {
    const name = random.pick(FAILPOINTS)
    world.say(`  ${name}`)
    await world.arm(name, 'kill')
    // Where nothing comes there in time, nothing is killed.
    await world.untilMet(name, HELD_MS.more).catch(() => world.disarm())
  },
}

const FAULTS: readonly Fault[] = [
  { name: 'kill -9 of the app', target: 'app', async strike(world) { signal(await world.appPid(), 'SIGKILL') } },
  {
    name: 'the app stands still',
    target: 'app',
    async strike(world, random) {
      const pid = await world.appPid()
      signal(pid, 'SIGSTOP')
      await hold(random)
      signal(pid, 'SIGCONT')
    },
  },
  {
    name: 'kill -9 of the worker',
    target: 'worker',
    async strike(world, random) {
      await world.workers.at(-1)!.kill()
      await hold(random)
      await world.startWorker()
    },
  },
  {
    name: 'the worker stands still',
    target: 'worker',
    async strike(world, random) {
      world.workers.at(-1)!.signal('SIGSTOP')
      await hold(random)
      world.workers.at(-1)!.signal('SIGCONT')
    },
  },
  {
    name: 'the clock of the product',
    target: 'worker',
    async strike(world, random) {
      await world.shiftClock((random.int(2) === 0 ? 1 : -1) * random.int(HOUR_MS))
      await hold(random)
      await world.shiftClock(0)
    },
  },
  killed('redis'),
  killed('postgres'),
  {
    name: 'Redis stands still',
    target: 'redis',
    async strike(world, random) {
      world.redis.signal('SIGSTOP')
      await hold(random)
      world.redis.signal('SIGCONT')
    },
  },
  { name: 'Postgres stands still', target: 'postgres', strike: (world, random) => world.stopPostgres(() => hold(random)) },
  { name: 'FLUSHALL', target: 'redis', strike: (world) => world.loseRedis(() => world.withRedis((redis) => redis.flushall())) },
  { name: "a lost tail of Redis' append-only file", target: 'redis', strike: (world, random) => world.cutRedisTail(1 + random.int(TAIL_BYTES_MAX)) },
  { name: 'SCRIPT FLUSH', target: 'redis', async strike(world) { await world.withRedis((redis) => redis.script('FLUSH')) } },
  ...(['redis', 'postgres'] as const).flatMap((name) => (['refuse', 'silence', 'slow', 'reset'] as const).map((how) => network(name, how))),
  lostReplies('postgres', /COMMIT/),
  lostReplies('redis', /evalsha/i),
  atFailpoint,
  atFailpoint,
]

/** Strikes for `ms`, two faults at a time where they lie in different things. Resolves when all is healed. */
export async function haunt(world: FaultWorld, random: Seed, ms: number): Promise<number> {
  const until = performance.now() + ms
  const busy = new Set<Target>()
  let struck = 0
  let failed = false
  const lane = async () => {
    while (performance.now() < until && !failed) {
      const fault = random.pick(FAULTS.filter(({ target }) => !busy.has(target)))
      busy.add(fault.target)
      world.say(fault.name)
      await fault.strike(world, random)
      struck++
      busy.delete(fault.target)
      await sleep(random.int(1_500))
    }
  }
  // Where one lane cannot go on the other ends as well: what is judged afterwards is not to be struck.
  const ended = await Promise.allSettled([0, 1].map(() => lane().catch((error: unknown) => {
    failed = true
    throw error
  })))
  for (const { reason } of ended.filter((one) => one.status === 'rejected')) throw reason
  return struck
}
