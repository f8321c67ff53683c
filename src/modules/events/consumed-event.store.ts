import { Injectable } from '@nestjs/common'
import { decodeDrawId } from '../../common/draw-id.js'
import type { ConsumerName, EventEnvelope } from '../../platform/events/event.types.js'
import { SqlService, type SqlClient } from '../../platform/prisma/sql.service.js'
import type { ConsumedEvent } from './events.types.js'

@Injectable()
export class ConsumedEventStore {
  constructor(private readonly sql: SqlService) {}

  /** Marks events of one tenant as consumed; gives those that were not before, each once, in the order given. */
  async claim(sql: SqlClient, tenantId: string, consumer: ConsumerName, events: readonly EventEnvelope[]): Promise<EventEnvelope[]> {
    const keys = events.map(keyOf)
    const { rows } = await sql.query<EventKey>(
      `INSERT INTO consumed_event (tenant_id, consumer, draw_id, version, type, subject, campaign_id, committed_at)
       SELECT $1, $2::event_consumer, e.* FROM unnest($3::bigint[], $4::integer[], $5::text[], $6::text[], $7::uuid[], $8::timestamptz[]) e
       ON CONFLICT DO NOTHING RETURNING draw_id::text AS "drawId", version`,
      [
        tenantId,
        consumer,
        keys.map(({ drawId }) => drawId),
        keys.map(({ version }) => version),
        events.map((event) => event.type),
        events.map((event) => event.subject),
        events.map((event) => event.data.after.campaign_id),
        events.map((event) => event.time),
      ],
      'claim_events',
    )
    const fresh = new Set(rows.map(eventId))
    return events.filter((event) => fresh.delete(event.id))
  }

  /** The ids of those that the consumer has had. */
  async known(sql: SqlClient, tenantId: string, consumer: ConsumerName, events: readonly EventEnvelope[]): Promise<ReadonlySet<string>> {
    // By itself: under row-level security a comparison with something computed from another row (it may leak) uses no index.
    const { rows } = await sql.query<EventKey>(
      `SELECT draw_id::text AS "drawId", version FROM consumed_event WHERE tenant_id = $1 AND consumer = $2::event_consumer AND draw_id = ANY ($3::bigint[])`,
      [tenantId, consumer, events.map((event) => keyOf(event).drawId)],
    )
    return new Set(rows.map(eventId))
  }

  /** The newest draw first, its award's changes before itself. `drawId`: of this draw and its award alone. */
  async list(tenantId: string, consumer: ConsumerName, drawId: string | null, first: number): Promise<ConsumedEvent[]> {
    const snowflake = drawId === null ? null : decodeDrawId(drawId)?.snowflake
    if (snowflake === undefined) return []
    const { rows } = await this.sql.tenant(
      tenantId,
      (sql) =>
        sql.query<Omit<ConsumedEvent, 'id'> & EventKey>(
          `SELECT draw_id::text AS "drawId", version, type, subject, consumer::text AS consumer, committed_at AS "committedAt", consumed_at AS "consumedAt"
           FROM consumed_event WHERE tenant_id = $1 AND consumer = $2::event_consumer
             AND ($3::bigint IS NULL OR draw_id = $3 AND subject = ANY ($4::text[]))
           ORDER BY draw_id DESC, version DESC LIMIT $5`,
          [tenantId, consumer, snowflake?.toString() ?? null, [drawId, `A${drawId}`], first],
        ),
      { readOnly: true },
    )
    return rows.map(({ drawId: draw, version, ...event }) => ({ id: eventId({ drawId: draw, version }), ...event }))
  }
}

/** A draw's event has version 0, an award's its own, from 1. */
interface EventKey { readonly drawId: string; readonly version: number }

const keyOf = ({ type, data: { after } }: EventEnvelope): EventKey =>
  ({ drawId: after.id, version: type === 'drawbridge.draw.settled' ? 0 : after.version })

const eventId = ({ drawId, version }: EventKey): string => (version === 0 ? `draw/${drawId}` : `award/${drawId}/${version}`)
