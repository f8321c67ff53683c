import { setTimeout as sleep } from 'node:timers/promises'
import { failpoint } from '../../common/failpoint.js'
import { CONSUMERS, type ConsumerName } from '../../platform/events/event.types.js'
import type { CapturePorts } from './capture.ports.js'
import { formatLsn } from './domain/lsn.js'
import type { OutboxStore, Waiting } from './outbox.store.js'

const ROWS_PER_BATCH = 500
const POLL_BUSY_MS = 10
const POLL_IDLE_MS = 50
const STUCK_MS = 5_000
const FORGET_INTERVAL_MS = 1_000
/** Where there are so many, there may be more: the next are taken with the next look. */
const FORGET_MAX = 5_000
const TYPE = { draw: 'drawbridge.draw.settled', award: 'drawbridge.award.changed' } as const

interface Sent {
  readonly until: bigint
  /** Of performance.now(). */
  sentAt: number
}

/**
 * One reading of the outbox: tells each consumer, one batch at a time, how far it may read, and forgets what all have consumed.
 * A batch holds no events. It is a wake-up, so that one which a queue kept from before a restore can do nothing but wake.
 */
export class OutboxSession {
  readonly #sent = new Map<ConsumerName, Sent>()
  #ended = false

  /** `leads` throws when this worker may no longer. */
  constructor(
    private readonly outbox: OutboxStore,
    private readonly ports: CapturePorts,
    private readonly readings: ReadonlyMap<ConsumerName, string>,
    private readonly leads: () => void,
  ) {}

  /** Reads until `stop`; rejects with what ended it. */
  async run(): Promise<void> {
    let forgotAt = -Infinity
    while (!this.#ended) {
      this.leads()
      const waiting = await this.outbox.waiting(ROWS_PER_BATCH)
      for (const consumer of CONSUMERS) {
        if (waiting.find((each) => each.consumer === consumer)?.reading !== this.readings.get(consumer)) throw new Error(`${consumer} has lost its position`)
      }
      for (const each of waiting) await this.#follow(each)
      const oldest = Math.min(...waiting.map(({ oldestAtMs }) => oldestAtMs ?? Infinity))
      this.ports.metrics.lagSeconds.set(Math.max(0, Date.now() - Math.min(oldest, Date.now())) / 1000)
      if (performance.now() - forgotAt >= FORGET_INTERVAL_MS && (await this.#forget()) < FORGET_MAX) forgotAt = performance.now()
      await sleep(this.#sent.size > 0 ? POLL_BUSY_MS : POLL_IDLE_MS)
    }
  }

  stop(): void {
    this.#ended = true
  }

  /** Sends what waits, unless the consumer is at it; again where its queue lost it. */
  async #follow({ consumer, reading, position, until }: Waiting): Promise<void> {
    const sent = this.#sent.get(consumer)
    if (sent !== undefined && position < sent.until) {
      if (performance.now() - sent.sentAt < STUCK_MS) return
      sent.sentAt = performance.now()
      if (!(await this.ports.isQueueEmpty(consumer))) return
      this.ports.logger.warn({ consumer }, 'A batch of change events was lost with its queue; sending it again')
    }
    this.#sent.delete(consumer)
    if (until === null) return
    failpoint('event.before_send')
    await this.ports.send(consumer, { reading, fromLsn: formatLsn(position), toLsn: formatLsn(until), events: null })
    this.#sent.set(consumer, { until, sentAt: performance.now() })
  }

  async #forget(): Promise<number> {
    const forgotten = await this.outbox.forget(FORGET_MAX)
    for (const [kind, count] of forgotten) this.ports.metrics.captured.inc({ type: TYPE[kind] }, count)
    return [...forgotten.values()].reduce((sum, count) => sum + count, 0)
  }
}
