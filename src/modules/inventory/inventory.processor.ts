import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { QueuePort } from '../../platform/queue/queue.port.js'
import { SweepService } from '../campaigns/sweep.service.js'
import { RebalanceService } from './rebalance.service.js'
import { ReleaseScheduleService } from './release-schedule.service.js'

const QUEUE = 'inventory'
const RELEASE_JOB = 'release'
const REBALANCE_JOB = 'rebalance'
const REBALANCE_ROUNDS = 2
/** What is further away is looked for again before it is due. */
const AHEAD_MS_MAX = 60_000

/**
 * On workers: a job wakes when the next step of any schedule is due, and another every few seconds. A sweep adds them, so that a job that was lost, or a
 * schedule that was changed, costs no more than a round.
 */
@Injectable()
export class InventoryProcessor implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly queue: QueuePort,
    private readonly sweeps: SweepService,
    private readonly schedule: ReleaseScheduleService,
    private readonly rebalance: RebalanceService,
  ) {}

  onModuleInit(): void {
    this.sweeps.every('stock-releases', 1, () => this.wakeNext())
    this.sweeps.every('stock-rebalance', REBALANCE_ROUNDS, () => this.queue.add(QUEUE, REBALANCE_JOB, {}, { jobId: REBALANCE_JOB, attemptsMax: 1 }))
  }

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return
    this.queue.process(QUEUE, RELEASE_JOB, 1, async () => {
      await this.schedule.run()
      await this.wakeNext()
    })
    this.queue.process(QUEUE, REBALANCE_JOB, 1, async () => void (await this.rebalance.run()))
  }

  /** One job for each moment, however many processes and rounds see it coming. */
  async wakeNext(): Promise<void> {
    const dueMs = await this.schedule.nextDueMs()
    if (dueMs === null || dueMs - Date.now() > AHEAD_MS_MAX) return
    // What is overdue was not released by the job of its own moment: each round tries anew.
    const overdue = dueMs <= Date.now()
    const jobId = overdue ? RELEASE_JOB : `${RELEASE_JOB}:${dueMs}`
    await this.queue.add(QUEUE, RELEASE_JOB, {}, { jobId, delayMs: overdue ? 0 : dueMs - Date.now(), attemptsMax: 1 })
  }
}
