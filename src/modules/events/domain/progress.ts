import { type ConsumerName, CONSUMERS } from '../../../platform/events/event.types.js'

interface Reach {
  /** Everything up to here is in the consumer's queue, or was consumed. */
  sent: bigint
  /** Everything up to here is consumed. */
  position: bigint
  movedAtMs: number
}

/** What one reading of the slot knows of each consumer: what was sent, what is consumed, what may be forgotten. */
export class Progress {
  readonly #reach = new Map<ConsumerName, Reach>()
  readonly #unacknowledged: Array<{ toLsn: bigint; committedAtMs: number }> = []
  #seen: bigint

  /** `positions` holds every consumer; `confirmed` is what the server has been told before, and is never taken back. */
  constructor(positions: ReadonlyMap<ConsumerName, bigint>, confirmed: bigint, nowMs: number) {
    for (const consumer of CONSUMERS) {
      const position = positions.get(consumer)
      if (position === undefined) throw new Error(`${consumer} has no position`)
      this.#reach.set(consumer, { sent: position, position, movedAtMs: nowMs })
    }
    const start = this.start
    this.#seen = confirmed > start ? confirmed : start
  }

  /** Where reading begins: all before it is consumed by everybody. */
  get start(): bigint {
    return [...this.#reach.values()].map(({ position }) => position).reduce((least, each) => (each < least ? each : least))
  }

  /** Sent and not yet consumed by everybody. */
  get batches(): number {
    return this.#unacknowledged.length
  }

  /** When the oldest change that waits for a consumer committed. */
  get oldestAtMs(): number | null {
    return this.#unacknowledged[0]?.committedAtMs ?? null
  }

  /** Where a consumer's next batch begins; null when it has consumed past `toLsn` already and needs none. */
  from(consumer: ConsumerName, toLsn: bigint): bigint | null {
    const reach = this.#of(consumer)
    return reach.position >= toLsn ? null : reach.sent
  }

  sent(consumer: ConsumerName, toLsn: bigint, nowMs: number): void {
    const reach = this.#of(consumer)
    if (reach.sent <= reach.position) reach.movedAtMs = nowMs
    reach.sent = toLsn
  }

  /** All events up to `toLsn` have been sent to those who want them. */
  flushed(toLsn: bigint, committedAtMs: number): void {
    if (toLsn <= this.#seen) return
    this.#seen = toLsn
    if (!this.#consumed(toLsn)) this.#unacknowledged.push({ toLsn, committedAtMs })
  }

  /** The server has nothing for us up to `lsn`, and nothing of ours is on its way to a queue. */
  idle(lsn: bigint): void {
    if (lsn > this.#seen) this.#seen = lsn
  }

  update(positions: ReadonlyMap<ConsumerName, bigint>, nowMs: number): void {
    for (const [consumer, reach] of this.#reach) {
      const position = positions.get(consumer)
      if (position === undefined) throw new Error(`${consumer} has lost its position`)
      if (position > reach.position) Object.assign(reach, { position, movedAtMs: nowMs })
      if (reach.sent < reach.position) reach.sent = reach.position
    }
    while (this.#unacknowledged[0] !== undefined && this.#consumed(this.#unacknowledged[0].toLsn)) this.#unacknowledged.shift()
  }

  /** What the server may forget: a consumer with nothing outstanding holds nothing back. */
  get confirmable(): bigint {
    return [...this.#reach.values()]
      .map(({ sent, position }) => (position >= sent ? this.#seen : position))
      .reduce((least, each) => (each < least ? each : least), this.#seen)
  }

  /** Consumers that have had something to do for longer than `ms` and have not moved. */
  stuck(nowMs: number, ms: number): ConsumerName[] {
    return [...this.#reach]
      .filter(([, { sent, position, movedAtMs }]) => position < sent && nowMs - movedAtMs > ms)
      .map(([consumer]) => consumer)
  }

  #consumed(toLsn: bigint): boolean {
    return [...this.#reach.values()].every(({ sent, position }) => position >= (sent < toLsn ? sent : toLsn))
  }

  #of(consumer: ConsumerName): Reach {
    return this.#reach.get(consumer)!
  }
}
