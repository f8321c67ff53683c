import { chmod, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Redis } from 'ioredis'
import { login } from '../../../src/cli/rush/campaign.js'
import { GraphqlClient } from '../../../src/cli/rush/client.js'
import type { Failpoint } from '../../../src/common/failpoint.js'
import { choosePort } from '../../../src/platform/embedded/ports.js'
import { processesIn } from '../../../src/platform/embedded/processes.js'
import { eventually, Start, temporaryFolder } from '../../embedded/harness.js'
import { openCrashCampaigns } from '../../support/crash-campaigns.js'
import { DrawLedger } from '../../support/draw-ledger.js'
import { buildProduct, type ProductBuild } from '../../support/product-build.js'
import type { Seed } from '../../support/seed.js'
import { SteadyDraws } from '../../support/steady-draws.js'
import { FaultServer } from './fault-server.js'
import { judge, type Verdict } from './judge.js'
import { mountDisk } from './small-disk.js'
import { stuckReport } from './stuck-report.js'
import { TcpProxy } from './tcp-proxy.js'
import { Worker } from './worker.js'

const START_MS_MAX = 120_000
const SECRET_KEY = 'a-secret-key-of-the-fault-suite-and-nobody-else'

export interface WorldOptions {
  readonly name: string
  readonly seed: Seed
  /** What the product is told beside its servers. */
  readonly env?: Readonly<Record<string, string>>
  readonly callers?: number
  readonly users?: number
  /** Beside the app, each with the role of a worker. */
  readonly workers?: number
  /** Of Postgres, in the place of the product's own. */
  readonly postgresSettings?: Readonly<Record<string, string>>
  /** Disks of their own, so large. */
  readonly diskBytes?: Readonly<Partial<Record<'postgres' | 'redis', number>>>
}

type Demo = Readonly<Record<'graphqlUrl' | 'adminGraphqlUrl' | 'apiKey' | 'operatorEmail' | 'operatorPassword', string> & { pids: { app: number | null } }>

/**
 * The product as it is built, with failpoints, under steady draws, on a Postgres and a Redis of its own that it reaches by
 * proxies. Whatever is done to it, in the end `judge` says whether its promises were kept.
 */
export class FaultWorld {
  private constructor(
    private readonly options: WorldOptions,
    private readonly folder: Awaited<ReturnType<typeof temporaryFolder>>,
    private readonly build: ProductBuild,
    readonly postgres: FaultServer,
    private master: FaultServer,
    readonly postgresProxy: TcpProxy,
    readonly redisProxy: TcpProxy,
    private readonly product: Start,
    readonly metricsPort: number,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly undo: Array<() => Promise<unknown>>,
  ) {}

  #admin: GraphqlClient | undefined
  #ledger: DrawLedger | undefined
  #draws: SteadyDraws | undefined
  readonly #redisLostAtMs: number[] = []
  readonly #workers: Worker[] = []
  #servers = 1
  #campaignIds: string[] = []
  #demo: Demo | undefined

  /** Everything runs, and the first draws are answered. Where that fails, nothing is left behind. */
  static async open(options: WorldOptions): Promise<FaultWorld> {
    const undo: Array<() => Promise<unknown>> = []
    try {
      const build = await buildProduct({ failpoints: true })
      undo.push(() => build.remove())
      const folder = await temporaryFolder()
      undo.push(() => folder.remove())
      // The servers' own user must be able to reach their folders in here.
      await chmod(folder.path, 0o711)
      const place = async (name: 'postgres' | 'redis') => {
        const bytes = options.diskBytes?.[name]
        if (bytes === undefined) return folder.path
        const disk = join(folder.path, `disk-${name}`)
        undo.push(await mountDisk(disk, bytes))
        return disk
      }
      const postgres = await FaultServer.postgres(await place('postgres'), options.postgresSettings)
      await postgres.start()
      undo.push(() => postgres.stop())
      const redis = await FaultServer.redis(await place('redis'))
      await redis.start()
      undo.push(() => redis.stop())
      const postgresProxy = await TcpProxy.open(postgres.port)
      undo.push(() => postgresProxy.close())
      const redisProxy = await TcpProxy.open(redis.port)
      undo.push(() => redisProxy.close())
      const port = await choosePort(undefined)
      const metricsPort = await choosePort(undefined, [port])
      const environment = {
        DATABASE_URL: postgresProxy.through(postgres.url), REDIS_URL: redisProxy.through(redis.url), SECRET_KEY, LOG_LEVEL: 'info',
        FAILPOINT_ORDER: join(folder.path, 'failpoint'), CLOCK_SHIFT: join(folder.path, 'clock'),
        NODE_OPTIONS: `--import=${pathToFileURL(join(process.cwd(), 'test/faults/world/shift-clock.mjs')).href}`,
      }
      const product = new Start(build.supervisor, join(folder.path, 'data'), port, {
        ...environment, DEMO: '1', METRICS_PORT: String(metricsPort), ...options.env,
      })
      undo.push(() => product.stop())
      const world = new FaultWorld(
        options, folder, build, postgres, redis, postgresProxy, redisProxy, product, metricsPort, environment, undo,
      )
      await world.#begin().catch(async (error: unknown) => {
        await world.tellEnd()
        throw error
      })
      return world
    } catch (error) {
      for (const step of undo.toReversed()) await step().catch(() => undefined)
      throw error
    }
  }

  /** The one that the product is led to. */
  get redis(): FaultServer {
    return this.master
  }

  get draws(): SteadyDraws {
    return there(this.#draws)
  }

  get admin(): GraphqlClient {
    return there(this.#admin)
  }

  get campaignIds(): readonly string[] {
    return this.#campaignIds
  }

  get databaseUrl(): string { return this.postgres.url.href }

  get demo(): Demo {
    return there(this.#demo)
  }

  say(line: string): void {
    process.stderr.write(`${this.options.name}: ${line}\n`)
  }

  /** The app's process as the supervisor has it now. */
  async appPid(): Promise<number> {
    return there((await this.#readDemo()).pids.app)
  }

  /** Resolves when every campaign has acknowledged a win that was asked for from now on; returns how long that took, in ms. */
  async answersAgain(timeoutMs: number, after: string): Promise<number> {
    const since = performance.now()
    try {
      await eventually(async () => this.draws.winsEverywhere(since), timeoutMs, `draws are answered again after ${after}`)
    } catch (error) {
      await this.tellStuck()
      throw error
    }
    return performance.now() - since
  }

  /** The next process that comes there does as it is told, once. */
  async arm(failpoint: Failpoint, action: 'kill' | 'stop' | 'throw'): Promise<void> {
    await rm(`${this.#order}.met`, { force: true })
    // In one step: nobody may read half of it.
    await writeFile(`${this.#order}.new`, `${failpoint} ${action}`)
    await rename(`${this.#order}.new`, this.#order)
  }

  async untilMet(failpoint: Failpoint, timeoutMs: number): Promise<void> {
    await eventually(async () => (await readFile(`${this.#order}.met`, 'utf8').catch(() => '')).startsWith(`${failpoint} `), timeoutMs, `${failpoint} is met`)
  }

  async disarm(): Promise<void> {
    await rm(this.#order, { force: true })
  }

  /** The callers' own books. */
  readLedger(): ReturnType<DrawLedger['read']> {
    return there(this.#ledger).read()
  }

  /** Every process of it: the postmaster's children would go on. */
  async stopPostgres(meanwhile: () => Promise<void>): Promise<void> {
    const pids = await processesIn(this.postgres.folder)
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    try {
      await meanwhile()
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT')
    }
  }

  /** It is killed, forgets the last bytes that it wrote, and starts again. */
  async cutRedisTail(bytes: number): Promise<void> {
    await this.loseRedis(() => this.redis.kill())
    const folder = join(this.redis.folder, 'appendonlydir')
    const names = (await readdir(folder)).filter((name) => name.endsWith('.incr.aof'))
    const file = join(folder, names.sort().at(-1)!)
    const { size } = await stat(file)
    await truncate(file, Math.max(0, size - bytes))
    await this.redis.start()
  }

  /** Another Redis, which nobody is led to yet; the world ends it. */
  async newRedis(): Promise<FaultServer> {
    const redis = await FaultServer.redis(this.folder.path, `redis-${++this.#servers}`)
    await redis.start()
    this.undo.push(() => redis.stop())
    return redis
  }

  /** A Redis that has all that the master had until now, and is none's replica any more. */
  async newReplica(): Promise<FaultServer> {
    const replica = await this.newRedis()
    const { url } = this.master
    await this.withRedis(async (redis) => {
      await redis.config('SET', 'masterauth', decodeURIComponent(url.password))
      await redis.replicaof('127.0.0.1', Number(url.port))
      await eventually(async () => (await redis.info('replication')).includes('master_link_status:up'), 30_000, 'the replica follows')
      await redis.call('REPLICAOF', 'NO', 'ONE')
    }, replica)
    return replica
  }

  /** New connections lead to that Redis, as after a failover: the workers', and the app's unless it is not to hear of it. */
  promote(redis: FaultServer, { app = true } = {}): void {
    this.master = redis
    for (const { redisProxy } of this.#workers) redisProxy.retarget(redis.port)
    if (app) this.redisProxy.retarget(redis.port)
  }

  /** Redis forgets something that it has told: acknowledged losses that were not settled may be drawn again. */
  async loseRedis(how: () => Promise<unknown>): Promise<void> {
    await how()
    this.#redisLostAtMs.push(Date.now())
  }

  get workers(): readonly Worker[] {
    return this.#workers
  }

  /** One more process of the product, with the role of a worker; resolves when it serves. */
  async startWorker(): Promise<Worker> {
    const redisProxy = await TcpProxy.open(this.master.port)
    this.undo.push(() => redisProxy.close())
    const worker = await Worker.start(join(dirname(this.build.supervisor), 'main.js'), redisProxy, {
      ...this.environment, REDIS_URL: redisProxy.through(this.master.url), ROLE: 'worker', DATA_DIR: join(this.folder.path, 'data'),
    })
    this.#workers.push(worker)
    this.undo.push(() => worker.stop())
    return worker
  }

  /** The clock of the product's processes, against that of everybody else. */
  async shiftClock(ms: number): Promise<void> {
    await writeFile(`${this.environment.CLOCK_SHIFT}.new`, String(ms))
    await rename(`${this.environment.CLOCK_SHIFT}.new`, this.environment.CLOCK_SHIFT!)
    // Read twenty times a second.
    await sleep(200)
  }

  /** Straight to a Redis, past the proxy. */
  async withRedis<T>(work: (redis: Redis) => Promise<T>, server = this.redis): Promise<T> {
    const redis = new Redis(server.url.href, { maxRetriesPerRequest: 1 })
    redis.on('error', () => undefined)
    try {
      return await work(redis)
    } finally {
      redis.disconnect()
    }
  }

  metrics(): Promise<string> {
    return fetch(`http://127.0.0.1:${this.metricsPort}/metrics`).then((response) => response.text())
  }

  readLog(): Promise<string> {
    return readFile(join(this.folder.path, 'data', 'logs', 'app.log'), 'utf8')
  }

  async judge(): Promise<Verdict> {
    const servers = { DATABASE_URL: this.postgres.url.href, REDIS_URL: this.redis.url.href, SECRET_KEY }
    const { admin, draws, campaignIds } = this
    const verdict = await judge({
      build: this.build, servers, admin, campaignIds, ledger: there(this.#ledger), draws, redisLostAtMs: this.#redisLostAtMs,
    })
    this.say(verdict.summary)
    await this.#tellErrors(verdict.surprises)
    return verdict
  }

  /** For the reader of a failed test. */
  async tellEnd(): Promise<void> {
    this.say(`the supervisor said:\n${this.product.output}`)
    this.say(`the end of the app's log:\n${(await this.readLog().catch(() => '')).slice(-4_000)}`)
  }

  /** For the reader of a failed test: where things stand while they stand still. */
  async tellStuck(): Promise<void> {
    this.say(await stuckReport(await this.metrics().catch(String), this.databaseUrl, this.redis.url.href))
    await this.tellEnd()
  }

  /** What stands in the log of answers that said no more than where it stands. */
  async #tellErrors(answers: readonly string[]): Promise<void> {
    const ids = answers.flatMap((answer) => /logged as (\S+)/.exec(answer)?.[1] ?? [])
    if (ids.length === 0) return
    const log = await this.readLog()
    for (const line of log.split('\n')) if (ids.some((id) => line.includes(id))) this.say(line)
  }

  async close(): Promise<void> {
    await this.#draws?.stop().catch(() => undefined)
    this.#draws?.close()
    this.#admin?.close()
    await this.#ledger?.close()
    for (const step of this.undo.toReversed()) await step()
  }

  async #readDemo(): Promise<Demo> {
    return JSON.parse(await readFile(join(this.folder.path, 'data', 'demo.json'), 'utf8')) as Demo
  }

  get #order(): string {
    return join(this.folder.path, 'failpoint')
  }

  async #begin(): Promise<void> {
    // Said when the database is migrated: a worker would end before.
    await eventually(async () => this.product.output.includes('Starting the app'), START_MS_MAX, 'the database is migrated')
    const workers = Array.from({ length: this.options.workers ?? 0 }, () => this.startWorker())
    const demo = await eventually(async () => {
      if (this.product.child.exitCode !== null) throw new Error(`the product ended with ${this.product.child.exitCode}`)
      const serves = await fetch(`http://127.0.0.1:${this.product.port}/readyz`).then(({ ok }) => ok, () => false)
      return serves && this.#readDemo().catch(() => false as const)
    }, START_MS_MAX, 'the product is ready')
    await Promise.all(workers)
    this.#demo = demo
    const door = new GraphqlClient(demo.adminGraphqlUrl, {}, 1)
    const token = await login(door, { email: demo.operatorEmail, password: demo.operatorPassword })
    door.close()
    this.#admin = new GraphqlClient(demo.adminGraphqlUrl, { authorization: `Bearer ${token}` }, 2)
    this.#campaignIds = await openCrashCampaigns(this.#admin)
    this.#ledger = await DrawLedger.create(join(this.folder.path, 'ledger'))
    const { seed, callers = 8, users = 400 } = this.options
    this.#draws = new SteadyDraws({
      graphqlUrl: demo.graphqlUrl, apiKey: demo.apiKey, campaignIds: this.#campaignIds, users, callers, ledger: this.#ledger, seed,
    })
    this.#draws.start()
    await this.answersAgain(START_MS_MAX, 'the start')
  }
}

function there<T>(found: T | null | undefined): T {
  if (found == null) throw new Error('The world is not open yet')
  return found
}
