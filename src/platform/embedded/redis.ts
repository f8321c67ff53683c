import { chown, mkdir } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { childEnvironment } from '../../config/child-environment.js'
import { EmbeddedError, isCode, tailOf, wordsOf, writePrivate } from './files.js'
import { invocation, serverIdentity, type Identity } from './identity.js'
import { launch, type Running } from './keeper.js'
import { endProcess, ownedPid } from './processes.js'
import { findRedis, type RedisBinary } from './redis-binary.js'

const START_TIMEOUT_MS = 120_000
const POLL_MS = 25
const END_STEPS = [['SIGTERM', 15_000], ['SIGKILL', 5_000]] as const
const MEMORY_BYTES_MIN = 512 * 1024 * 1024
const CLIENTS_MAX = 2_000

export interface RedisOptions {
  /** The server's own folder; its parent must exist. */
  readonly folder: string
  readonly logFile: string
  readonly url: URL
  readonly dataDir: string
  readonly log: (line: string) => void
}

/** One private Redis with an append-only file: starts it on the port of `url`, ends it. */
export class EmbeddedRedis {
  private constructor(
    private readonly options: RedisOptions, private readonly binary: RedisBinary, private readonly identity: Identity | undefined,
  ) {}

  /** Finds (on first need: fetches) the server, makes its folder, and ends what a killed owner left running on it. */
  static async prepare(options: RedisOptions): Promise<EmbeddedRedis> {
    const identity = await serverIdentity(options.folder)
    const binary = await findRedis(options.dataDir, options.log)
    const redis = new EmbeddedRedis(options, binary, identity)
    await redis.#endLeftovers()
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    if (identity !== undefined) await chown(options.folder, identity.uid, identity.gid)
    return redis
  }

  /** Resolves when the server answers, its data loaded. An error says what its log says. */
  async start(signal: AbortSignal): Promise<Running> {
    const { folder, logFile } = this.options
    await this.#writeConfiguration()
    const how = await invocation(this.identity, [this.binary.command, folder], 'TERM', this.binary.command, [this.#configFile])
    const running = await launch(how, { logFile, cwd: folder, env: { ...childEnvironment(), ...this.binary.env } })
    try {
      await this.#untilItAnswers(running, signal)
      return running
    } catch (error) {
      if (!running.hasEnded()) await this.end(running.pid)
      throw error
    }
  }

  end = (pid: number): Promise<void> => endProcess(pid, END_STEPS)

  get #configFile(): string {
    return join(this.options.folder, 'redis.conf')
  }

  async #endLeftovers(): Promise<void> {
    const orphan = await ownedPid(join(this.options.folder, 'redis.pid'), [this.#configFile])
    if (orphan === undefined) return
    this.options.log(`Redis of an earlier run still works (pid ${orphan}); stopping it`)
    await this.end(orphan)
  }

  async #writeConfiguration(): Promise<void> {
    const { folder, url } = this.options
    const lines = [
      'bind 127.0.0.1',
      `port ${url.port}`,
      `requirepass ${decodeURIComponent(url.password)}`,
      'daemonize no',
      `dir "${folder}"`,
      `pidfile "${join(folder, 'redis.pid')}"`,
      // The command line stays as given, so that a later start knows this server for its own.
      'set-proc-title no',
      'appendonly yes',
      'appendfsync everysec',
      'save ""',
      'maxmemory-policy noeviction',
      `maxmemory ${Math.max(MEMORY_BYTES_MIN, Math.floor(totalmem() / 4))}`,
      `maxclients ${CLIENTS_MAX}`,
      'hash-max-listpack-value 256',
    ]
    await writePrivate(this.#configFile, `${lines.join('\n')}\n`)
    if (this.identity !== undefined) await chown(this.#configFile, this.identity.uid, this.identity.gid)
  }

  async #untilItAnswers(running: Running, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS
    for (;;) {
      if (running.hasEnded()) throw await this.#endedAtStart()
      if (signal.aborted) throw new EmbeddedError('Redis was told to stop before it answered')
      if (performance.now() > deadline) throw new EmbeddedError(`Redis does not answer after ${START_TIMEOUT_MS / 1000} s; see ${this.options.logFile}`)
      if ((await answeringPid(this.options.url)) === running.pid) return
      await sleep(POLL_MS)
    }
  }

  async #endedAtStart(): Promise<Error> {
    const tail = await tailOf(this.options.logFile, 6)
    const error = new EmbeddedError(`Redis ended at its start:\n${tail}`)
    return /Address already in use/.test(tail) ? Object.assign(error, { code: 'EADDRINUSE' }) : error
  }
}

/** The pid of the Redis that answers at `url` with its data loaded; undefined while none does. */
async function answeringPid(url: URL): Promise<number | undefined> {
  const once = { lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false, maxRetriesPerRequest: 0 }
  const client = new Redis(url.href, { ...once, connectTimeout: 2_000, commandTimeout: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const [server, persistence] = await Promise.all([client.info('server'), client.info('persistence')])
    return /^loading:0/m.test(persistence) ? Number(/^process_id:(\d+)/m.exec(server)?.[1]) : undefined
  } catch (error) {
    const passing = isCode(error, 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT') || /closed|timed out|LOADING/i.test(wordsOf(error))
    // Another Redis answers where ours should: ours will say that the port is taken.
    if (passing || /WRONGPASS|NOAUTH/.test(wordsOf(error))) return undefined
    throw error
  } finally {
    client.disconnect()
  }
}
