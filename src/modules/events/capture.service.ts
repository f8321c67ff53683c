import { setTimeout as sleep } from 'node:timers/promises'
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { CONSUMERS, type ConsumerName } from '../../platform/events/event.types.js'
import { EventConsumers } from '../../platform/events/event-consumers.js'
import { QueuePort } from '../../platform/queue/queue.port.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { BackfillService } from './backfill.service.js'
import type { CapturePorts } from './capture.ports.js'
import { CaptureSession } from './capture.session.js'
import type { EventBatch } from './domain/batch.js'
import { EventMetrics } from './event.metrics.js'
import { BATCH_JOB } from './events.processor.js'
import { EnvelopeService } from './envelope.service.js'
import { OutboxSession } from './outbox.session.js'
import { OutboxStore } from './outbox.store.js'
import { OwnerSession } from './owner-session.js'
import { type EventSource, PositionStore } from './position.store.js'
import { queueOf } from './queues.js'
import { Replication } from './replication.js'
import { SlotWatch } from './slot.watch.js'

const RETRY_MS = 2_000
const SAME_TROUBLE_MS = 60_000
const SEND_TIMEOUT_MS = 10_000

/**
 * Keeps one worker of all reading the changes, from the log or from the outbox. The database decides which: its lock goes with the
 * leader's session.
 */
@Injectable()
export class CaptureService implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #ports: CapturePorts
  readonly #closing = new AbortController()
  #session: { stop(): void } | null = null
  #loop: Promise<void> = Promise.resolve()
  #trouble: { text: string; at: number } | null = null

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly queue: QueuePort,
    private readonly backfill: BackfillService,
    private readonly logger: Logger,
    private readonly positions: PositionStore,
    private readonly outbox: OutboxStore,
    envelopes: EnvelopeService,
    consumers: EventConsumers,
    private readonly metrics: EventMetrics,
  ) {
    this.#ports = {
      envelopes, positions, consumers, metrics, logger,
      send: (consumer, batch) => this.#send(consumer, batch),
      isQueueEmpty: (consumer) => this.#isQueueEmpty(consumer),
    }
  }

  /** The source is there before the first draw settles, unless another worker sees to it. A server that refuses holds nothing up. */
  async onModuleInit(): Promise<void> {
    if (this.config.role === 'api') return
    const ensure = async (owner: OwnerSession) => { if (await owner.tryLead()) await this.#ensure(owner) }
    await this.#asOwner(ensure).catch((error: unknown) => this.#complain(error))
  }

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return
    this.#loop = this.#run()
  }

  /** While queues and database still stand. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#closing.abort()
    this.#session?.stop()
    await this.#loop
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await this.#asOwner((owner) => this.#lead(owner)).catch((error: unknown) => this.#complain(error))
      await sleep(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }

  async #asOwner(work: (owner: OwnerSession) => Promise<unknown>): Promise<void> {
    const owner = new OwnerSession(this.config.databaseUrl)
    try {
      await owner.connect()
      await work(owner)
    } finally {
      await owner.end()
    }
  }

  /** The source that is there now; null while the server allows none that the operator wants. */
  async #ensure(owner: OwnerSession): Promise<{ kind: 'LOG'; slot: string } | { kind: 'OUTBOX' } | null> {
    const { eventSource } = this.config
    // Where it serves already it goes on: each change of the source reads the tables once.
    if (eventSource === 'outbox' || (eventSource === 'auto' && (await owner.isOutboxOn()))) return this.#ensureOutbox(owner)
    const obstacles = await owner.obstacles()
    if (obstacles.length === 0) {
      const { name, made, wasLost } = await owner.ensureSlot()
      if (wasLost) this.metrics.slotsLost.inc()
      if (wasLost) this.logger.error({ slot: name }, 'Postgres gave the replication slot up: raise max_slot_wal_keep_size. Events are read from the tables')
      else if (made) this.logger.info({ slot: name }, 'The replication slot was made')
      return { kind: 'LOG', slot: name }
    }
    const refusal = `Postgres refuses logical replication: ${obstacles.join('; ')}`
    if (eventSource === 'auto') {
      this.logger.warn(`${refusal}. Change events come from the outbox from now on; EVENT_SOURCE=log goes back`)
      return this.#ensureOutbox(owner)
    }
    this.#complain(new Error(`${refusal}. Risk and user-center wait for their events until then`))
    return null
  }

  async #ensureOutbox(owner: OwnerSession): Promise<{ kind: 'OUTBOX' }> {
    const { made, slotLeft } = await owner.ensureOutbox()
    if (made) this.logger.info('The outbox was turned on')
    if (slotLeft !== null) {
      this.logger.error({ slot: slotLeft }, 'The outbox serves, and a replication slot is left that fills the disk with log: SELECT pg_drop_replication_slot(…)')
    }
    return { kind: 'OUTBOX' }
  }

  async #lead(owner: OwnerSession): Promise<void> {
    if (!(await owner.tryLead())) return
    const source = await this.#ensure(owner)
    if (source === null) return
    if (source.kind === 'LOG') await this.#readLog(owner, source.slot)
    else await this.#readOutbox(owner)
  }

  async #readLog(owner: OwnerSession, slot: string): Promise<void> {
    const health = await owner.health(slot)
    if (health === null) throw new Error(`the replication slot ${slot} disappeared`)
    await this.#placeConsumers(owner, 'LOG', health.confirmedLsn)
    const places = await this.positions.places('LOG')
    const session = new CaptureSession(new Replication(this.config.databaseUrl), this.#ports, places, health.confirmedLsn)
    await this.#during(session, async () => {
      this.logger.info({ slot }, 'Reading the log of changes')
      const watch = new SlotWatch(owner, slot, this.metrics, this.logger, () => session.stop())
      await session.run(slot).finally(() => watch.end())
    })
  }

  async #readOutbox(owner: OwnerSession): Promise<void> {
    await this.#placeConsumers(owner, 'OUTBOX', await owner.outboxBegin())
    const readings = new Map([...(await this.positions.places('OUTBOX'))].map(([consumer, { reading }]) => [consumer, reading]))
    const session = new OutboxSession(this.outbox, this.#ports, readings, () => { if (owner.lost !== null) throw owner.lost })
    await this.#during(session, async () => {
      this.logger.info('Reading the outbox')
      this.metrics.lagBytes.set(0)
      await session.run()
    })
  }

  async #during(session: { stop(): void }, reading: () => Promise<void>): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#session = session
    try {
      await reading()
    } finally {
      this.#session = null
    }
  }

  /** A consumer without a position is first given what the tables hold, then follows the source. */
  async #placeConsumers(owner: OwnerSession, source: EventSource, begin: bigint): Promise<void> {
    const known = await this.positions.all(source)
    const missing = CONSUMERS.filter((consumer) => !known.has(consumer))
    for (const consumer of missing) {
      const count = await this.backfill.run(consumer, () => this.#closing.signal.aborted)
      if (count > 0) this.logger.warn({ consumer, count }, 'Events that were not captured were read from the tables')
      // Whoever leads by now may read from another source.
      if (owner.lost !== null) throw owner.lost
      await this.positions.begin([consumer], source, begin)
    }
  }

  async #send(consumer: ConsumerName, batch: EventBatch): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the queue of ${consumer} took no batch within ${SEND_TIMEOUT_MS} ms`)), SEND_TIMEOUT_MS)
    })
    try {
      await Promise.race([this.queue.add(queueOf(consumer), BATCH_JOB, batch), late])
    } finally {
      clearTimeout(timer)
    }
  }

  async #isQueueEmpty(consumer: ConsumerName): Promise<boolean> {
    const { waiting, active, delayed } = await this.queue.counts(queueOf(consumer))
    return waiting + active + delayed === 0
  }

  /** The same trouble is told once a minute, however often it is met. */
  #complain(error: unknown): void {
    if (this.#closing.signal.aborted) return
    const text = error instanceof Error ? error.message : 'unknown'
    const known = this.#trouble?.text === text && performance.now() - this.#trouble.at < SAME_TROUBLE_MS
    if (known) return
    this.#trouble = { text, at: performance.now() }
    if (text.startsWith('Postgres refuses')) this.logger.error(text)
    else this.logger.warn({ err: error }, 'Change capture was interrupted; it goes on from where the consumers stand')
  }
}
