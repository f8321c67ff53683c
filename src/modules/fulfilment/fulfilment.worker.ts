import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { QueuePort } from '../../platform/queue/queue.port.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { SweepService } from '../campaigns/sweep.service.js'
import { DeliveryService } from './delivery.service.js'
import { FulfilmentMetrics } from './fulfilment-metrics.js'
import { DELIVER_JOB, type DeliverJob, FULFILMENT_QUEUE } from './fulfilment.service.js'

const JOBS_AT_ONCE = 16
const EVERYTHING_ROUNDS = 60
const FIGURES_ROUNDS = 15
/** Older awards without a task are those of a prize that was given its way of fulfilment later: looked for less often. */
const RECENT_MS = 15 * 60_000

interface Figures { waiting: string; due: string; leased: string; late_seconds: number }

/** On workers: takes wake-ups, and finds what no wake-up told of. */
@Injectable()
export class FulfilmentWorker implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly sql: SqlService,
    private readonly queue: QueuePort,
    private readonly sweeps: SweepService,
    private readonly deliveries: DeliveryService,
    private readonly metrics: FulfilmentMetrics,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.sweeps.every('fulfilment', 1, () => this.sweep(recent()))
    this.sweeps.every('fulfilment-all', EVERYTHING_ROUNDS, () => this.sweep(null))
    this.sweeps.every('fulfilment-figures', FIGURES_ROUNDS, () => this.measure())
  }

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return
    this.queue.process<DeliverJob>(FULFILMENT_QUEUE, DELIVER_JOB, JOBS_AT_ONCE, ({ data }) => this.deliveries.run(data.tenantId, recent()))
  }

  /** Starts work for every tenant that may have some, and does not wait for it: a slow one must not keep the next sweep. */
  async sweep(since: Date | null): Promise<void> {
    const { rows } = await this.sql.system((sql) => sql.query<{ tenant_id: string }>(
      'SELECT tenant_id FROM system_fulfilling_tenants() UNION SELECT tenant_id FROM system_due_tenants()'), { readOnly: true })
    for (const { tenant_id: tenantId } of rows) {
      this.deliveries.run(tenantId, since).catch((error: unknown) => {
        this.logger.warn({ err: error, tenantId }, 'Awards could not be delivered; they are tried again')
      })
    }
  }

  async measure(): Promise<void> {
    const { rows } = await this.sql.system((sql) => sql.query<Figures>('SELECT * FROM system_fulfilment_figures()'), { readOnly: true })
    const { waiting = '0', due = '0', leased = '0', late_seconds: late = 0 } = rows[0] ?? {}
    this.metrics.tasks.set({ state: 'waiting' }, Number(waiting))
    this.metrics.tasks.set({ state: 'due' }, Number(due))
    this.metrics.tasks.set({ state: 'leased' }, Number(leased))
    this.metrics.lateSeconds.set(late)
  }
}

const recent = (): Date => new Date(Date.now() - RECENT_MS)
