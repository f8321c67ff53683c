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
import { PositionStore } from './position.store.js'
import { PublicPlaceStore } from './public-place.store.js'
import { queueOf } from './queues.js'
import { Replication } from './replication.js'
import { SlotStore } from './slot.store.js'
import { SlotWatch } from './slot.watch.js'

const RETRY_MS = 2_000
const SAME_TROUBLE_MS = 60_000
const SEND_TIMEOUT_MS = 10_000

/** Keeps one worker of all reading the log of changes. The database decides which: its lock goes with the leader's session. */
@Injectable()
export class CaptureService implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #ports: CapturePorts
  readonly #closing = new AbortController()
  #session: CaptureSession | null = null
  #loop: Promise<void> = Promise.resolve()
  #trouble: { text: string; atMs: number } | null = null

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly queue: QueuePort,
    private readonly backfill: BackfillService,
    private readonly logger: Logger,
    private readonly positions: PositionStore,
    places: PublicPlaceStore,
    consumers: EventConsumers,
    private readonly metrics: EventMetrics,
  ) {
    this.#ports = {
      places, positions, consumers, metrics, logger,
      send: (consumer, batch) => this.#send(consumer, batch),
      isQueueEmpty: (consumer) => this.#isQueueEmpty(consumer),
    }
  }

  /** The slot is there before the first draw can settle; a server that refuses holds nothing up. */
  async onModuleInit(): Promise<void> {
    if (this.config.role === 'api') return
    await this.#withSlots((slots) => this.#ensure(slots)).catch((error: unknown) => this.#complain(error))
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
      await this.#withSlots((slots) => this.#lead(slots)).catch((error: unknown) => this.#complain(error))
      await sleep(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }

  async #withSlots(work: (slots: SlotStore) => Promise<unknown>): Promise<void> {
    const slots = new SlotStore(this.config.databaseUrl)
    try {
      await slots.connect()
      await work(slots)
    } finally {
      await slots.end()
    }
  }

  /** The slot's name; null while the server does not allow one. */
  async #ensure(slots: SlotStore): Promise<string | null> {
    try {
      const { name, made, wasLost } = await slots.ensure()
      if (wasLost) this.logger.error({ slot: name }, 'Postgres gave the replication slot up: raise max_slot_wal_keep_size. Events are read from the tables')
      else if (made) this.logger.info({ slot: name }, 'The replication slot was made')
      return name
    } catch (error) {
      const obstacles = await slots.obstacles().catch(() => [])
      if (obstacles.length === 0) throw error
      this.#complain(new Error(`Postgres refuses logical replication: ${obstacles.join('; ')}. Risk and user-center wait for their events until then`))
      return null
    }
  }

  async #lead(slots: SlotStore): Promise<void> {
    if (!(await slots.tryLead())) return
    const name = await this.#ensure(slots)
    if (name === null) return
    const health = await slots.health(name)
    if (health === null) throw new Error(`the replication slot ${name} disappeared`)
    await this.#placeConsumers(health.confirmedLsn)
    if (this.#closing.signal.aborted) return
    const replication = new Replication(this.config.databaseUrl)
    const [positions, readings] = [await this.positions.all(), await this.positions.readings()]
    const session = new CaptureSession(replication, this.#ports, positions, readings, health.confirmedLsn)
    const watch = new SlotWatch(slots, name, this.metrics, this.logger, () => session.stop())
    this.#session = session
    this.logger.info({ slot: name }, 'Reading the log of changes')
    try {
      await session.run(name)
    } finally {
      this.#session = null
      await watch.end()
    }
  }

  /** A consumer without a position is first given what the tables hold, then follows the log. */
  async #placeConsumers(confirmedLsn: bigint): Promise<void> {
    const known = await this.positions.all()
    const missing = CONSUMERS.filter((consumer) => !known.has(consumer))
    for (const consumer of missing) {
      const count = await this.backfill.run(consumer, () => this.#closing.signal.aborted)
      if (count > 0) this.logger.warn({ consumer, count }, 'Events that the log did not hold were read from the tables')
      await this.positions.begin([consumer], confirmedLsn)
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
    const known = this.#trouble?.text === text && Date.now() - this.#trouble.atMs < SAME_TROUBLE_MS
    if (known) return
    this.#trouble = { text, atMs: Date.now() }
    if (text.startsWith('Postgres refuses')) this.logger.error(text)
    else this.logger.warn({ err: error }, 'Change capture was interrupted; it goes on from where the consumers stand')
  }
}
