import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { EmbeddedError, wordsOf } from './files.js'
import { Keeper, type Running } from './keeper.js'
import { tryLock } from './lock.js'
import { EmbeddedPostgres } from './postgres.js'
import { EmbeddedRedis } from './redis.js'
import { choosePort, isPortTaken, portTrouble } from './ports.js'
import { readServers, writeServers, type Servers } from './servers.js'

const PORT_ATTEMPTS_MAX = 5

export type ServerName = 'postgres' | 'redis'

export interface EmbeddedOptions {
  /** Holds everything: clusters, passwords, ports, logs. Made where it is missing. */
  readonly dataDir: string
  readonly log: (line: string) => void
  /** Called after a server that died is back, on the same port. */
  readonly onRestart?: (name: ServerName, pid: number) => void
  /** Servers of the caller's own: what has a URL here is not started. */
  readonly given?: { readonly databaseUrl?: string | undefined; readonly redisUrl?: string | undefined }
}

export interface Embedded {
  readonly databaseUrl: string
  readonly redisUrl: string
  /** Kept with the data, the same at every start. */
  readonly secretKey: string
  /** Current at every reading; null for a server that is not ours. */
  readonly pids: Readonly<Record<ServerName, number | null>>
  /** Ends Redis, then Postgres, each with its data on disk. */
  stop(): Promise<void>
}

interface Plan {
  readonly name: ServerName
  readonly label: string
  readonly prepare: (url: URL) => Promise<{ start(signal: AbortSignal): Promise<Running>; end(pid: number): Promise<void> }>
}

/**
 * Starts a private Postgres and Redis on the loopback interface, both at once, and keeps them running: one that
 * dies is started again within seconds, on the same port. Throws EmbeddedError with a message for the user.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = resolve(options.dataDir)
  const logs = join(dataDir, 'logs')
  try {
    // Others may pass through to what is theirs (the servers' own user), and see nothing.
    await mkdir(dataDir, { recursive: true, mode: 0o711 })
    await mkdir(logs, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new EmbeddedError(`DATA_DIR: ${dataDir} cannot be written to (${wordsOf(error)})`)
  }
  const lock = tryLock(join(dataDir, 'servers.lock'))
  if (lock === undefined) throw new EmbeddedError(`DATA_DIR: another process runs the servers in ${dataDir}`)
  const keepers: Partial<Record<ServerName, Keeper>> = {}
  const stop = async () => {
    await keepers.redis?.stop()
    await keepers.postgres?.stop()
    lock.release()
  }
  try {
    const servers = await readServers(dataDir)
    const log = options.log
    const plans: Plan[] = []
    if (options.given?.databaseUrl === undefined) {
      plans.push({ name: 'postgres', label: 'Postgres', prepare: (url) => EmbeddedPostgres.prepare({ folder: join(dataDir, 'postgres'), logFile: join(logs, 'postgres.log'), url, log }) })
    }
    if (options.given?.redisUrl === undefined) {
      plans.push({ name: 'redis', label: 'Redis', prepare: (url) => EmbeddedRedis.prepare({ folder: join(dataDir, 'redis'), logFile: join(logs, 'redis.log'), url, dataDir, log }) })
    }
    const begun = await Promise.allSettled(plans.map((plan) => begin(plan, servers, options, keepers)))
    const failed = begun.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    await writeServers(dataDir, servers)
    return {
      databaseUrl: options.given?.databaseUrl ?? servers.postgres.href,
      redisUrl: options.given?.redisUrl ?? servers.redis.href,
      secretKey: servers.secretKey,
      pids: { get postgres() { return keepers.postgres?.pid ?? null }, get redis() { return keepers.redis?.pid ?? null } },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function begin(plan: Plan, servers: Servers, options: EmbeddedOptions, keepers: Partial<Record<ServerName, Keeper>>): Promise<void> {
  const url = servers[plan.name]
  // Leftovers are ended first: one of ours on our own port is no reason to move to another.
  const server = await plan.prepare(url)
  for (let attempt = 1; ; attempt += 1) {
    const others = Object.values(servers).filter((value) => value instanceof URL).map((value) => Number(value.port))
    const port = await choosePort(url.port === '' ? undefined : Number(url.port), others)
    if (url.port !== '' && String(port) !== url.port) options.log(`Port ${url.port} is taken by another program: ${plan.label} moves to ${port}`)
    url.port = String(port)
    const keeper = new Keeper({
      name: plan.label,
      start: (signal) => server.start(signal),
      end: (pid) => server.end(pid),
      log: options.log,
      onRestart: (pid) => options.onRestart?.(plan.name, pid),
      pauseMs: [50, 2_000],
    })
    try {
      await keeper.begin()
      keepers[plan.name] = keeper
      return
    } catch (error) {
      const taken = isPortTaken(error) || (await portTrouble(port)) === 'EADDRINUSE'
      if (!taken || attempt >= PORT_ATTEMPTS_MAX) throw error
    }
  }
}
