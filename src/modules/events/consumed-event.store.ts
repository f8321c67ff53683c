import { Injectable } from '@nestjs/common'
import type { ConsumerName, EventEnvelope } from '../../platform/events/event.types.js'
import { SqlService, type SqlClient } from '../../platform/prisma/sql.service.js'
import type { ConsumedEvent } from './events.types.js'

@Injectable()
export class ConsumedEventStore {
  constructor(private readonly sql: SqlService) {}

  /** Marks events of one tenant as consumed; gives those that were not before, each once, in the order given. */
  async claim(sql: SqlClient, tenantId: string, consumer: ConsumerName, events: readonly EventEnvelope[]): Promise<EventEnvelope[]> {
    const { rows } = await sql.query<{ event_id: string }>(
      `INSERT INTO consumed_event (tenant_id, consumer, event_id, type, subject, campaign_id, committed_at)
       SELECT $1, $2::event_consumer, e.* FROM unnest($3::text[], $4::text[], $5::text[], $6::uuid[], $7::timestamptz[]) e
       ON CONFLICT DO NOTHING RETURNING event_id`,
      [
        tenantId,
        consumer,
        events.map((event) => event.id),
        events.map((event) => event.type),
        events.map((event) => event.subject),
        events.map((event) => event.data.after.campaign_id),
        events.map((event) => event.time),
      ],
      'claim_events',
    )
    const fresh = new Set(rows.map((row) => row.event_id))
    return events.filter((event) => fresh.delete(event.id))
  }

  /** Draws before awards, the newest draw first: the order of the primary key. `drawId`: of this draw and its award alone. */
  async list(tenantId: string, consumer: ConsumerName, drawId: string | null, first: number): Promise<ConsumedEvent[]> {
    const subjects = drawId === null ? null : [drawId, `A${drawId}`]
    const { rows } = await this.sql.tenant(
      tenantId,
      (sql) =>
        sql.query<ConsumedEvent>(
          `SELECT event_id AS id, type, subject, consumer::text AS consumer, committed_at AS "committedAt", consumed_at AS "consumedAt"
           FROM consumed_event WHERE tenant_id = $1 AND consumer = $2::event_consumer AND ($3::text[] IS NULL OR subject = ANY ($3))
           ORDER BY event_id DESC LIMIT $4`,
          [tenantId, consumer, subjects, first],
        ),
      { readOnly: true },
    )
    return rows
  }
}
