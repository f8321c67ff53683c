import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { QueuePort } from '../../platform/queue/queue.port.js'
import { DRAIN_JOB, type DrainJob, fromJob, SETTLEMENT_QUEUE, SettlementService } from './settlement.service.js'

const JOBS_PER_DRAIN = 4

/** Takes the wake-ups, on workers. How many streams are drained at once is settled by their turns, not by Bull. */
@Injectable()
export class SettlementProcessor implements OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly queue: QueuePort,
    private readonly settlement: SettlementService,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return
    this.queue.process<DrainJob>(SETTLEMENT_QUEUE, DRAIN_JOB, this.config.settlementConcurrencyMax * JOBS_PER_DRAIN, async (job) => {
      await this.settlement.settlePaced(fromJob(job.data))
    })
  }
}
