import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { childEnvironment } from '../../src/config/child-environment.js'
import { invocation } from '../../src/platform/embedded/identity.js'
import { launch, type Running } from '../../src/platform/embedded/keeper.js'
import { choosePort } from '../../src/platform/embedded/ports.js'
import { endProcess } from '../../src/platform/embedded/processes.js'
import { findRedis } from '../../src/platform/embedded/redis-binary.js'

const SLOTS = 16_384
const START_MS_MAX = 30_000
const POLL_MS = 25
const END_STEPS = [['SIGTERM', 10_000], ['SIGKILL', 5_000]] as const

/** Equal stretches of all slots, first and last included, for so many masters. */
export const stretches = (masters: number): Array<[first: number, last: number]> =>
  Array.from({ length: masters }, (_, n) => [Math.round((n * SLOTS) / masters), Math.round(((n + 1) * SLOTS) / masters) - 1])

export interface ClusterMaster {
  readonly port: number
  readonly url: string
  readonly pid: number
  readonly slots: readonly [first: number, last: number]
}

export interface RedisCluster {
  readonly masters: readonly ClusterMaster[]
  stop(): Promise<void>
}

async function until(what: string, probe: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + START_MS_MAX; !(await probe().catch(() => false)); await sleep(POLL_MS)) {
    if (performance.now() > deadline) throw new Error(`Not after ${START_MS_MAX} ms: ${what}`)
  }
}

async function startMaster(folder: string, taken: number[]): Promise<{ port: number; busPort: number; running: Running }> {
  const port = await choosePort(undefined, taken)
  const busPort = await choosePort(undefined, [...taken, port])
  taken.push(port, busPort)
  const configFile = join(folder, `${port}.conf`)
  await writeFile(configFile, [
    'bind 127.0.0.1', `port ${port}`, `cluster-port ${busPort}`, 'daemonize no', `dir "${folder}"`, 'cluster-enabled yes', `cluster-config-file nodes-${port}.conf`,
    'save ""', 'appendonly yes', 'appendfsync everysec', `appenddirname aof-${port}`, 'maxmemory-policy noeviction', 'hash-max-listpack-value 256', '',
  ].join('\n'))
  const { command, env } = await findRedis(folder, () => undefined)
  // The kernel ends it with this process, where that is killed.
  const how = await invocation(undefined, [], 'TERM', command, [configFile])
  return { port, busPort, running: await launch(how, { logFile: join(folder, `${port}.log`), cwd: folder, env: { ...childEnvironment(), ...env } }) }
}

/**
 * A Redis Cluster of so many masters without replicas, each with an equal stretch of the slots, on ports and in a folder of its own. One
 * master alone has every slot: any client can use it, and whatever crosses slots is refused (CROSSSLOT) all the same.
 */
export async function startRedisCluster(count: number): Promise<RedisCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-cluster-'))
  const started: Array<Awaited<ReturnType<typeof startMaster>>> = []
  const clients: Redis[] = []
  const stop = async () => {
    for (const { running } of started) await endProcess(running.pid, END_STEPS)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const taken: number[] = []
    for (let n = 0; n < count; n++) started.push(await startMaster(folder, taken))
    const masters = started.map(({ port, running }, n): ClusterMaster => ({
      port, url: `redis://127.0.0.1:${port}`, pid: running.pid, slots: stretches(count)[n]!,
    }))
    for (const [n, { url, slots }] of masters.entries()) {
      const client = new Redis(url, { retryStrategy: () => POLL_MS, maxRetriesPerRequest: null, commandTimeout: START_MS_MAX })
      // It says so until the server listens.
      client.on('error', () => undefined)
      clients.push(client)
      await client.cluster('ADDSLOTSRANGE', ...slots)
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1)
      if (n > 0) await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', masters[n]!.port, started[n]!.busPort)
    }
    await until('the masters know each other', async () => {
      const infos = await Promise.all(clients.map((client) => client.cluster('INFO') as Promise<string>))
      return infos.every((info) => info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${count}`))
    })
    return { masters, stop }
  } catch (error) {
    await stop()
    throw error
  } finally {
    for (const client of clients) client.disconnect()
  }
}
