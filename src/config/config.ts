import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { z } from 'zod'

/** How many proxies stand before this process (0: none), or their addresses and CIDR ranges. */
export type TrustedProxies = number | readonly string[]

/** A value of the environment that the product cannot start with. `variable` is the name to mend. */
export class ConfigError extends Error {
  constructor(readonly variable: string, reason: string) {
    super(`${variable}: ${reason}`)
    this.name = 'ConfigError'
  }
}

const port = z.coerce.number().int().min(1).max(65_535)
const positive = z.coerce.number().int().positive()
const flag = z.enum(['0', '1', 'true', 'false']).transform((value) => value === '1' || value === 'true')
const url = (...schemes: string[]) =>
  z.string().refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol), `must be a URL that begins with ${schemes.map((s) => `${s}//`).join(' or ')}`)

const PROXIES_MAX = 100
const PROXIES = 'must be 0, the number of proxies before this process (1 to 10), or a comma list of their addresses and CIDR ranges'

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const width = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return more.length === 0 && !address.includes('%') && (bits === undefined ? width > 0 : /^\d{1,3}$/.test(bits) && Number(bits) <= width)
}

const proxies = z.string().transform((text, context): TrustedProxies => {
  if (/^\d{1,2}$/.test(text) && Number(text) <= 10) return Number(text)
  const ranges = text.split(',').map((range) => range.trim())
  if (ranges.length <= PROXIES_MAX && ranges.every(isRange)) return ranges
  context.addIssue({ code: 'custom', message: PROXIES })
  return z.NEVER
})

const DELAY_MS_MAX = 7 * 86_400_000
const DELAYS_MAX = 20
const delays = z.string().transform((text, context): readonly number[] => {
  const all = text.split(',').map((delay) => delay.trim())
  if (all.length <= DELAYS_MAX && all.every((delay) => /^\d{1,9}$/.test(delay) && Number(delay) <= DELAY_MS_MAX)) return all.map(Number)
  context.addIssue({ code: 'custom', message: `must be a comma list of 1 to ${DELAYS_MAX} times in ms, each at most ${DELAY_MS_MAX}` })
  return z.NEVER
})

const environment = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  ROLE: z.enum(['api', 'worker', 'all']).default('all'),
  HOST: z.string().min(1).default('0.0.0.0'),
  PORT: port.default(3000),
  /** Prometheus metrics; PORT + 1 unless set, and none where it is 0. */
  METRICS_PORT: z.union([z.literal('0').transform(() => 0), port]).optional(),
  DATA_DIR: z.string().min(1).default('.data'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** The owner of the database: migrations, and the replication slot. */
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  REDIS_URL: url('redis:', 'rediss:').optional(),
  /** At least 32 characters; seals secrets at rest and derives the runtime role's password. */
  SECRET_KEY: z.string().min(32, 'must be at least 32 characters').optional(),
  DEMO: flag.optional(),
  PUBLIC_URL: url('http:', 'https:').optional(),
  TRUST_PROXY: proxies.default(0),
  BODY_BYTES_MAX: positive.default(32_768),
  /** Operators send lists. */
  ADMIN_BODY_BYTES_MAX: positive.default(524_288),
  /** Whether draws may take the compiled way; the general one answers the same. */
  COMPILED_DRAWS: flag.default(true),
  REQUESTS_IN_FLIGHT_MAX: positive.default(2_000),
  /** How many processes answer the APIs of one start, on one port; `auto`: one less than there are cores. The process that starts them settles. */
  API_PROCESSES: z.union([z.literal('auto'), positive.max(128)]).default(1),
  /** Whether draws are counted in the rates of all processes together; by itself where API_PROCESSES is more than 1. */
  SHARED_RATES: flag.optional(),
  /** How many draws a process makes of a campaign that nobody has before it is ready, so that its own first ones are as fast as later ones; 0: none. */
  REHEARSED_DRAWS: z.coerce.number().int().min(0).max(100_000).default(1_000),
  /** How many draws of one process may be at work at the same time: between these, by their latency. */
  DRAWS_AT_WORK_MIN: positive.default(64),
  DRAWS_AT_WORK_MAX: positive.max(10_000).default(512),
  /** How many of those begin in one turn of the event loop; the others follow in the next, VIPs first. */
  DRAWS_PER_LOOP_MAX: positive.max(10_000).default(24),
  /** While half of the draws take no longer than this, more may be at work. */
  DRAW_LATENCY_TARGET_MS: positive.max(10_000).default(60),
  /** How long a draw waits for its turn before it is refused. */
  DRAW_WAIT_MS_MAX: z.coerce.number().int().min(0).max(10_000).default(50),
  /** Of the whole installation; 0: no bound. */
  DRAWS_PER_SECOND_MAX: z.coerce.number().int().min(0).max(10_000_000).default(0),
  /** What a tenant's operators may set its limits to. `npm run tenant` may go beyond. */
  TENANT_DRAWS_PER_SECOND_MAX: positive.max(10_000_000).default(100_000),
  /** Devices (participant tokens) alone; a server key is limited by its tenant. What holds where a tenant has no limit of its own. */
  DEVICE_IP_DRAWS_PER_SECOND_MAX: positive.default(5),
  PARTICIPANT_DRAWS_PER_SECOND_MAX: positive.default(5),
  DATABASE_POOL_MAX: positive.default(10),
  DATABASE_TIMEOUT_MS: positive.default(5_000),
  REDIS_TIMEOUT_MS: positive.default(2_000),
  /** How long Postgres and Redis are not asked after five failures in a row, before one call finds out. Short: what is back is to serve at once. */
  DATABASE_BREAKER_MS: positive.max(600_000).default(500),
  REDIS_BREAKER_MS: positive.max(600_000).default(500),
  /** How long nothing must have been wrong before work beside the draws that has gone off by itself is on again. */
  FEATURES_RETURN_MS: positive.max(3_600_000).default(60_000),
  /** Of the draws of so long, 99.5 % must have been answered. */
  FEATURES_WINDOW_MS: positive.min(1_000).max(3_600_000).default(300_000),
  WIN_COMMIT_WINDOW_MS: z.coerce.number().int().min(0).max(100).default(2),
  WIN_COMMIT_TIMEOUT_MS: positive.default(3_000),
  SETTLEMENT_BATCH_MAX: positive.max(5_000).default(1_000),
  /** How many streams a process drains at the same time: between these, by how many wait, and as the database takes it. */
  SETTLEMENT_CONCURRENCY_MIN: positive.max(64).optional(),
  SETTLEMENT_CONCURRENCY_MAX: positive.max(64).optional(),
  /** The name that SETTLEMENT_CONCURRENCY_MAX had. */
  SETTLEMENT_CONCURRENCY: positive.max(64).default(8),
  /** While half of the batches take no longer than this, more streams may be drained. */
  SETTLEMENT_LATENCY_TARGET_MS: positive.max(10_000).default(500),
  /** Entries of all streams; from so many on, draws are refused until there are fewer. */
  SETTLEMENT_BACKLOG_MAX: positive.default(1_000_000),
  /** How long a stream that has just been settled waits before the next batch, ms; 0: not. */
  SETTLEMENT_PACE_MS: z.coerce.number().int().min(0).max(10_000).default(200),
  /** Some sweeps run every so many intervals: more would be longer than a timer can be set to. */
  SWEEP_INTERVAL_MS: positive.max(60_000).default(1_000),
  /** How long after each failed delivery of an award the next is tried, in ms; after the last it is the operators'. */
  FULFILMENT_RETRY_MS: delays.default([60_000, 180_000, 300_000, 600_000, 1_200_000]),
  FULFILMENT_TIMEOUT_MS: positive.max(60_000).default(10_000),
  /** Per tenant and process. */
  FULFILMENT_CONCURRENCY: positive.max(64).default(8),
  /** How long a webhook that has failed five times in a row is left alone before one award finds out whether it is back; 0: it is not. */
  FULFILMENT_BREAKER_MS: z.coerce.number().int().min(0).max(3_600_000).default(30_000),
  /** Whether a webhook may lead to private and loopback addresses. */
  FULFILMENT_PRIVATE_ADDRESSES: flag.default(false),
  /** Where change events are read: from the log, from an outbox that triggers fill, or wherever the server allows. */
  EVENT_SOURCE: z.enum(['auto', 'log', 'outbox']).default('auto'),
  /** The slug of the tenant whose owners may look at the queues, which hold jobs of every tenant; without it nobody may. */
  QUEUE_DESK_TENANT: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "must be a tenant's slug").optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().optional(),
})

/** Of the pool's connections, those that are left to wins (which have two lanes) and to everything else. */
const CONNECTIONS_LEFT = 3
const DRAINS_MIN = 2

/** Each drain holds a connection while it writes: more than the pool has for them would only wait for one another. */
function drains(e: z.infer<typeof environment>) {
  const wanted = e.SETTLEMENT_CONCURRENCY_MAX ?? e.SETTLEMENT_CONCURRENCY
  const least = e.SETTLEMENT_CONCURRENCY_MIN ?? Math.min(DRAINS_MIN, wanted)
  if (least > wanted) throw new ConfigError('SETTLEMENT_CONCURRENCY_MIN', 'must be at most SETTLEMENT_CONCURRENCY_MAX')
  const settlementConcurrencyMax = Math.max(1, Math.min(wanted, e.DATABASE_POOL_MAX - CONNECTIONS_LEFT))
  return { settlementConcurrencyMax, settlementConcurrencyMin: Math.min(least, settlementConcurrencyMax) }
}

export type Config = Readonly<ReturnType<typeof parseConfig>>

/**
 * Reads the whole configuration once. Throws ConfigError naming the first variable that cannot be used:
 * a bad value is an error, never a silent default. An empty string counts as not set.
 */
export function parseConfig(env: Record<string, string | undefined> = process.env) {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new ConfigError(String(issue?.path[0] ?? 'environment'), issue?.message ?? 'invalid')
  }
  const e = parsed.data
  if (e.DRAWS_AT_WORK_MIN > e.DRAWS_AT_WORK_MAX) throw new ConfigError('DRAWS_AT_WORK_MIN', 'must be at most DRAWS_AT_WORK_MAX')
  const apiProcesses = e.API_PROCESSES === 'auto' ? Math.max(1, availableParallelism() - 1) : e.API_PROCESSES
  return {
    environment: e.NODE_ENV,
    role: e.ROLE,
    host: e.HOST,
    port: e.PORT,
    metricsPort: e.METRICS_PORT ?? e.PORT + 1,
    dataDir: e.DATA_DIR,
    logLevel: e.LOG_LEVEL,
    databaseUrl: e.DATABASE_URL,
    redisUrl: e.REDIS_URL,
    secretKey: e.SECRET_KEY,
    demo: e.DEMO,
    publicUrl: e.PUBLIC_URL ?? `http://localhost:${e.PORT}`,
    trustProxy: e.TRUST_PROXY,
    bodyBytesMax: e.BODY_BYTES_MAX,
    adminBodyBytesMax: e.ADMIN_BODY_BYTES_MAX,
    compiledDraws: e.COMPILED_DRAWS,
    requestsInFlightMax: e.REQUESTS_IN_FLIGHT_MAX,
    apiProcesses,
    sharedRates: e.SHARED_RATES ?? apiProcesses > 1,
    rehearsedDraws: e.REHEARSED_DRAWS,
    drawsAtWorkMin: e.DRAWS_AT_WORK_MIN,
    drawsAtWorkMax: e.DRAWS_AT_WORK_MAX,
    drawsPerLoopMax: e.DRAWS_PER_LOOP_MAX,
    drawLatencyTargetMs: e.DRAW_LATENCY_TARGET_MS,
    drawWaitMsMax: e.DRAW_WAIT_MS_MAX,
    drawsPerSecondMax: e.DRAWS_PER_SECOND_MAX,
    tenantDrawsPerSecondMax: e.TENANT_DRAWS_PER_SECOND_MAX,
    deviceIpDrawsPerSecondMax: e.DEVICE_IP_DRAWS_PER_SECOND_MAX,
    participantDrawsPerSecondMax: e.PARTICIPANT_DRAWS_PER_SECOND_MAX,
    databasePoolMax: e.DATABASE_POOL_MAX,
    databaseTimeoutMs: e.DATABASE_TIMEOUT_MS,
    redisTimeoutMs: e.REDIS_TIMEOUT_MS,
    databaseBreakerMs: e.DATABASE_BREAKER_MS,
    redisBreakerMs: e.REDIS_BREAKER_MS,
    featuresReturnMs: e.FEATURES_RETURN_MS,
    featuresWindowMs: e.FEATURES_WINDOW_MS,
    winCommitWindowMs: e.WIN_COMMIT_WINDOW_MS,
    winCommitTimeoutMs: e.WIN_COMMIT_TIMEOUT_MS,
    settlementBatchMax: e.SETTLEMENT_BATCH_MAX,
    ...drains(e),
    settlementLatencyTargetMs: e.SETTLEMENT_LATENCY_TARGET_MS,
    settlementBacklogMax: e.SETTLEMENT_BACKLOG_MAX,
    settlementPaceMs: e.SETTLEMENT_PACE_MS,
    sweepIntervalMs: e.SWEEP_INTERVAL_MS,
    fulfilmentRetryMs: e.FULFILMENT_RETRY_MS,
    fulfilmentTimeoutMs: e.FULFILMENT_TIMEOUT_MS,
    fulfilmentConcurrency: e.FULFILMENT_CONCURRENCY,
    fulfilmentBreakerMs: e.FULFILMENT_BREAKER_MS,
    fulfilmentPrivateAddresses: e.FULFILMENT_PRIVATE_ADDRESSES,
    eventSource: e.EVENT_SOURCE,
    queueDeskTenant: e.QUEUE_DESK_TENANT,
    otlpEndpoint: e.OTEL_EXPORTER_OTLP_ENDPOINT,
  } as const
}
