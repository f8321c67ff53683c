import { Injectable } from '@nestjs/common'
import { failpoint } from '../../common/failpoint.js'
import type { ConsumerName, EventEnvelope } from '../../platform/events/event.types.js'
import { EventConsumers } from '../../platform/events/event-consumers.js'
import { SqlService, type SqlClient } from '../../platform/prisma/sql.service.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { span, withTraceParent } from '../../platform/telemetry/tracing.js'
import { ConsumedEventStore } from './consumed-event.store.js'
import type { EventBatch } from './domain/batch.js'
import { parseLsn } from './domain/lsn.js'
import { EnvelopeService } from './envelope.service.js'
import { OutboxStore } from './outbox.store.js'
import { PositionStore } from './position.store.js'

/** AHEAD: what comes before the batch is not consumed yet. UNPLACED: the consumer has no position. Neither wrote anything. */
export type Consumption = { readonly result: 'APPLIED' | 'REPEATED' | 'AHEAD' | 'UNPLACED'; readonly position: bigint | null }

const isSampled = (traceParent: string | undefined): traceParent is string => traceParent?.endsWith('01') === true

/** Gives events to a consumer: effects, the memory of the events and the position become durable together or not at all. */
@Injectable()
export class ConsumptionService {
  constructor(
    private readonly sql: SqlService,
    private readonly positions: PositionStore,
    private readonly consumed: ConsumedEventStore,
    private readonly consumers: EventConsumers,
    private readonly metrics: Metrics,
    private readonly outbox: OutboxStore,
    private readonly envelopes: EnvelopeService,
  ) {}

  async consume(name: ConsumerName, batch: EventBatch): Promise<Consumption> {
    const from = parseLsn(batch.fromLsn)
    const until = parseLsn(batch.toLsn)
    const { to, events } = batch.events === null ? await this.#fromOutbox(name, from, until) : { to: until, events: batch.events }
    return this.#counted(name, events, () =>
      this.sql.system(async (sql): Promise<Consumption & { fresh: EventEnvelope[] }> => {
        const place = await this.positions.lock(sql, name)
        if (place === null) return { result: 'UNPLACED', position: null, fresh: [] }
        const { position } = place
        // What this reading of the source says was read from the tables, or will be sent.
        if (batch.reading !== place.reading) return { result: 'REPEATED', position, fresh: [] }
        if (to <= position) return { result: 'REPEATED', position, fresh: [] }
        if (from > position) return { result: 'AHEAD', position, fresh: [] }
        const fresh = await this.#apply(sql, name, events)
        await this.positions.advance(sql, name, to)
        failpoint('event.before_commit')
        return { result: 'APPLIED', position: to, fresh }
      }),
    )
  }

  /** Events read from the tables: they have no place in the log, so no position moves. */
  async backfill(name: ConsumerName, events: readonly EventEnvelope[]): Promise<void> {
    await this.#counted(name, events, () =>
      this.sql.system(async (sql) => ({ result: 'APPLIED' as const, position: null, fresh: await this.#apply(sql, name, events) })),
    )
  }

  /** Read before the position is held: what finished transactions wrote does not change. */
  async #fromOutbox(name: ConsumerName, from: bigint, until: bigint): Promise<{ to: bigint; events: EventEnvelope[] }> {
    const { changes, buckets, to } = await this.outbox.read(from, until)
    const events = await this.envelopes.of(changes, buckets)
    const { types } = this.consumers.get(name)
    return { to, events: events.filter(({ type }) => types.includes(type)) }
  }

  async #apply(sql: SqlClient, name: ConsumerName, events: readonly EventEnvelope[]): Promise<EventEnvelope[]> {
    const consumer = this.consumers.get(name)
    const fresh: EventEnvelope[] = []
    for (const [tenantId, own] of Map.groupBy(events, (event) => event.tenantid)) {
      await this.sql.setTenant(sql, tenantId)
      const claimed = await this.consumed.claim(sql, tenantId, name, own)
      if (claimed.length > 0) await consumer.apply(sql, tenantId, claimed)
      fresh.push(...claimed)
    }
    return fresh
  }

  async #counted(
    name: ConsumerName, events: readonly EventEnvelope[], work: () => Promise<Consumption & { fresh: EventEnvelope[] }>,
  ): Promise<Consumption> {
    const consumer = name.toLowerCase()
    try {
      const { result, position, fresh } = await this.metrics.stage('consume', { consumer, 'events.count': events.length }, work)
      failpoint('event.after_commit')
      if (result === 'AHEAD' || result === 'UNPLACED') return { result, position }
      this.metrics.events.inc({ consumer, result: 'applied' }, fresh.length)
      this.metrics.events.inc({ consumer, result: 'repeated' }, events.length - fresh.length)
      const nowMs = Date.now()
      for (const event of fresh) {
        if (event.data.op !== 'r') this.metrics.eventLagSeconds.observe({ consumer }, Math.max(0, nowMs - event.data.source.ts_ms) / 1000)
        // The draw's own trace ends here, in the consumer that it reached.
        if (isSampled(event.traceparent)) withTraceParent(event.traceparent, () => span('consume', { consumer, 'event.id': event.id }, () => undefined))
      }
      return { result, position }
    } catch (error) {
      this.metrics.events.inc({ consumer, result: 'failed' }, events.length)
      throw error
    }
  }
}
