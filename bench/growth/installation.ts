import { totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemContext } from '../../src/common/context.js'
import { AppError } from '../../src/common/errors.js'
import type { ParticipantFacts } from '../../src/common/participant-facts.js'
import { DrawService } from '../../src/modules/draws/draw.service.js'
import { streamsOf } from '../../src/modules/settlement/published.store.js'
import { SettlementService } from '../../src/modules/settlement/settlement.service.js'
import type { StreamRef } from '../../src/modules/settlement/settlement.types.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import type { TestApp } from '../../test/support/app.js'
import { asOwner } from '../../test/support/database.js'
import { QUERY } from '../player.js'
import type { System, World } from '../world.js'

const BUCKETS = 8
const MEMORY_SHARE = 0.6
const IN_FLIGHT = 192
const RETRY_MS = 50
/** What is decided and not settled, and what is settled and not consumed, is kept small: what fills up is not what is measured. */
const BACKLOG_MAX = 20_000
const LOG_BYTES_MAX = 256 * 1024 * 1024
const WATCH_MS = 500
const STALLED_MS_MAX = 300_000
const FACTS: ParticipantFacts = { tier: null, riskPool: null, segments: [], attributes: new Map() }

const OWN_SLOTS = 'FROM pg_replication_slots WHERE database = current_database()'
const LAG = `SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)), 0)::float8 AS lag ${OWN_SLOTS}`
const CONSUMED = `SELECT coalesce(min(confirmed_flush_lsn) >= $1::pg_lsn, true) AS done ${OWN_SLOTS}`

/** Names that follow one another in no order that an index has: neighbours in time are none in it. */
export const participantOf = (n: number): string => `user-${(Math.imul(n, 2_654_435_761) >>> 0).toString(36)}`

/** A campaign that grows, on a Postgres and a Redis of its own. */
export class Installation {
  readonly #streams: readonly StreamRef[]
  #worker: System | null = null
  #sentinels = 0
  /** Draws so far, each of another participant but for those of the rounds. */
  participants = 0

  private constructor(readonly world: World, readonly campaignId: string, private readonly app: TestApp) {
    const { tenantId, id, no, bucketCount, epoch } = world.snapshot(campaignId)
    this.#streams = streamsOf({ tenantId, place: { id, no, bucketCount }, status: 'ACTIVE', epoch })
  }

  static async open(open: () => Promise<World>): Promise<Installation> {
    const world = await open()
    const campaignId = await world.campaign({ bucketCount: BUCKETS })
    await world.campaignsAreMade()
    // The embedded server's own bound is for a machine that it shares with much else.
    await world.redis.config('SET', 'maxmemory', memoryMax())
    return new Installation(world, campaignId, await world.boot({ ROLE: 'api' }))
  }

  async close(): Promise<void> {
    await this.stopWorker()
    await this.app.stop()
    await this.world.close()
  }

  get workerPid(): number | null {
    return this.#worker === null ? null : [...this.#worker.children.values()][0]!.pid
  }

  async startWorker(): Promise<void> {
    this.#worker ??= await this.world.product('worker', this.campaignId, 'worker')
  }

  async stopWorker(): Promise<void> {
    await this.#worker?.stop()
    this.#worker = null
  }

  /** A draw's request over HTTP, of a participant who has drawn before. */
  body(key: string): string {
    const userId = participantOf(Math.floor(Math.random() * this.participants))
    return JSON.stringify({ query: QUERY, variables: { input: { campaignId: this.campaignId, userId, idempotencyKey: key } } })
  }

  /** One draw of each new participant until there are so many: decided by DrawService, settled and consumed by a worker. `say`: now and then. */
  async fill(until: number, say: (done: number) => void): Promise<void> {
    await this.startWorker()
    const watch = this.#watch(say)
    try {
      await this.decide(until, () => watch.mayGoOn())
    } finally {
      watch.stop()
    }
    await this.caughtUp()
  }

  /** The same, decided and no more unless a worker runs. */
  async decide(until: number, mayGoOn: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
      while (this.participants < until) {
        const n = this.participants++
        await mayGoOn()
        await this.#draw(participantOf(n), `fill-${n.toString(36)}`)
      }
    }))
  }

  /** Everything decided is settled, and everything settled is consumed. */
  async caughtUp(): Promise<void> {
    await this.#until('the streams are empty', async () => (await this.backlog()) === 0)
    const { lsn } = await this.row<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn')
    // The slot is acknowledged with what consumers have done: with this draw, and so with all before it.
    await this.#draw('sentinel', `sentinel-${this.#sentinels++}`)
    await this.#until('the changes are consumed', async () => (await this.row<{ done: boolean }>(CONSUMED, [lsn])).done)
    await this.#until('the streams are empty', async () => (await this.backlog()) === 0)
  }

  /** Settles all that is in the streams, in this process. Returns how many entries that were. */
  async settle(): Promise<number> {
    const entries = await this.backlog()
    const settlement = this.app.app.get(SettlementService, { strict: false })
    for (const deadline = performance.now() + STALLED_MS_MAX; (await this.backlog()) > 0;) {
      if (performance.now() > deadline) throw new Error('The streams cannot be settled')
      await Promise.all(this.#streams.map((stream) => settlement.settle(stream)))
    }
    return entries
  }

  /** Entries that are decided and not settled. */
  async backlog(): Promise<number> {
    const names = this.#streams.map(({ campaign, epoch, bucket }) => bucketKeys(campaign, epoch, bucket).stream)
    const lengths = await Promise.all(names.map((name) => this.world.redis.xlen(name)))
    return lengths.reduce((sum, length) => sum + length, 0)
  }

  /** The one row of a query, as the database's owner. */
  row<T extends object>(query: string, values: unknown[] = []): Promise<T> {
    return asOwner(this.world.databaseUrl, async (client) => (await client.query<T>(query, values)).rows[0]!)
  }

  async #draw(userId: string, idempotencyKey: string): Promise<void> {
    const draws = this.app.app.get(DrawService, { strict: false })
    const ctx = systemContext(this.world.tenant.id, 'bench')
    const request = { campaignId: this.campaignId, userId, idempotencyKey, count: 1, deviceId: null, ip: null, facts: FACTS }
    for (const deadline = performance.now() + STALLED_MS_MAX; performance.now() < deadline; await sleep(RETRY_MS)) {
      try {
        const answer = await draws.draw(ctx, request)
        if (answer.kind === 'accepted') return
        if (answer.code !== 'RECOVERING') throw new Error(`A draw was answered with ${answer.code}`)
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'OVERLOADED')) throw error
      }
    }
    throw new Error('A draw was not accepted in time')
  }

  /** Holds the draws back while settlement or the consumers are behind. */
  #watch(say: (done: number) => void): { mayGoOn(): Promise<void>; stop(): void } {
    let behind = Promise.withResolvers<void>()
    behind.resolve()
    let held = false
    const look = async () => {
      const { lag } = await this.row<{ lag: number }>(LAG)
      const isBehind = lag > LOG_BYTES_MAX || (await this.backlog()) > BACKLOG_MAX
      if (isBehind && !held) behind = Promise.withResolvers<void>()
      if (!isBehind && held) behind.resolve()
      held = isBehind
      say(this.participants)
    }
    // A look that fails is followed by the next; draws tell what is really wrong.
    const timer = setInterval(() => { look().catch(() => undefined) }, WATCH_MS)
    return { mayGoOn: () => behind.promise, stop: () => { clearInterval(timer); behind.resolve() } }
  }

  async #until(what: string, probe: () => Promise<boolean>): Promise<void> {
    for (const deadline = performance.now() + STALLED_MS_MAX; !(await probe()); await sleep(50)) {
      if (performance.now() > deadline) throw new Error(`Not after ${STALLED_MS_MAX / 1_000} s: ${what}`)
    }
  }
}

/** What a Redis of this bench may use. */
export const memoryMax = (): number => Math.floor(totalmem() * MEMORY_SHARE)
