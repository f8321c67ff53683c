import { execFile } from 'node:child_process'
import { chown, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { childEnvironment } from '../../config/child-environment.js'
import { EmbeddedError, isCode, tailOf, wordsOf } from './files.js'
import { invocation, serverIdentity, type Identity } from './identity.js'
import { launch, type Running } from './keeper.js'
import { endProcess, ownedPid, processesIn } from './processes.js'
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.js'

const run = promisify(execFile)
const START_TIMEOUT_MS = 120_000
const ATTEMPTS_MAX = 40
const POLL_MS = 25
/** Fast, then immediate, then the last resort; a Postgres that is killed recovers from its log. */
const END_STEPS = [['SIGINT', 15_000], ['SIGQUIT', 5_000], ['SIGKILL', 5_000]] as const

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_wal_senders: '10',
  max_replication_slots: '10',
  // A consumer that never comes back must not fill the disk with the log that is kept for it.
  max_slot_wal_keep_size: '2GB',
  shared_buffers: '256MB',
  max_connections: '100',
  max_wal_size: '1GB',
  synchronous_commit: 'on',
  password_encryption: 'scram-sha-256',
  jit: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
  idle_in_transaction_session_timeout: '5min',
  lc_messages: 'C',
}

export interface PostgresOptions {
  /** The cluster's folder; its parent must exist. */
  readonly folder: string
  readonly logFile: string
  readonly url: URL
  readonly log: (line: string) => void
  /** In the place of the product's own. */
  readonly settings?: Readonly<Record<string, string>>
}

/** One private Postgres cluster: makes it on first use, starts it on the port of `url`, ends it. */
export class EmbeddedPostgres {
  private constructor(
    private readonly options: PostgresOptions, private readonly binaries: PostgresBinaries, private readonly identity: Identity | undefined,
  ) {}

  /** Makes the cluster unless it is there, and ends what a killed owner left running on it. */
  static async prepare(options: PostgresOptions): Promise<EmbeddedPostgres> {
    const postgres = new EmbeddedPostgres(options, await postgresBinaries(), await serverIdentity(options.folder))
    await postgres.endLeftovers()
    if ((await stat(options.folder).catch(() => undefined)) === undefined) await postgres.initialise()
    return postgres
  }

  /** Resolves when the server answers and the product's database exists. An error says what its log says. */
  async start(signal: AbortSignal): Promise<Running> {
    const { folder, logFile, url } = this.options
    const flags = Object.entries({ ...settings, ...this.options.settings, port: url.port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const how = await invocation(this.identity, [this.binaries.home, folder], 'INT', this.binaries.postgres, ['-D', folder, ...flags])
    for (let attempt = 1; ; attempt += 1) {
      const running = await launch(how, { logFile, cwd: '/', env: serverEnvironment() })
      try {
        await this.#untilItAnswers(running, signal)
        return running
      } catch (error) {
        if (!running.hasEnded()) await endProcess(running.pid, END_STEPS)
        const tail = await tailOf(logFile, 4)
        // After kill -9 of the postmaster its children need a moment to notice; until then they hold its memory.
        const passing = /pre-existing shared memory block|lock file "postmaster\.pid" already exists/.test(tail)
        if (signal.aborted || !passing || attempt >= ATTEMPTS_MAX) throw error
        await this.endLeftovers()
        await sleep(100)
      }
    }
  }

  end = (pid: number): Promise<void> => endProcess(pid, END_STEPS)

  /** Ends a postmaster, and children without one, that work on this folder; forgets a pid file that names a stranger. */
  async endLeftovers(): Promise<void> {
    const { folder, log } = this.options
    const pidFile = join(folder, 'postmaster.pid')
    const orphan = await ownedPid(pidFile, [folder])
    if (orphan !== undefined) {
      log(`Postgres of an earlier run still works (pid ${orphan}); stopping it`)
      await this.end(orphan)
    }
    const children = await processesIn(folder)
    await Promise.all(children.map((pid) => endProcess(pid, [['SIGQUIT', 1_000], ['SIGKILL', 2_000]])))
    const named = await ownedPid(pidFile, [])
    if (named !== undefined && (await ownedPid(pidFile, [folder])) === undefined) await rm(pidFile, { force: true })
  }

  async initialise(): Promise<void> {
    const { folder, url, log } = this.options
    log('Making a new Postgres cluster')
    // Made under another name: a folder that bears the right one is always complete.
    const draft = `${folder}.new`
    const passwordFile = `${folder}.password`
    await rm(draft, { recursive: true, force: true })
    await mkdir(draft, { mode: 0o700 })
    await rm(passwordFile, { force: true })
    await writeFile(passwordFile, `${decodeURIComponent(url.password)}\n`, { mode: 0o600, flag: 'wx' })
    try {
      if (this.identity !== undefined) {
        for (const path of [draft, passwordFile]) await chown(path, this.identity.uid, this.identity.gid)
      }
      const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--encoding=UTF8']
      const args = ['--pgdata', draft, '--username', url.username, '--pwfile', passwordFile, '--auth=scram-sha-256', '--data-checksums', ...locale]
      const how = await invocation(this.identity, [this.binaries.home, draft], undefined, this.binaries.initdb, args)
      const ids = how.uid === undefined ? {} : { uid: how.uid, gid: how.gid }
      await run(how.command, [...how.args], { cwd: '/', env: serverEnvironment(), timeout: START_TIMEOUT_MS, ...ids })
      await rename(draft, folder)
    } catch (error) {
      throw new EmbeddedError(`The Postgres cluster could not be made in ${folder}: ${lastWords(error)}`)
    } finally {
      await rm(passwordFile, { force: true })
    }
  }

  async #untilItAnswers(running: Running, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS
    for (;;) {
      if (running.hasEnded()) throw new EmbeddedError(`Postgres ended at its start:\n${await tailOf(this.options.logFile, 6)}`)
      if (signal.aborted) throw new EmbeddedError('Postgres was told to stop before it answered')
      if (performance.now() > deadline) throw new EmbeddedError(`Postgres does not answer after ${START_TIMEOUT_MS / 1000} s; see ${this.options.logFile}`)
      try {
        await ensureDatabase(this.options.url)
        // Ours, and not another that was given this port a moment ago.
        if (!running.hasEnded()) return
      } catch (error) {
        if (isCode(error, '28P01')) throw new EmbeddedError(`Postgres in ${this.options.folder} refuses the password in DATA_DIR/servers.json`)
        if (!isCode(error, 'ECONNREFUSED', 'ECONNRESET', '57P03', 'ETIMEDOUT')) throw error
      }
      await sleep(POLL_MS)
    }
  }
}

async function ensureDatabase(url: URL): Promise<void> {
  const name = decodeURIComponent(url.pathname.slice(1))
  const maintenance = new URL(url)
  maintenance.pathname = '/postgres'
  const client = new Client({ connectionString: maintenance.href, connectionTimeoutMillis: 5_000, query_timeout: 30_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Nothing that would make the server or initdb behave by the caller's own Postgres settings. */
function serverEnvironment(): Record<string, string> {
  const inherited = Object.entries(childEnvironment()).filter(([name]) => !/^(?:PG|LC_|DATABASE_URL|REDIS_URL|SECRET_KEY)/.test(name))
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' }
}

function lastWords(error: unknown): string {
  const stderr = typeof error === 'object' && error !== null && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : ''
  return (stderr === '' ? wordsOf(error) : stderr).split('\n').slice(-4).join('\n')
}
