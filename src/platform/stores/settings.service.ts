import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { Gauge } from 'prom-client'
import { ConfigError } from '../../config/config.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { SqlService } from '../prisma/sql.service.js'
import { RedisService } from '../redis/redis.service.js'
import { Logger } from '../telemetry/logger.js'
import { Metrics } from '../telemetry/metrics.js'
import { judgePostgres, judgeRedis, type Judgement, type PostgresFacts, type RedisFacts } from './settings.js'

const INTERVAL_MS = 60_000
const NAMES = { redis: 'Redis', postgres: 'Postgres' } as const
const VARIABLES = { redis: 'REDIS_URL', postgres: 'DATABASE_URL' } as const

/**
 * Holds the servers' settings against what the product promises: at the start, each minute, and whenever Redis is back. In
 * production it does not start where a setting breaks a promise; one that is changed later is an error in the log, and a metric.
 */
@Injectable()
export class StoreSettings implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #gauge: Gauge<'store' | 'setting'>
  /** By store and setting: what was said last. */
  readonly #said = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined
  readonly #onReady = () => void this.#look().catch(() => undefined)

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly redis: RedisService,
    private readonly sql: SqlService,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.#gauge = new Gauge({
      name: 'drawbridge_store_setting_ok', help: '1: the setting is as the guarantees need it; 0: see the log', labelNames: ['store', 'setting'],
      registers: [metrics.registry],
    })
  }

  /** Throws ConfigError in production where a setting breaks a promise. */
  async onApplicationBootstrap(): Promise<void> {
    const wrong = (await this.#look()).find(({ severity }) => severity === 'BREAKS')
    if (wrong !== undefined && this.config.environment === 'production') {
      throw new ConfigError(VARIABLES[wrong.store], `the setting ${wrong.setting} of ${NAMES[wrong.store]}: ${wrong.message}`)
    }
    this.redis.client.on('ready', this.#onReady)
    this.#timer = setInterval(this.#onReady, INTERVAL_MS)
    this.#timer.unref()
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer)
    this.redis.client.off('ready', this.#onReady)
  }

  /** Throws where a store cannot be asked. */
  async #look(): Promise<Judgement[]> {
    const judged = [...judgeRedis(await this.#redisFacts()), ...judgePostgres(await this.#postgresFacts())]
    for (const { store, setting, severity, message } of judged) {
      this.#gauge.set({ store, setting }, severity === null ? 1 : 0)
      this.#tell(store, setting, severity, message)
    }
    return judged
  }

  /** Each change once; nothing of what has been right from the beginning. */
  #tell(store: string, setting: string, severity: Judgement['severity'], message: string): void {
    const name = `${store} ${setting}`
    const before = this.#said.get(name)
    const now = severity ?? 'right'
    this.#said.set(name, now)
    if (before === now || (before === undefined && severity === null)) return
    const fields = { store, setting }
    if (severity === null) this.logger.info(fields, `A setting of a store is right again: ${message}`)
    else if (severity === 'BREAKS') this.logger.error(fields, `A setting of a store breaks what is promised: ${message}`)
    else this.logger.warn(fields, `A setting of a store weakens what is promised: ${message}`)
  }

  async #redisFacts(): Promise<RedisFacts> {
    const { client } = this.redis
    const info = (await Promise.all(['replication', 'memory', 'persistence'].map((section) => client.info(section)))).join('\n')
    const value = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
    // Who offers Redis as a service often forbids CONFIG.
    const fsync = await client.config('GET', 'appendfsync').then((reply) => (reply as string[])[1] ?? null, () => null)
    return {
      role: value('role'), maxmemoryPolicy: value('maxmemory_policy'), appendOnly: value('aof_enabled') === '1', appendfsync: fsync,
      maxmemory: Number(value('maxmemory')), usedMemory: Number(value('used_memory')),
    }
  }

  async #postgresFacts(): Promise<PostgresFacts> {
    const { rows } = await this.sql.system((sql) => sql.query<{ fsync: string; commit: string; pages: string; keep: string }>(
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages,
         (SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS keep`,
    ), { readOnly: true })
    const { fsync, commit, pages, keep } = rows[0]!
    return { fsync, synchronousCommit: commit, fullPageWrites: pages, maxSlotWalKeepSize: Number(keep) }
  }
}
