import { Injectable } from '@nestjs/common'
import type { ConsumerName } from '../../platform/events/event.types.js'
import { SqlService, type SqlClient } from '../../platform/prisma/sql.service.js'
import { formatLsn, parseLsn } from './domain/lsn.js'

/** How far each consumer has come in the log of changes. No row: nobody vouches for a position, the tables must be read. */
@Injectable()
export class PositionStore {
  constructor(private readonly sql: SqlService) {}

  async all(): Promise<Map<ConsumerName, bigint>> {
    const { rows } = await this.sql.system((sql) =>
      sql.query<{ consumer: ConsumerName; lsn: string }>('SELECT consumer::text AS consumer, lsn::text AS lsn FROM cdc_position'),
    )
    return new Map(rows.map(({ consumer, lsn }) => [consumer, parseLsn(lsn)]))
  }

  /** Starts the consumers that have no position at `lsn`. */
  async begin(consumers: readonly ConsumerName[], lsn: bigint): Promise<void> {
    await this.sql.system((sql) =>
      sql.query(
        'INSERT INTO cdc_position (consumer, lsn) SELECT c, $2::pg_lsn FROM unnest($1::event_consumer[]) c ON CONFLICT (consumer) DO NOTHING',
        [consumers, formatLsn(lsn)],
      ),
    )
  }

  /** Which reading of the log each consumer follows. */
  async readings(): Promise<Map<ConsumerName, string>> {
    const { rows } = await this.sql.system((sql) =>
      sql.query<{ consumer: ConsumerName; reading: string }>('SELECT consumer::text AS consumer, reading::text AS reading FROM cdc_position'),
    )
    return new Map(rows.map(({ consumer, reading }) => [consumer, reading]))
  }

  /**
   * Null where there is none, and where its slot is gone (a backup has none): the position says nothing then. Holds the row until the transaction ends, so that
   * batches of one consumer follow one another.
   */
  async lock(sql: SqlClient, consumer: ConsumerName): Promise<{ lsn: bigint; reading: string } | null> {
    const { rows } = await sql.query<{ lsn: string; reading: string }>(
      `SELECT lsn::text AS lsn, reading::text AS reading FROM cdc_position WHERE consumer = $1
         AND EXISTS (SELECT FROM pg_replication_slots WHERE database = current_database() AND slot_type = 'logical') FOR UPDATE`, [consumer],
    )
    return rows[0] === undefined ? null : { lsn: parseLsn(rows[0].lsn), reading: rows[0].reading }
  }

  async advance(sql: SqlClient, consumer: ConsumerName, lsn: bigint): Promise<void> {
    await sql.query('UPDATE cdc_position SET lsn = greatest(lsn, $2::pg_lsn), updated_at = now() WHERE consumer = $1', [consumer, formatLsn(lsn)])
  }
}
