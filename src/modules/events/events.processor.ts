import { setTimeout as sleep } from 'node:timers/promises'
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { CONSUMERS, type ConsumerName } from '../../platform/events/event.types.js'
import { EventConsumers } from '../../platform/events/event-consumers.js'
import { QueuePort } from '../../platform/queue/queue.port.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { ConsumptionService } from './consumption.service.js'
import type { EventBatch } from './domain/batch.js'
import { queueOf } from './queues.js'

const AHEAD_WAIT_MS = 1_000
const AHEAD_POLL_MS = 20
export const BATCH_JOB = 'batch'

/** Takes the consumers' batches from their queues. */
@Injectable()
export class EventsProcessor implements OnApplicationBootstrap {
  // Where a consumer was found to wait for a batch that did not come: further batches need not wait for it again.
  readonly #gaps = new Map<ConsumerName, bigint>()

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly queue: QueuePort,
    private readonly consumers: EventConsumers,
    private readonly consumption: ConsumptionService,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return
    for (const name of CONSUMERS) {
      this.consumers.get(name)
      this.queue.process<EventBatch>(queueOf(name), BATCH_JOB, 1, ({ data }) => this.take(name, data))
    }
  }

  /**
   * Consumes one batch. Another worker may hold the one before it: that is waited for, for a while. A batch whose forerunner
   * was lost is dropped, since the capture sends again whatever is not consumed.
   */
  async take(name: ConsumerName, batch: EventBatch): Promise<void> {
    const giveUpAt = performance.now() + AHEAD_WAIT_MS
    for (;;) {
      const { result, position } = await this.consumption.consume(name, batch)
      if (result === 'APPLIED' || result === 'REPEATED') return
      if (position === null || this.#gaps.get(name) === position) return
      if (performance.now() >= giveUpAt) {
        this.#gaps.set(name, position)
        this.logger.warn({ consumer: name, fromLsn: batch.fromLsn }, 'A batch of change events came without the one before it; it will be sent again')
        return
      }
      await sleep(AHEAD_POLL_MS)
    }
  }
}
