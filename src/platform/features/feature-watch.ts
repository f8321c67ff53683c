import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { Gauge } from 'prom-client'
import type { Breaker } from '../../common/breaker.js'
import { StoreProbe } from '../http/store-probe.service.js'
import { SqlService } from '../prisma/sql.service.js'
import { RedisService } from '../redis/redis.service.js'
import { Logger } from '../telemetry/logger.js'
import { Metrics } from '../telemetry/metrics.js'
import { FEATURES, Features } from './features.js'
import { DEPENDENCIES, type Dependency } from './health.js'

const LOOK_MS = 1_000
const READ_MS = 2_000
/** Of all tenants together; some 10 MB. */
const SWITCHES_MAX = 100_000

interface SwitchRow { tenant_id: string; feature: string; switched_at: Date }

/**
 * In processes that answer callers: looks at the breakers and at the draws' success, and reads every 2 s what operators have switched
 * off. While Postgres does not tell, what was known holds.
 */
@Injectable()
export class FeatureWatch implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #breakers: Readonly<Record<Dependency, readonly Breaker[]>>
  #looking: NodeJS.Timeout | undefined
  #reading: NodeJS.Timeout | undefined
  #isReading = false

  constructor(
    private readonly features: Features,
    private readonly sql: SqlService,
    redis: RedisService,
    probe: StoreProbe,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.#breakers = {
      REDIS: [redis.breaker, probe.breakers.redis],
      POSTGRES: [...Object.values(sql.breakers), probe.breakers.database],
    }
    const registers = [metrics.registry]
    new Gauge({
      name: 'drawbridge_feature_off', help: 'Processes in which it is off by itself; cause: redis, postgres or success_rate', labelNames: ['feature', 'cause'], registers,
      collect() {
        for (const feature of FEATURES) {
          for (const cause of [...DEPENDENCIES, 'SUCCESS_RATE'] as const) this.set({ feature, cause: cause.toLowerCase() }, features.ill?.cause === cause ? 1 : 0)
        }
      },
    })
    new Gauge({
      name: 'drawbridge_feature_switched_off', help: 'Tenants whose operators have switched it off', labelNames: ['feature'], registers, aggregator: 'max',
      collect() { for (const feature of FEATURES) this.set({ feature }, features.tenantsWithout(feature)) },
    })
    new Gauge({
      name: 'drawbridge_draw_success_rate', help: 'Of the draws of the last five minutes, the share that was answered', registers, aggregator: 'min',
      collect() { this.set(features.health.successRate) },
    })
  }

  /** Throws where the switches cannot be read: a process does not begin with what an operator has switched off. */
  async onApplicationBootstrap(): Promise<void> {
    await this.#read()
    for (const breaker of Object.values(this.#breakers).flat()) breaker.watch(() => { this.#look() })
    this.#looking = setInterval(() => { this.#look() }, LOOK_MS)
    this.#reading = setInterval(() => void this.#readAgain(), READ_MS)
    for (const timer of [this.#looking, this.#reading]) timer.unref()
  }

  onModuleDestroy(): void {
    clearInterval(this.#looking)
    clearInterval(this.#reading)
  }

  #look(): void {
    for (const dependency of DEPENDENCIES) {
      this.features.health.depends(dependency, this.#breakers[dependency].some((breaker) => breaker.isOpen))
    }
    this.features.look()
  }

  async #readAgain(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    try {
      await this.#read()
    } catch (error) {
      this.logger.debug({ err: error }, 'Features switched by hand could not be read; those that were known hold')
    } finally {
      this.#isReading = false
    }
  }

  async #read(): Promise<void> {
    const { changes } = this.features
    const { rows } = await this.sql.system((sql) => sql.query<SwitchRow>('SELECT * FROM system_features_off($1)', [SWITCHES_MAX]), { readOnly: true, guarded: true })
    if (rows.length === SWITCHES_MAX) this.logger.error({ max: SWITCHES_MAX }, 'More features are switched off by hand than a process remembers: some are on')
    this.features.setByHand(rows.map((row) => ({ tenantId: row.tenant_id, feature: row.feature, since: row.switched_at })), changes)
  }
}
