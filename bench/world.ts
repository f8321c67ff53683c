import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Redis } from 'ioredis'
import type { CampaignSnapshot } from '../src/modules/campaigns/domain/snapshot.js'
import { SnapshotService } from '../src/modules/campaigns/snapshot.service.js'
import { localDays } from '../src/modules/draws/domain/calendar.js'
import { choosePort } from '../src/platform/embedded/ports.js'
import { bootApp, type TestApp } from '../test/support/app.js'
import { asOwner, createDatabase, withDatabaseName } from '../test/support/database.js'
import { CERTAIN_PPB, createCampaign, createTenant, login, moveCampaign, type TestCampaignInput } from '../test/support/fixtures.js'
import { enterStack, startStack, type TestStack } from '../test/support/stack.js'
import type { BaselineOptions } from './baselines/server.js'
import { Child } from './servers/child.js'
import type { LimitOptions } from './servers/limit.js'

/** One draw in a hundred is won. */
export const WIN_PPB = CERTAIN_PPB / 100
const STOCK = 100_000_000
const DRAWS_PER_USER = 1_000_000
const BUCKETS = 4
const HOUR_MS = 3_600_000
/** Of a tenant whose limit no load here reaches. */
const UNLIMITED = 1_000_000

/** Who draws: a tenant whose limit no load here reaches. */
export interface Tenant { readonly id: string; readonly apiKey: string; readonly token: string }

export interface ProductOptions {
  /** Node's. */
  readonly flags?: readonly string[]
  /** Settings by the names of their environment variables, over those of this bench. */
  readonly env?: Readonly<Record<string, string>>
}

/** What is measured: where it listens, how a draw is asked for, and what serves it. */
export interface System {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly campaignId: string
  /** By the part that each plays. */
  readonly children: ReadonlyMap<string, Child>
  /** The product's alone. */
  readonly metricsUrl?: string
  /** Draws of the campaign that are in Postgres for good. */
  settled(): Promise<number>
  stop(): Promise<void>
}

const dist = (file: string) => new URL(`../dist/${file}`, import.meta.url)
const own = (file: string) => new URL(file, import.meta.url)
const stopAll = async (children: ReadonlyMap<string, Child>) => { for (const child of children.values()) await child.stop() }
const countOf = (databaseUrl: string, query: string, campaignId: string) => asOwner(databaseUrl, async (client) =>
  Number((await client.query<{ count: string }>(query, [campaignId])).rows[0]!.count))

export const headersOf = ({ apiKey }: Tenant): Readonly<Record<string, string>> => ({ 'x-api-key': apiKey })

async function newTenant(admin: TestApp): Promise<Tenant> {
  const { tenantId, apiKey, ownerEmail, ownerPassword } = await createTenant(admin, { drawsPerSecondMax: UNLIMITED })
  return { id: tenantId, apiKey, token: await login(admin, ownerEmail, ownerPassword) }
}

/** A Postgres and a Redis, the product's tenant on them, and all that is compared. */
export class World {
  private constructor(
    readonly databaseUrl: string,
    readonly redisUrl: string,
    readonly redis: Redis,
    readonly tenant: Tenant,
    private readonly admin: TestApp,
    private readonly stack: TestStack,
  ) {}

  /** As they were published. */
  readonly #snapshots = new Map<string, CampaignSnapshot>()

  /** The app that stays up answers operators alone: it is a worker only until every campaign is made. */
  static async open(): Promise<World> {
    const stack = await startStack({ workers: 1 })
    enterStack(stack)
    try {
      const admin = await bootApp({ env: { LOG_LEVEL: 'error' } })
      const redis = new Redis(admin.redisUrl)
      return new World(admin.databaseUrl, admin.redisUrl, redis, await newTenant(admin), admin, stack)
    } catch (error) {
      await stack.stop()
      throw error
    }
  }

  /** Another tenant beside the first. */
  anotherTenant(): Promise<Tenant> {
    return newTenant(this.admin)
  }

  /** A lottery of which one draw in a hundred is won, durably, with a quota that none reaches; or as `input` says. */
  async campaign(input: Partial<TestCampaignInput> = {}, { id: tenantId, token } = this.tenant): Promise<string> {
    const prizes = [{ name: 'Prize', kind: 'VIRTUAL' as const, probabilityPpb: WIN_PPB, stockTotal: STOCK }]
    const endsAt = new Date(Date.now() + 24 * HOUR_MS).toISOString()
    const given = { bucketCount: BUCKETS, drawsPerUserTotal: DRAWS_PER_USER, endsAt, prizes, ...input }
    const { id } = await moveCampaign(this.admin, token, 'publish', await createCampaign(this.admin, token, given))
    this.#snapshots.set(id, (await this.admin.app.get(SnapshotService, { strict: false }).get(tenantId, id))!)
    return id
  }

  snapshot(campaignId: string): CampaignSnapshot {
    return this.#snapshots.get(campaignId)!
  }

  /** No more campaigns after this: nothing of this process runs beside what is measured. */
  async campaignsAreMade(): Promise<void> {
    await this.admin.stop()
  }

  /** The product's services in this very process, for what is asked of them without HTTP. */
  boot(env: Record<string, string>): Promise<TestApp> {
    // Where there are two worlds, this process knows of the one that it entered last.
    enterStack(this.stack)
    return bootApp({ env: { LOG_LEVEL: 'error', ...env }, on: this })
  }

  settledOf(campaignId: string): Promise<number> {
    return countOf(this.databaseUrl, "SELECT count(*) FROM draw WHERE campaign_id = $1 AND state = 'SETTLED'", campaignId)
  }

  /** One process with that role; with `all` it settles too, and a `worker` does nothing else. */
  async product(name: string, campaignId: string, role: 'api' | 'worker' | 'all', options: ProductOptions = {}): Promise<System> {
    const { port, metricsPort, child } = await this.#productProcess(role, options)
    return {
      name, url: `http://127.0.0.1:${port}/graphql`, headers: headersOf(this.tenant), campaignId,
      children: new Map([[role === 'all' ? 'app' : role, child]]),
      metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
      settled: () => this.settledOf(campaignId),
      stop: () => child.stop(),
    }
  }

  async limit(name: string, campaignId: string): Promise<System> {
    const options = await this.#limitOptions(campaignId)
    const child = await Child.start({ script: own('servers/limit.ts'), args: [JSON.stringify(options)], readyUrl: `http://127.0.0.1:${options.port}/` })
    return {
      name, url: `http://127.0.0.1:${options.port}/graphql`, headers: {}, campaignId, children: new Map([['server', child]]),
      settled: () => Promise.resolve(0), stop: () => child.stop(),
    }
  }

  async baseline(name: string, kind: 'locking' | 'queued'): Promise<System> {
    const options = await this.#baselineOptions(kind)
    const args = [JSON.stringify(options)]
    const children = new Map<string, Child>()
    // Any answer: Apollo refuses a GET.
    children.set('app', await Child.start({ script: own(`baselines/${kind}.ts`), args, readyUrl: `http://127.0.0.1:${options.port}/graphql?query=%7Bok%7D`, env: {} }))
    if (kind === 'queued') children.set('worker', await Child.start({ script: own('baselines/queued-worker.ts'), args }))
    return {
      name, url: `http://127.0.0.1:${options.port}/graphql`, headers: { 'x-api-key': options.apiKey }, campaignId: options.campaignId, children,
      settled: () => countOf(options.databaseUrl, 'SELECT count(*) FROM draw WHERE campaign_id = $1', options.campaignId),
      stop: () => stopAll(children),
    }
  }

  async close(): Promise<void> {
    this.redis.disconnect()
    await this.admin.stop()
    await this.stack.stop()
  }

  async #productProcess(role: 'api' | 'worker' | 'all', { flags = [], env = {} }: ProductOptions) {
    const port = await choosePort(undefined)
    const metricsPort = await choosePort(undefined, [port])
    const child = await Child.start({
      script: dist('main.js'), flags, readyUrl: `http://127.0.0.1:${port}/readyz`,
      env: {
        DATABASE_URL: this.databaseUrl, REDIS_URL: this.redisUrl, SECRET_KEY: this.stack.environment.TEST_SECRET_KEY!, ROLE: role, HOST: '127.0.0.1',
        NODE_ENV: 'production', PORT: String(port), METRICS_PORT: String(metricsPort), ...env,
      },
    })
    return { port, metricsPort, child }
  }

  async #limitOptions(campaignId: string): Promise<LimitOptions> {
    const { id, no, bucketCount, epoch, version, riskVersion, timezone, prizes } = this.snapshot(campaignId)
    return {
      port: await choosePort(undefined), redisUrl: this.redisUrl, place: { id, no, bucketCount }, epoch, version, riskVersion,
      position: prizes[0]!.position, winPpb: WIN_PPB, days: localDays(timezone, Date.now()),
    }
  }

  async #baselineOptions(kind: string): Promise<BaselineOptions> {
    const name = `${new URL(this.databaseUrl).pathname.slice(1)}_${kind}`
    await createDatabase(this.databaseUrl, name)
    const databaseUrl = withDatabaseName(this.databaseUrl, name)
    const campaignId = randomUUID()
    const schema = await readFile(own('baselines/schema.sql'), 'utf8')
    await asOwner(databaseUrl, async (client) => {
      await client.query(schema)
      await client.query("INSERT INTO prize VALUES ($1, $2, 'Prize', $3, $4)", [randomUUID(), campaignId, WIN_PPB, STOCK])
    })
    return { port: await choosePort(undefined), databaseUrl, redisUrl: this.redisUrl, apiKey: 'a-key-of-the-baseline', campaignId, drawsPerUserMax: DRAWS_PER_USER }
  }
}
