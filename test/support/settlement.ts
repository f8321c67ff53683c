import { parseOutcome } from '../../src/modules/draws/domain/answer.js'
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import pg from 'pg'
import { systemContext } from '../../src/common/context.js'
import { newId } from '../../src/common/ids.js'
import { parseConfig } from '../../src/config/config.js'
import { requireRuntimeConfig } from '../../src/config/config.module.js'
import { sealSeed } from '../../src/modules/campaigns/domain/seed.js'
import { GateService } from '../../src/modules/campaigns/gate.service.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { bucketOf } from '../../src/platform/redis/keys.js'
import { BooksService } from '../../src/modules/settlement/books/books.service.js'
import type { AuditOptions } from '../../src/modules/settlement/books/books.types.js'
import { BooksStore } from '../../src/modules/settlement/books/books.store.js'
import { PoppedListsStore } from '../../src/modules/settlement/books/popped-lists.store.js'
import { TicketSampleService } from '../../src/modules/settlement/books/ticket-sample.service.js'
import { CutStore } from '../../src/modules/settlement/books/cut.store.js'
import { DrainPermits } from '../../src/modules/settlement/domain/drain-permits.js'
import { DrainService } from '../../src/modules/settlement/drain.service.js'
import { PublishedStore } from '../../src/modules/settlement/published.store.js'
import { EpochStore } from '../../src/modules/settlement/recovery/epoch.store.js'
import { PoppedStock } from '../../src/modules/settlement/recovery/popped-stock.js'
import { RebuildService } from '../../src/modules/settlement/recovery/rebuild.service.js'
import { RebuildStore } from '../../src/modules/settlement/recovery/rebuild.store.js'
import { VerifyService } from '../../src/modules/settlement/recovery/verify.service.js'
import { SettleBatchStore } from '../../src/modules/settlement/settle-batch.store.js'
import { SettlementMetrics } from '../../src/modules/settlement/settlement-metrics.js'
import { SettlementService } from '../../src/modules/settlement/settlement.service.js'
import type { KnownCampaign, StreamRef } from '../../src/modules/settlement/settlement.types.js'
import { StreamStore } from '../../src/modules/settlement/stream.store.js'
import { Suspicions } from '../../src/modules/settlement/suspicions.js'
import { WinBatchStore } from '../../src/modules/settlement/win-batch.store.js'
import { WinCommitter } from '../../src/modules/settlement/win-committer.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import type { QueuePort } from '../../src/platform/queue/queue.port.js'
import { bucketKeys, type CampaignPlace } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { loadScripts } from '../../src/platform/redis/script.js'
import { Logger } from '../../src/platform/telemetry/logger.js'
import { Metrics } from '../../src/platform/telemetry/metrics.js'
import { createTestDatabase } from './database.js'
import { fromSetup } from './environment.js'
import { emptyTestRedis } from './redis.js'

export interface PlantedPrize {
  readonly stock: number
  readonly isFallback?: boolean
  readonly probabilityPpb?: number
  readonly winsPerUser?: number
}
export interface PlantOptions {
  readonly bucketCount?: number
  readonly prizes?: readonly PlantedPrize[]
  readonly drawsPerUserTotal?: number
  readonly drawsPerUserDaily?: number
  readonly winsPerUser?: number
  readonly requiresTickets?: boolean
  readonly status?: string
}

export interface Planted {
  readonly tenantId: string
  readonly id: string
  readonly place: CampaignPlace
  readonly prizeIds: readonly string[]
  published(): Promise<KnownCampaign>
  stream(bucket?: number): Promise<StreamRef>
}

export interface PlantedDraw {
  readonly userId: string
  readonly key?: string
  /** As in a stream entry: '0', '3', 'f3'; one a draw. */
  readonly outcomes?: readonly string[]
  readonly rolls?: readonly number[]
  readonly ticket?: boolean
  readonly createdMs?: number
}

interface SeenRow { id: string; participant_id: string; state: string; outcome: string; version: number; ordinal: number }

const FIRST_ID = 1n << 40n

/** In one step, as the decide script itself: an audit that runs meanwhile must not find a number without its entry. */
const DECIDE = `
local d = cjson.decode(ARGV[1])
local ids, outcomes, rolls = table.concat(d.own, ','), table.concat(d.outcomes, ','), table.concat(d.rolled, ',')
local seq = redis.call('HINCRBY', KEYS[1], 'q', 1)
for _, position in ipairs(d.positions) do redis.call('HINCRBY', KEYS[1], 'p' .. position, -1) end
redis.call('HINCRBY', KEYS[2], 'n', #d.own)
if d.ticket then redis.call('HINCRBY', KEYS[2], 't', -#d.own) end
local created = string.format('%.0f', d.createdMs)
redis.call('HSET', KEYS[2], 'k' .. d.key, table.concat({ '1', created, ids, outcomes, rolls, seq, '1' }, '|'))
redis.call('XADD', KEYS[3], seq .. '-0', 'y', 'D', 'u', d.userId, 'k', d.key, 'f', '1', 'i', ids, 'o', outcomes, 'r', rolls,
  'c', created, 'v', '1', 'x', 'phone', 'a', '192.0.2.1', 't', '', 'z', d.ticket and '1' or '0')
for _, id in ipairs(d.own) do redis.call('HSET', KEYS[4], id, seq) end
return seq`

/** Settlement, recovery and books on a real Postgres and Redis, without the loops that would run beside a test. */
export async function startSettlement() {
  const database = await createTestDatabase()
  const redisUrl = await emptyTestRedis()
  const config = requireRuntimeConfig(parseConfig({
    NODE_ENV: 'test', LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent', DATABASE_URL: database.databaseUrl, REDIS_URL: redisUrl,
    SECRET_KEY: fromSetup('TEST_SECRET_KEY'), SETTLEMENT_BATCH_MAX: '50', WIN_COMMIT_TIMEOUT_MS: '2000',
  }))
  const logger = new Logger(config)
  const metrics = new Metrics()
  const sql = new SqlService(config, logger, metrics)
  const redisService = new RedisService(config, logger, metrics)
  await redisService.onModuleInit()
  const redis: Redis = redisService.client
  const streams = new StreamStore(redisService)
  const suspicions = new Suspicions()
  const own = new SettlementMetrics(metrics)
  const permits = new DrainPermits({ min: 1, max: 4, targetMs: 10_000 })
  const drainsWith = (store: SettleBatchStore) => new DrainService(config, streams, store, logger, metrics, own, suspicions, permits)
  const drains = drainsWith(new SettleBatchStore(sql))
  const wins = new WinCommitter(config, new WinBatchStore(sql), sql, logger, metrics, own)
  /** Each with gauges of its own. */
  const settlementWith = (queue: QueuePort) =>
    new SettlementService(config, drains, wins, queue, logger, permits, new SettlementMetrics(new Metrics()))
  const published = new PublishedStore(sql)
  const cuts = new CutStore(redisService)
  const verify = new VerifyService(redisService, sql, cuts, streams)
  const gates = new GateService(config, sql, redisService)
  const snapshots = new SnapshotService(config, sql, redisService, logger)
  const epochs = new EpochStore(sql)
  const popped = new PoppedStock(redisService, logger)
  const rebuilds = new RebuildService(
    config, redisService, drains, epochs, new RebuildStore(sql), gates, snapshots, verify, popped, own, logger,
  )
  const samples = new TicketSampleService(sql, redisService)
  const books = new BooksService(redisService, new BooksStore(sql), cuts, streams, samples, new PoppedListsStore(redisService))
  await loadScripts(redis)
  const owner = new pg.Client({ connectionString: database.databaseUrl })
  await owner.connect()
  let ids = FIRST_ID

  /** A published campaign, its stock in its buckets and its gates open, as publishing leaves it. */
  async function plant(options: PlantOptions = {}): Promise<Planted> {
    const tenantId = newId()
    const id = newId()
    const bucketCount = options.bucketCount ?? 1
    const prizes = options.prizes ?? [{ stock: 100 }]
    await owner.query('INSERT INTO tenant (id, slug, name) VALUES ($1, $2, $2)', [tenantId, `t-${randomBytes(6).toString('hex')}`])
    const { rows } = await owner.query<{ no: number }>(
      `INSERT INTO campaign (tenant_id, id, slug, name, mechanic, status, starts_at, ends_at, bucket_count, draws_per_user_total, draws_per_user_daily,
         wins_per_user, requires_tickets, epoch, seed_sealed, seed_hash, published_at)
       VALUES ($1, $2, $3, $3, 'LOTTERY', $9::campaign_status, now() - interval '1 hour', now() + interval '1 hour', $4, $5, $6, $7, $8, 1, $10, $10, now()) RETURNING no`,
      [tenantId, id, `c-${id}`, bucketCount, options.drawsPerUserTotal ?? null, options.drawsPerUserDaily ?? null, options.winsPerUser ?? null,
        options.requiresTickets ?? false, options.status ?? 'ACTIVE', sealSeed(config.secretKey, id, randomBytes(32))],
    )
    const place = { id, no: rows[0]!.no, bucketCount }
    const prizeIds: string[] = []
    for (let bucket = 0; bucket < bucketCount; bucket++) await redis.hset(bucketKeys(place, 1, bucket).stock, 'q', 0, 'tv', 0)
    for (const [n, prize] of prizes.entries()) {
      const prizeId = newId()
      prizeIds.push(prizeId)
      await owner.query(
        `INSERT INTO prize (tenant_id, id, campaign_id, position, name, probability_ppb, stock_total, is_fallback, wins_per_user)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [tenantId, prizeId, id, n + 1, `Prize ${n + 1}`, prize.probabilityPpb ?? 100_000_000, prize.stock, prize.isFallback ?? false, prize.winsPerUser ?? null],
      )
      const ledger = (movement: string, quantity: number, from: string, to: string, key: string) => owner.query(
        `INSERT INTO stock_ledger (tenant_id, campaign_id, prize_id, movement, quantity, from_place, to_place, idempotency_key, applied_at)
         VALUES ($1, $2, $3, $4::stock_movement, $5, $6, $7, $8, now()) RETURNING id`, [tenantId, id, prizeId, movement, quantity, from, to, key])
      await ledger('GRANT', prize.stock, 'outside', 'vault', `publish:${prizeId}`)
      for (let bucket = 0; bucket < bucketCount; bucket++) {
        const share = Math.floor(prize.stock / bucketCount) + (bucket < prize.stock % bucketCount ? 1 : 0)
        if (share === 0) continue
        const released = await ledger('RELEASE', share, 'vault', `bucket:${bucket}`, `publish:b${bucket}:${prizeId}`)
        await redis.hset(bucketKeys(place, 1, bucket).stock, `p${n + 1}`, share)
        await redis.hset(bucketKeys(place, 1, bucket).applied, String(released.rows[0]!.id), share)
      }
    }
    await gates.open(tenantId, id)
    const current = async () => (await published.all()).find((campaign) => campaign.place.id === id)!
    return {
      tenantId, id, place, prizeIds,
      published: current,
      stream: async (bucket = 0) => ({ tenantId, campaign: place, epoch: (await current()).epoch, bucket }),
    }
  }

  /** Writes what the decide script writes: the participant's answer, the stock that is left, the entry. Returns the ids and the number. */
  async function decide(campaign: Planted, { userId, key = newId(), outcomes = ['0'], rolls, ticket = false, createdMs = Date.now() }: PlantedDraw) {
    const bucket = bucketOf(campaign.place, userId)
    const { epoch } = await campaign.stream()
    const keys = bucketKeys(campaign.place, epoch, bucket)
    const own = outcomes.map(() => String(ids++))
    const rolled = rolls ?? outcomes.map(() => 999_999_999)
    const run = Number(await redis.hget(keys.gate, 'n'))
    const seq = Number(await redis.eval(DECIDE, 4, keys.stock, `${keys.participants}${userId}`, keys.stream, keys.pend,
      JSON.stringify({ userId, key, own, outcomes, rolled, createdMs, ticket, positions: outcomes.filter((outcome) => outcome !== '0').map((outcome) => parseOutcome(outcome).position) })))
    return { ids: own, key, seq, bucket, run, userId, outcomes, rolls: rolled, createdMs }
  }

  /** A grant as the product leaves it: in the ledger, and in Redis. */
  async function grant(campaign: Planted, userId: string, amount: number, expiresAt: Date | null = null): Promise<void> {
    const { rows } = await owner.query<{ id: string }>(
      `INSERT INTO ticket_ledger (tenant_id, campaign_id, participant_id, movement, amount, reason, idempotency_key, expires_at, applied_at)
       VALUES ($1, $2, $3, 'GRANT', $4, 'test', $5, $6, now()) RETURNING id`, [campaign.tenantId, campaign.id, userId, amount, `grant:${newId()}`, expiresAt])
    const { epoch } = await campaign.stream()
    const hash = `${bucketKeys(campaign.place, epoch, bucketOf(campaign.place, userId)).participants}${userId}`
    await redis.hset(hash, `g${rows[0]!.id}`, '1')
    if (expiresAt === null) await redis.hincrby(hash, 't', amount)
    else await redis.hset(hash, 'tl', `${expiresAt.getTime()}:${amount}`)
  }

  /** What the draw path hands to the group commit for a decided request. */
  async function toCommit(campaign: Planted, decided: Awaited<ReturnType<typeof decide>>) {
    const snapshot = (await snapshots.reload(campaign.tenantId, campaign.id))!
    return {
      campaign: snapshot, bucket: decided.bucket, run: decided.run, seq: decided.seq, participantId: decided.userId, idempotencyKey: decided.key, fingerprint: '1',
      createdAtMs: decided.createdMs, campaignVersion: 1, oddsTable: 0, deviceId: 'phone', ip: '192.0.2.1', traceParent: null,
      draws: decided.ids.map((id, n) => ({
        snowflake: BigInt(id), ordinal: n + 1, roll: decided.rolls[n]!,
        ...parseOutcome(decided.outcomes[n]!),
      })),
    }
  }

  return {
    config, logger, metrics, sql, redisService, redis, owner, suspicions, drains, drainsWith, settlementWith, wins, published,
    verify, rebuilds, gates,
    plant, decide, grant, toCommit,
    // Once is enough where nothing else is going on; what is wrong would else be read four times.
    audit: (campaign: Planted, options: AuditOptions = {}) =>
      books.audit(systemContext(campaign.tenantId, 'test'), campaign.id, { attempts: 1, ...options }),
    rows: async (campaign: Planted) => (await owner.query<SeenRow>(
      'SELECT id::text, participant_id, state::text, outcome::text, version, ordinal FROM draw WHERE campaign_id = $1 ORDER BY id', [campaign.id])).rows,
    close: async () => {
      await owner.end()
      await redisService.onApplicationShutdown()
      await sql.onApplicationShutdown()
      await database.drop()
    },
  }
}

export type SettlementKit = Awaited<ReturnType<typeof startSettlement>>
