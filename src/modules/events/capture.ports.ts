import type { ConsumerName } from '../../platform/events/event.types.js'
import type { EventConsumers } from '../../platform/events/event-consumers.js'
import type { Logger } from '../../platform/telemetry/logger.js'
import type { EventBatch } from './domain/batch.js'
import type { EnvelopeService } from './envelope.service.js'
import type { EventMetrics } from './event.metrics.js'
import type { PositionStore } from './position.store.js'

/** What a reading of the log or of the outbox works with. */
export interface CapturePorts {
  readonly envelopes: EnvelopeService
  readonly positions: PositionStore
  readonly consumers: EventConsumers
  readonly metrics: EventMetrics
  readonly logger: Logger
  /** Rejects when the queue does not take the batch in time. */
  send(consumer: ConsumerName, batch: EventBatch): Promise<void>
  /** Nothing waits, runs or is delayed. */
  isQueueEmpty(consumer: ConsumerName): Promise<boolean>
}
