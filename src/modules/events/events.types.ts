import type { ConsumerName } from '../../platform/events/event.types.js'

/** An event that had its effect at a consumer. */
export interface ConsumedEvent {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly consumer: ConsumerName
  readonly committedAt: Date
  readonly consumedAt: Date
}
