import { InjectQueue } from '@nestjs/bull'
import { type BeforeApplicationShutdown, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import type { Job, Queue } from 'bull'
import { Logger } from '../telemetry/logger.js'
import { Metrics } from '../telemetry/metrics.js'
import { QueueConnections } from './queue.connections.js'

export const QUEUE_NAMES = ['settlement', 'risk', 'user-center', 'inventory', 'fulfilment'] as const
export type QueueName = (typeof QUEUE_NAMES)[number]

export interface AddOptions {
  /** While a job of this id waits or runs, adding it again does nothing. It is forgotten when it ends, failed or not. */
  readonly jobId?: string
  readonly delayMs?: number
  /** 5 unless given; between them 0.5 s, 1.5 s, 3.5 s, 7.5 s … */
  readonly attemptsMax?: number
}

export interface QueueJob<T> { readonly id: string; readonly name: string; readonly data: T; readonly attempt: number }

const CLOSE_TIMEOUT_MS = 10_000

/** Jobs wake; streams and tables decide. A job may come twice, late or never, and its handler must bear all three. */
@Injectable()
export class QueuePort implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #queues: Record<QueueName, Queue>
  #closing = false

  constructor(
    @InjectQueue('settlement') settlement: Queue,
    @InjectQueue('risk') risk: Queue,
    @InjectQueue('user-center') userCenter: Queue,
    @InjectQueue('inventory') inventory: Queue,
    @InjectQueue('fulfilment') fulfilment: Queue,
    private readonly connections: QueueConnections,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    this.#queues = { settlement, risk, 'user-center': userCenter, inventory, fulfilment }
    for (const name of QUEUE_NAMES) this.#observe(name)
  }

  async add<T extends object>(queue: QueueName, name: string, data: T, options: AddOptions = {}): Promise<void> {
    await this.#queues[queue].add(name, data, jobOptions(options))
  }

  /** Adds all or none. */
  async addMany<T extends object>(queue: QueueName, jobs: ReadonlyArray<{ name: string; data: T; options?: AddOptions }>): Promise<void> {
    if (jobs.length === 0) return
    await this.#queues[queue].addBulk(jobs.map(({ name, data, options }) => ({ name, data, opts: jobOptions(options ?? {}) })))
  }

  /** Takes jobs from now on, `concurrency` at once. Only workers call it, once for each name. */
  process<T>(queue: QueueName, name: string, concurrency: number, handler: (job: QueueJob<T>) => Promise<void>): void {
    this.#queues[queue]
      .process(name, concurrency, (job: Job<T>) =>
        handler({ id: String(job.id), name: job.name, data: job.data, attempt: job.attemptsMade + 1 }))
      .catch((error: unknown) => {
        if (!this.#closing) this.logger.error({ err: error, queue }, 'A queue stopped taking jobs')
      })
  }

  counts(queue: QueueName): Promise<{ waiting: number; active: number; delayed: number; failed: number; completed: number }> {
    return this.#queues[queue].getJobCounts()
  }

  /** For the queue desk, which only looks at them. */
  all(): readonly Queue[] {
    return QUEUE_NAMES.map((name) => this.#queues[name])
  }

  /** Lets running jobs end, for at most 10 s, while all that they need is open. A job that is cut off is taken up again. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#closing = true
    const closed = Promise.allSettled(QUEUE_NAMES.map((name) => this.#queues[name].close()))
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => { timer = setTimeout(resolve, CLOSE_TIMEOUT_MS) })
    await Promise.race([closed, timeout])
    clearTimeout(timer)
  }

  onApplicationShutdown(): void {
    this.connections.close()
  }

  #observe(name: QueueName): void {
    const queue = this.#queues[name]
    queue.on('completed', () => this.metrics.queueJobs.inc({ queue: name, result: 'completed' }))
    queue.on('failed', (job: Job, error: Error) => {
      this.metrics.queueJobs.inc({ queue: name, result: 'failed' })
      const fields = { err: error, queue: name, job: job.name, jobId: String(job.id), attempt: job.attemptsMade }
      const last = job.attemptsMade >= (job.opts.attempts ?? 1)
      if (last) this.logger.error(fields, 'A job failed for good')
      else this.logger.warn(fields, 'A job failed and will be tried again')
    })
  }
}

function jobOptions({ jobId, delayMs, attemptsMax }: AddOptions) {
  return {
    attempts: attemptsMax ?? 5,
    backoff: { type: 'exponential', delay: 500 },
    removeOnComplete: true,
    // A failed job that stayed would keep its id from ever being added again.
    removeOnFail: jobId === undefined ? 1_000 : true,
    ...(jobId === undefined ? {} : { jobId }),
    ...(delayMs === undefined ? {} : { delay: delayMs }),
  }
}
