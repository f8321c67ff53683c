import type { Logger } from '../../platform/telemetry/logger.js'
import type { EventMetrics } from './event.metrics.js'
import type { OwnerSession } from './owner-session.js'

const INTERVAL_MS = 5_000
const SAFE_BYTES_MIN = 256 * 1024 * 1024

/** Measures how much log the slot holds back while it is read, and warns before the server gives the slot up. */
export class SlotWatch {
  #ended = false
  #warned = false
  #timer: NodeJS.Timeout
  #looking: Promise<void> = Promise.resolve()

  /** `onLost`: the session that leads is gone, and another worker may lead by now. */
  constructor(
    private readonly slots: OwnerSession,
    private readonly slot: string,
    private readonly metrics: EventMetrics,
    private readonly logger: Logger,
    private readonly onLost: () => void,
  ) {
    this.#timer = setTimeout(() => this.#tick(), 0)
  }

  async end(): Promise<void> {
    this.#ended = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  #tick(): void {
    this.#looking = this.#look()
      .catch(() => this.onLost())
      .finally(() => {
        if (!this.#ended) this.#timer = setTimeout(() => this.#tick(), INTERVAL_MS)
      })
  }

  async #look(): Promise<void> {
    if (this.slots.lost !== null) return this.onLost()
    const health = await this.slots.health(this.slot)
    if (health === null) return
    this.metrics.lagBytes.set(health.lagBytes)
    const endangered = health.walStatus === 'unreserved' || health.walStatus === 'lost'
      || (health.safeBytes !== null && health.safeBytes < Math.max(SAFE_BYTES_MIN, health.lagBytes / 4))
    if (endangered && !this.#warned) {
      this.logger.warn({ slot: this.slot, ...this.#told(health) }, 'The replication slot nears max_slot_wal_keep_size: the consumers are too far behind')
    }
    this.#warned = endangered
  }

  #told({ lagBytes, walStatus, safeBytes }: { lagBytes: number; walStatus: string; safeBytes: number | null }) {
    return { lagBytes, walStatus, safeBytes }
  }
}
