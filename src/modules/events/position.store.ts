import { Injectable } from '@nestjs/common'
import type { ConsumerName } from '../../platform/events/event.types.js'
import { SqlService, type SqlClient } from '../../platform/prisma/sql.service.js'
import { formatLsn, parseLsn } from './domain/lsn.js'

/** LOG: positions are bytes of the write-ahead log. OUTBOX: they are transactions, all below which are read. */
export type EventSource = 'LOG' | 'OUTBOX'

export interface Place {
  readonly position: bigint
  /** Of the source: another begins where it is made anew. */
  readonly reading: string
}

interface PlaceRow {
  readonly lsn: string
  readonly reading: string
}

/** How far each consumer has come in the source of changes. No row: nobody vouches for a position, the tables must be read. */
@Injectable()
export class PositionStore {
  constructor(private readonly sql: SqlService) {}

  async all(source: EventSource): Promise<Map<ConsumerName, bigint>> {
    return new Map([...(await this.places(source))].map(([consumer, { position }]) => [consumer, position]))
  }

  /** Positions, and which reading of the source each consumer follows. */
  async places(source: EventSource): Promise<Map<ConsumerName, Place>> {
    const { rows } = await this.sql.system((sql) => sql.query<PlaceRow & { consumer: ConsumerName }>(
      'SELECT consumer::text AS consumer, lsn::text AS lsn, reading::text AS reading FROM cdc_position WHERE source = $1::event_source', [source]))
    return new Map(rows.map((row) => [row.consumer, placeOf(row)]))
  }

  /** Starts the consumers that have no position in this source at `position`. */
  async begin(consumers: readonly ConsumerName[], source: EventSource, position: bigint): Promise<void> {
    await this.sql.system((sql) =>
      sql.query(
        `INSERT INTO cdc_position (consumer, source, lsn) SELECT c, $2::event_source, $3::pg_lsn FROM unnest($1::event_consumer[]) c
         ON CONFLICT (consumer) DO UPDATE SET source = excluded.source, lsn = excluded.lsn, reading = gen_random_uuid()
         WHERE cdc_position.source <> excluded.source`,
        [consumers, source, formatLsn(position)],
      ),
    )
  }

  /**
   * Null where there is none, and where its slot is gone (a backup has none): the position says nothing then. Holds the row until
   * the transaction ends, so that batches of one consumer follow one another.
   */
  async lock(sql: SqlClient, consumer: ConsumerName): Promise<Place | null> {
    const { rows } = await sql.query<PlaceRow>(
      `SELECT lsn::text AS lsn, reading::text AS reading FROM cdc_position WHERE consumer = $1 AND (source = 'OUTBOX'
         OR EXISTS (SELECT FROM pg_replication_slots WHERE database = current_database() AND slot_type = 'logical')) FOR UPDATE`, [consumer], 'lock_position',
    )
    return rows[0] === undefined ? null : placeOf(rows[0])
  }

  async advance(sql: SqlClient, consumer: ConsumerName, position: bigint): Promise<void> {
    await sql.query('UPDATE cdc_position SET lsn = greatest(lsn, $2::pg_lsn), updated_at = now() WHERE consumer = $1', [consumer, formatLsn(position)], 'advance_position')
  }
}

const placeOf = ({ lsn, reading }: PlaceRow): Place => ({ position: parseLsn(lsn), reading })
