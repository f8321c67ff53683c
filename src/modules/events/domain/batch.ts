import type { EventEnvelope } from '../../../platform/events/event.types.js'

/**
 * One job of a consumer's queue: every event for it that committed after `fromLsn` and up to `toLsn`, in order of commit.
 * The consumer applies it only from a position of at least `fromLsn`, and then stands at `toLsn`.
 */
export interface EventBatch {
  /** Of the source: another begins where it is made anew, and what an earlier one left in a queue counts no more. */
  readonly reading: string
  /** In the outbox, numbers of transactions, written as places in the log are. */
  readonly fromLsn: string
  readonly toLsn: string
  /** Null: they lie in the outbox, where the consumer reads them for itself. */
  readonly events: readonly EventEnvelope[] | null
}
