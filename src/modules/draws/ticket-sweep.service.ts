import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { SnapshotService } from '../campaigns/snapshot.service.js'
import { TicketService } from './ticket.service.js'

const EVERY_MS = 5_000

/** Finishes grants of tickets that a crash left between Postgres and Redis. Any number of workers may: a row is applied once. */
@Injectable()
export class TicketSweepService implements OnApplicationBootstrap, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly sql: SqlService,
    private readonly snapshots: SnapshotService,
    private readonly tickets: TicketService,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return
    this.#timer = setInterval(() => { this.#running ??= this.#sweep().finally(() => { this.#running = undefined }) }, EVERY_MS)
    this.#timer.unref()
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  async #sweep(): Promise<void> {
    try {
      const { rows } = await this.sql.system((sql) => sql.query<{ tenant_id: string; campaign_id: string }>('SELECT tenant_id, campaign_id FROM system_unapplied_tickets()'))
      for (const { tenant_id: tenantId, campaign_id: campaignId } of rows) {
        const campaign = await this.snapshots.get(tenantId, campaignId)
        if (campaign !== null) await this.tickets.sweep(campaign)
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'Granted tickets could not be swept; trying again')
    }
  }
}
