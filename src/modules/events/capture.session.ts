import { setTimeout as sleep } from 'node:timers/promises'
import type { Pgoutput } from 'pg-logical-replication'
import { failpoint } from '../../common/failpoint.js'
import type { ConsumerName } from '../../platform/events/event.types.js'
import { CONSUMERS } from '../../platform/events/event.types.js'
import type { Change, Transaction } from './domain/changes.js'
import { TransactionReader } from './domain/changes.js'
import { formatLsn, parseLsn } from './domain/lsn.js'
import { Progress } from './domain/progress.js'
import type { CapturePorts } from './capture.ports.js'
import type { Place } from './position.store.js'
import type { Replication } from './replication.js'

const EVENTS_PER_BATCH_MAX = 500
/** Of what comes alone; behind a batch that has just gone, more is waited for: each costs every consumer a transaction. */
const BATCH_WAIT_MS = { alone: 10, busy: 50 }
const BUSY_WITHIN_MS = 100
const BATCHES_OUTSTANDING_MAX = 32
const POLL_BUSY_MS = 25
const POLL_IDLE_MS = 1_000
const CONFIRM_INTERVAL_MS = 1_000
const STUCK_MS = 5_000
const SILENCE_MS_MAX = 30_000

interface Pending {
  changes: Change[]
  buckets: Map<string, number>
  toLsn: bigint
  committedAtMs: number
}

const nothing = (): Pending => ({ changes: [], buckets: new Map(), toLsn: 0n, committedAtMs: 0 })

/**
 * One reading of the slot: whole transactions become batches, batches go to the consumers' queues, and the server is told
 * to forget what every consumer has made durable. Whatever goes wrong ends the session; the next one begins where the
 * consumers stand.
 */
export class CaptureSession {
  readonly #reader = new TransactionReader()
  readonly #progress: Progress
  #pending = nothing()
  #flushing: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #confirmed = 0n
  // Of performance.now(): a clock that is set would let it wait for as long as it was set by.
  #confirmedAt = -Infinity
  #heardAt = performance.now()
  #flushedAt = -Infinity
  #blocked = false
  #ended = false

  constructor(
    private readonly replication: Replication,
    private readonly ports: CapturePorts,
    private readonly places: ReadonlyMap<ConsumerName, Place>,
    confirmed: bigint,
  ) {
    const positions = new Map([...places].map(([consumer, { position }]) => [consumer, position]))
    this.#progress = new Progress(positions, confirmed, performance.now())
  }

  /** Reads until `stop`; rejects with what ended it. */
  async run(slot: string): Promise<void> {
    let fail: (error: unknown) => void = () => undefined
    const broken = new Promise<never>((_, reject) => { fail = reject })
    broken.catch(() => undefined)
    const watching = this.#watch().catch(fail)
    const reading = this.replication.run(slot, this.#progress.start, {
      onMessage: (message) => this.#message(message, fail),
      onKeepalive: (lsn, reply) => this.#keepalive(lsn, reply),
    })
    reading.catch(() => undefined)
    try {
      await Promise.race([reading, broken])
    } finally {
      this.#ended = true
      if (this.#timer !== null) clearTimeout(this.#timer)
      await this.replication.stop()
      await watching
    }
  }

  /** Ends the reading; what was sent and not confirmed is sent again by the next. */
  stop(): void {
    this.#ended = true
    void this.replication.stop()
  }

  async #message(message: Pgoutput.Message, fail: (error: unknown) => void): Promise<void> {
    this.#heardAt = performance.now()
    const transaction = this.#reader.read(message)
    if (transaction === null) return
    this.#gather(transaction)
    if (this.#pending.changes.length < EVENTS_PER_BATCH_MAX) {
      const isBusy = performance.now() - this.#flushedAt < BUSY_WITHIN_MS
      this.#timer ??= setTimeout(() => { this.#flush().catch(fail) }, isBusy ? BATCH_WAIT_MS.busy : BATCH_WAIT_MS.alone)
    } else {
      await this.#blockedBy(() => this.#flush())
    }
    while (this.#progress.batches >= BATCHES_OUTSTANDING_MAX && !this.#ended) await this.#blockedBy(() => sleep(POLL_BUSY_MS))
  }

  /** The stream is not read meanwhile, so its silence means nothing, and what it said before may still wait to be read. */
  async #blockedBy(work: () => Promise<unknown>): Promise<void> {
    this.#blocked = true
    try {
      await work()
    } finally {
      this.#blocked = false
      this.#heardAt = performance.now()
    }
  }

  #gather(transaction: Transaction): void {
    const pending = this.#pending
    for (const change of transaction.changes) pending.changes.push(change)
    for (const [id, bucket] of transaction.buckets) pending.buckets.set(id, bucket)
    pending.toLsn = transaction.toLsn
    if (pending.committedAtMs === 0) pending.committedAtMs = transaction.committedAtMs
  }

  /** One at a time and in order; gathers on while a flush is under way. */
  async #flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    while (this.#flushing !== null) await this.#flushing
    if (this.#pending.toLsn === 0n || this.#ended) return
    const batch = this.#pending
    this.#pending = nothing()
    this.#flushedAt = performance.now()
    this.#flushing = this.#send(batch)
    try {
      await this.#flushing
    } finally {
      this.#flushing = null
    }
  }

  async #send({ changes, buckets, toLsn, committedAtMs }: Pending): Promise<void> {
    const events = await this.ports.envelopes.of(changes, buckets)
    for (const consumer of CONSUMERS) {
      const wanted = events.filter((event) => this.ports.consumers.get(consumer).types.includes(event.type))
      const from = this.#progress.from(consumer, toLsn)
      const reading = this.places.get(consumer)?.reading
      if (wanted.length === 0 || from === null || reading === undefined) continue
      failpoint('event.before_send')
      await this.ports.send(consumer, { reading, fromLsn: formatLsn(from), toLsn: formatLsn(toLsn), events: wanted })
      this.#progress.sent(consumer, toLsn, performance.now())
    }
    for (const event of events) this.ports.metrics.captured.inc({ type: event.type })
    this.#progress.flushed(toLsn, committedAtMs)
  }

  #keepalive(lsn: string, reply: boolean): void {
    this.#heardAt = performance.now()
    // Messages of this stream that are still on their way to a queue hold the position back.
    const quiet = !this.#reader.open && !this.#blocked && this.#pending.toLsn === 0n && this.#flushing === null
    if (quiet) this.#progress.idle(parseLsn(lsn))
    if (reply) this.#confirm(true)
  }

  /** Follows the consumers: what they have made durable is confirmed; where one stands still for no reason, reads again. */
  async #watch(): Promise<void> {
    let polledAt = -Infinity
    while (!this.#ended) {
      await sleep(POLL_BUSY_MS)
      const now = performance.now()
      if (this.#progress.batches > 0 || now - polledAt >= POLL_IDLE_MS) {
        polledAt = now
        this.#progress.update(await this.ports.positions.all('LOG'), now)
        const oldest = this.#progress.oldestAtMs
        this.ports.metrics.lagSeconds.set(oldest === null ? 0 : Math.max(0, Date.now() - oldest) / 1000)
        for (const consumer of this.#progress.stuck(now, STUCK_MS)) {
          if (await this.ports.isQueueEmpty(consumer)) throw new Error(`the queue of ${consumer} lost its jobs; sending again`)
        }
      }
      if (!this.#blocked && now - this.#heardAt > SILENCE_MS_MAX) throw new Error('the server has been silent for too long')
      this.#confirm(now - this.#confirmedAt >= CONFIRM_INTERVAL_MS)
    }
  }

  #confirm(now: boolean): void {
    const lsn = this.#progress.confirmable
    if (this.#ended || (!now && lsn === this.#confirmed)) return
    this.#confirmed = lsn
    this.#confirmedAt = performance.now()
    failpoint('event.before_confirm')
    // A connection that broke tells so by itself.
    void this.replication.confirm(lsn).catch(() => undefined)
  }
}
