import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { childEnvironment } from './config/child-environment.js'
import { ConfigError, parseConfig, type Config } from './config/config.js'
import { DEMO_TENANT_SLUG } from './demo/demo.types.js'
import { appKeeper, endLeftoverApp, type Demo } from './platform/embedded/app-process.js'
import { startEmbedded, type Embedded } from './platform/embedded/embedded.js'
import { EmbeddedError, isCode, readIfThere, wordsOf, writePrivate } from './platform/embedded/files.js'
import type { Keeper } from './platform/embedded/keeper.js'
import type { Lock } from './platform/embedded/lock.js'
import { portTrouble } from './platform/embedded/ports.js'
import { announce, livePresence, lockSupervisor, stayWith, type Presence } from './platform/embedded/presence.js'
import { signal } from './platform/embedded/processes.js'
import { databaseTrouble, redisTrouble } from './platform/embedded/reach.js'
import { welcome } from './platform/embedded/welcome.js'

const MIGRATE_TIMEOUT_MS = 10 * 60_000
/** How long the lock may be held by somebody who does not show himself. */
const PRESENCE_TIMEOUT_MS = 15_000
const POLL_MS = 100
/** A process that has just ended may hold its ports a moment longer, until the last of its threads is gone. */
const PORT_PATIENCE_MS = 3_000

/** A reason to end that is complete as it stands; exit code 1. */
class Refusal extends Error {}

/**
 * Runs the whole product on one machine: Postgres and Redis where no URLs are given, migrations, the app; keeps
 * them running, and ends them in the opposite order. Every child has a process group of its own, so that a signal
 * to a whole group arrives here alone.
 */
class Supervisor {
  readonly #began = performance.now()
  readonly #stop = new AbortController()
  readonly #dataDir: string
  #reason: 'asked' | 'abandoned' = 'asked'
  #embedded: Embedded | undefined
  #app: Keeper | undefined
  #appPid: number | null = null
  #demo: Demo | null = null
  #writing: Promise<void> = Promise.resolve()
  #welcomed = false

  constructor(private readonly config: Config) {
    this.#dataDir = resolve(config.dataDir)
  }

  stop(reason: 'asked' | 'abandoned'): void {
    if (this.#stop.signal.aborted) return
    this.#reason = reason
    this.#stop.abort()
  }

  /** For those who do not want to wait for the app's last requests. The databases are still ended in order. */
  force(): void {
    if (this.#appPid !== null) signal(this.#appPid, 'SIGKILL')
    else if (this.#embedded === undefined) process.exit(130)
  }

  /** Resolves when all is stopped again. */
  async run(): Promise<void> {
    await mkdir(this.#dataDir, { recursive: true, mode: 0o711 }).catch((error: unknown) => {
      throw new Refusal(`DATA_DIR: ${this.#dataDir} cannot be made (${wordsOf(error)})`)
    })
    const lock = await this.#takeOver()
    if (lock === undefined) return
    try {
      await announce(this.#dataDir, { pid: process.pid, port: this.config.port, stopping: null })
      await this.#bringUp()
      await this.#untilStopped()
    } finally {
      await this.#bringDown()
      lock.release()
    }
  }

  /** The lock on DATA_DIR; undefined after having stayed with a supervisor that held it until that was stopped. */
  async #takeOver(): Promise<Lock | undefined> {
    let seen = performance.now()
    let told = false
    while (!this.#stop.signal.aborted) {
      const lock = lockSupervisor(this.#dataDir)
      if (lock !== undefined) return lock
      const other = await livePresence(this.#dataDir)
      if (other === undefined) {
        if (performance.now() - seen > PRESENCE_TIMEOUT_MS) throw new Refusal(`DATA_DIR: ${this.#dataDir} is locked by another process`)
        await sleep(POLL_MS)
        continue
      }
      seen = performance.now()
      if (other.stopping !== null) {
        if (!told) say(`Another Drawbridge (pid ${other.pid}) is stopping: waiting for it`)
        told = true
        await stayWith(this.#dataDir, other, () => (this.#stop.signal.aborted ? 'leave' : 'stay'))
      } else if (other.port === this.config.port) {
        if ((await this.#attach(other)) === 'over') return undefined
      } else {
        throw new Refusal(
          `DATA_DIR: ${this.#dataDir} is in use by a Drawbridge on port ${other.port} (pid ${other.pid}). Stop that one, or set DATA_DIR to another folder.`,
        )
      }
    }
    return undefined
  }

  async #attach(other: Presence): Promise<'over' | 'lost'> {
    say(`Drawbridge runs already on ${this.config.publicUrl} (pid ${other.pid}). Staying with it; Ctrl-C stops it.`)
    // Who only watched and is killed himself does not take the other down with him.
    const end = await stayWith(this.#dataDir, other, () => (!this.#stop.signal.aborted ? 'stay' : this.#reason === 'asked' ? 'stop' : 'leave'))
    say(end === 'over' ? 'It was stopped.' : 'It is gone: taking its place')
    return end
  }

  async #bringUp(): Promise<void> {
    const { config } = this
    const ended = await endLeftoverApp(this.#dataDir, say)
    await this.#refuseWhatCannotWork(ended ? PORT_PATIENCE_MS : 0)
    const own = [config.databaseUrl === undefined ? 'Postgres' : undefined, config.redisUrl === undefined ? 'Redis' : undefined].filter((name) => name !== undefined)
    const began = performance.now()
    if (own.length > 0) say(`Starting ${own.join(' and ')} (data in ${shown(this.#dataDir)})`)
    this.#embedded = await startEmbedded({
      dataDir: this.#dataDir,
      log: say,
      onRestart: () => { this.#writeDemo() },
      given: { databaseUrl: config.databaseUrl, redisUrl: config.redisUrl },
    })
    if (own.length > 0) say(`${own.join(' and ')} ready in ${seconds(began)}`)
    if (this.#stop.signal.aborted) return
    const env = this.#childEnvironment(this.#embedded)
    await this.#migrate(env)
    if (this.#stop.signal.aborted) return
    await this.#recallDemo(env)
    say('Starting the app')
    this.#app = appKeeper({
      dataDir: this.#dataDir,
      script: join(import.meta.dirname, 'main.js'),
      env,
      log: say,
      onStarted: (pid) => {
        this.#appPid = pid
        this.#writeDemo()
      },
      onReady: (demo) => { this.#onReady(demo) },
    })
    const app = this.#app
    this.#stop.signal.addEventListener('abort', () => void app.stop(), { once: true })
    await app.insist()
  }

  async #refuseWhatCannotWork(portPatienceMs: number): Promise<void> {
    const { config } = this
    const ports = [['PORT', config.port], ['METRICS_PORT', config.metricsPort]] as const
    if (config.port === config.metricsPort) throw new Refusal(`METRICS_PORT: ${config.metricsPort} is PORT as well; it must be another`)
    const troubles = await Promise.all([
      config.databaseUrl === undefined ? undefined : databaseTrouble(config.databaseUrl),
      config.redisUrl === undefined ? undefined : redisTrouble(config.redisUrl),
      ...ports.map(async ([variable, port]) => portMessage(variable, port, await lastingPortTrouble(port, config.host, portPatienceMs))),
    ])
    const found = troubles.filter((trouble) => trouble !== undefined)
    if (found.length > 0) throw new Refusal(found.join('\n'))
    if (config.environment === 'production' && config.databaseUrl !== undefined && config.secretKey === undefined) {
      throw new Refusal('SECRET_KEY: must be set in production when DATABASE_URL is')
    }
  }

  #childEnvironment(embedded: Embedded): Record<string, string> {
    const demo = this.config.demo ?? this.config.databaseUrl === undefined
    return childEnvironment({
      DATABASE_URL: embedded.databaseUrl,
      REDIS_URL: embedded.redisUrl,
      SECRET_KEY: this.config.secretKey ?? embedded.secretKey,
      DATA_DIR: this.#dataDir,
      DEMO: demo ? '1' : '0',
      // Whoever starts the demonstration at home has all of the installation.
      QUEUE_DESK_TENANT: this.config.queueDeskTenant ?? (demo ? DEMO_TENANT_SLUG : undefined),
    })
  }

  /** demo.json names the new pids before the app serves: what else it says is known from the last run. */
  async #recallDemo(env: Record<string, string>): Promise<void> {
    if (env['DEMO'] !== '1') return
    const text = await readIfThere(join(this.#dataDir, 'demo.json'))
    try {
      const known: unknown = JSON.parse(text ?? 'null')
      if (typeof known === 'object') this.#demo = known as Demo | null
    } catch {
      this.#demo = null
    }
  }

  async #migrate(env: Record<string, string>): Promise<void> {
    const script = join(import.meta.dirname, 'cli', 'migrate.js')
    const child = spawn(process.execPath, [script], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'], timeout: MIGRATE_TIMEOUT_MS })
    const end = () => child.kill('SIGTERM')
    this.#stop.signal.addEventListener('abort', end, { once: true })
    for (const stream of [child.stdout, child.stderr]) {
      let rest = ''
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) say(line)
      }).once('end', () => { if (rest !== '') say(rest) })
    }
    const code = await new Promise<number | null>((settle, fail) => {
      child.once('error', fail)
      child.once('close', settle)
    })
    this.#stop.signal.removeEventListener('abort', end)
    if (code !== 0 && !this.#stop.signal.aborted) throw new Refusal('The database could not be migrated; nothing was started.')
  }

  #onReady(demo: Demo | null): void {
    this.#demo = demo
    this.#writeDemo()
    if (this.#welcomed) return
    this.#welcomed = true
    const demoFile = shown(join(this.#dataDir, 'demo.json'))
    void this.#writing.then(() => {
      for (const line of welcome(this.config, demo, demoFile, seconds(this.#began))) say(line)
    })
  }

  /** One write after another, so that the newest stays; each reads the pids when its turn comes. */
  #writeDemo(): void {
    if (this.#demo === null) return
    this.#writing = this.#writing.then(async () => {
      const pids = { app: this.#appPid, postgres: this.#embedded?.pids.postgres ?? null, redis: this.#embedded?.pids.redis ?? null }
      await writePrivate(join(this.#dataDir, 'demo.json'), `${JSON.stringify({ ...this.#demo, pids }, null, 2)}\n`)
    }).catch((error: unknown) => { say(`demo.json could not be written: ${wordsOf(error)}`) })
  }

  async #untilStopped(): Promise<void> {
    if (this.#stop.signal.aborted) return
    await new Promise((settle) => { this.#stop.signal.addEventListener('abort', settle, { once: true }) })
  }

  async #bringDown(): Promise<void> {
    this.#stop.abort()
    const began = performance.now()
    await announce(this.#dataDir, { pid: process.pid, port: this.config.port, stopping: this.#reason }).catch(() => undefined)
    if (this.#app !== undefined) say(this.#reason === 'abandoned' ? 'npm start is gone: stopping' : 'Stopping')
    await this.#app?.stop()
    await this.#embedded?.stop()
    this.#appPid = null
    this.#embedded = undefined
    this.#writeDemo()
    await this.#writing
    if (this.#app !== undefined) say(`Stopped in ${seconds(began)}; everything is on disk.`)
  }
}

/** As portTrouble, of a port that is still in use after `patienceMs`. */
async function lastingPortTrouble(port: number, host: string, patienceMs: number): Promise<string | undefined> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const trouble = await portTrouble(port, host)
    if (trouble !== 'EADDRINUSE' || performance.now() >= deadline) return trouble
    await sleep(POLL_MS)
  }
}

function portMessage(variable: string, port: number, trouble: string | undefined): string | undefined {
  if (trouble === undefined) return undefined
  if (trouble === 'EADDRINUSE') return `${variable}: ${port} is in use by another program. Choose another, for example: ${variable}=${port + 10} npm start`
  if (trouble === 'EACCES') return `${variable}: this user may not listen on ${port}; choose one above 1023`
  return `${variable}: cannot listen on ${port} (${trouble})`
}

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** A path as a person would type it from here. */
function shown(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' || short.startsWith('..') ? path : short
}

function say(line: string): void {
  console.log(line)
}

try {
  const supervisor = new Supervisor(parseConfig())
  process.on('SIGTERM', () => { supervisor.stop('asked') })
  process.on('SIGINT', () => { supervisor.stop('asked') })
  process.on('disconnect', () => { supervisor.stop('abandoned') })
  process.on('message', () => { supervisor.force() })
  const crash = (error: unknown) => {
    console.error(error)
    process.exitCode = 1
    supervisor.stop('asked')
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  // The terminal may be gone before us.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  await supervisor.run()
  process.exit()
} catch (error) {
  const known = error instanceof Refusal || error instanceof EmbeddedError || error instanceof ConfigError
  // Files are written under DATA_DIR alone; the system's message names the one.
  const disk = isCode(error, 'EACCES', 'EPERM', 'EROFS')
  console.error(known ? error.message : disk ? `DATA_DIR: ${wordsOf(error)}. Its owner can start it there, or set DATA_DIR to a folder of your own.` : error)
  process.exit(1)
}
