import { Injectable } from '@nestjs/common'
import type { ConsumerName } from '../../platform/events/event.types.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { awardRow, drawRow, type Change } from './domain/changes.js'
import { formatLsn, parseLsn } from './domain/lsn.js'

/** Of a cdc_position: the transaction below which everything is consumed. */
const XID = `(lsn - '0/0'::pg_lsn)::text::xid8`

export interface Waiting {
  readonly consumer: ConsumerName
  readonly reading: string
  readonly position: bigint
  /** Up to where the consumer may read now; null: nothing waits for it. */
  readonly until: bigint | null
  /** When the oldest was written that it has not had, also where that cannot be read yet. */
  readonly oldestAtMs: number | null
}

interface OutboxRow {
  readonly kind: 'draw' | 'award'
  readonly op: 'c' | 'u'
  readonly lsn: string
  readonly written_at: Date
  readonly content: Record<string, unknown>
}

/** What triggers wrote of settled draws and of awards, by transaction. Positions are numbers of transactions. */
@Injectable()
export class OutboxStore {
  constructor(private readonly sql: SqlService) {}

  /** For each consumer with a position in the outbox: whole transactions of some `rows` rows, or of the last one more. */
  async waiting(rows: number): Promise<Waiting[]> {
    const result = await this.sql.system((sql) =>
      sql.query<{ consumer: ConsumerName; reading: string; lsn: string; until: string | null; oldest: Date | null }>(
        `SELECT p.consumer::text AS consumer, p.reading::text AS reading, p.lsn::text AS lsn, n.until::text AS until, n.oldest
         FROM (SELECT consumer, reading, lsn, ${XID} AS xid FROM cdc_position WHERE source = 'OUTBOX') p
         LEFT JOIN LATERAL system_outbox_next(p.xid, $1) n ON true`, [rows],
      ))
    return result.rows.map(({ consumer, reading, lsn, until, oldest }) => ({
      consumer, reading, position: parseLsn(lsn), until: until === null ? null : BigInt(until), oldestAtMs: oldest?.getTime() ?? null,
    }))
  }

  /**
   * What the transactions from `from` and below `to` wrote, in the order of writing, as far as none below still runs: `to` comes
   * back smaller where some does, which a batch of a past that a backup took back may ask for.
   */
  async read(from: bigint, to: bigint): Promise<{ changes: Change[]; buckets: Map<string, number>; to: bigint }> {
    return this.sql.system(async (sql) => {
      const bound = await sql.query<{ until: string }>('SELECT least($1::text::xid8, pg_snapshot_xmin(pg_current_snapshot()))::text AS until', [String(to)])
      const until = BigInt(bound.rows[0]!.until)
      const { rows } = await sql.query<OutboxRow>(
        'SELECT kind, op, lsn::text AS lsn, written_at, content FROM system_outbox_rows($1::text::xid8, $2::text::xid8)', [String(from), String(until)])
      const buckets = new Map(rows.filter(({ kind }) => kind === 'draw').map(({ content }) => [String(content.id), Number(content.bucket)]))
      return { changes: rows.map(changeOf), buckets, to: until }
    })
  }

  /** Takes out what every consumer has consumed, `rowsMax` at most. Resolves to their numbers by kind. */
  async forget(rowsMax: number): Promise<Map<OutboxRow['kind'], number>> {
    const { rows } = await this.sql.system((sql) =>
      sql.query<{ kind: OutboxRow['kind']; n: string }>(
        `SELECT f.kind, f.n FROM (SELECT (min(lsn) - '0/0'::pg_lsn)::text::xid8 AS xid FROM cdc_position HAVING bool_and(source = 'OUTBOX')) p,
         LATERAL system_outbox_forget(p.xid, $1) f`, [rowsMax],
      ))
    return new Map(rows.map(({ kind, n }) => [kind, Number(n)]))
  }
}

function changeOf({ kind, op, lsn, written_at, content }: OutboxRow): Change {
  const captured = { op, lsn: formatLsn(parseLsn(lsn)), committedAtMs: written_at.getTime(), before: null } as const
  if (kind === 'award') return { ...captured, table: kind, after: awardRow(content) }
  return { ...captured, table: kind, after: drawRow(content), traceParent: (content.trace_parent as string | null) ?? null }
}
