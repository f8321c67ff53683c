import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { Readiness } from '../../platform/http/readiness.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { PublishedService } from '../campaigns/published.service.js'
import { SnapshotService } from '../campaigns/snapshot.service.js'
import { RiskService } from '../risk/risk.service.js'

/** The newest: a process that has more reads them when they are first drawn from. */
const CAMPAIGNS_MAX = 200
const AT_ONCE = 4
const RETRY_MS = 1_000

/** Has at hand what the first draws would otherwise wait for, before the load balancers are told that this process is ready. */
@Injectable()
export class WarmUpService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #stopping = new AbortController()
  #done = false

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly sql: SqlService,
    private readonly published: PublishedService,
    private readonly snapshots: SnapshotService,
    private readonly risk: RiskService,
    private readonly logger: Logger,
    readiness: Readiness,
  ) {
    readiness.register('campaigns', () => this.#done || 'running campaigns are being read')
  }

  onApplicationBootstrap(): void {
    void this.#untilDone()
  }

  onModuleDestroy(): void {
    this.#stopping.abort()
  }

  async #untilDone(): Promise<void> {
    const { signal } = this.#stopping
    while (!this.#done && !signal.aborted) {
      try {
        await this.#warm()
        this.#done = true
      } catch (error) {
        if (signal.aborted) return
        this.logger.debug({ err: error }, 'Running campaigns could not be read; trying again')
        await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined)
      }
    }
  }

  async #warm(): Promise<void> {
    await this.sql.warm(this.config.databasePoolMax)
    if (this.config.role === 'worker') return
    // What is read before changes are heard of is forgotten again.
    await Promise.all([this.snapshots.listening, this.risk.listening])
    const running = (await this.published.list()).filter(({ status, endsAtMs }) => status !== 'ENDED' && endsAtMs > Date.now()).slice(-CAMPAIGNS_MAX)
    const reads = [
      ...running.map(({ tenantId, id }) => () => this.snapshots.get(tenantId, id)),
      ...[...new Set(running.map(({ tenantId }) => tenantId))].map((tenantId) => () => this.risk.version(tenantId)),
    ]
    const lane = async () => {
      for (let read = reads.shift(); read !== undefined && !this.#stopping.signal.aborted; read = reads.shift()) await read()
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  }
}
