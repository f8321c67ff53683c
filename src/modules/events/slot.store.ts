import { createHash } from 'node:crypto'
import pg from 'pg'
import { parseLsn } from './domain/lsn.js'

const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 15_000
const NAME_LENGTH_MAX = 63
// Whoever holds the first reads the log; the second is held for as long as the slot is looked at and made.
const LEADER_LOCK = 72_707_401
const SLOT_LOCK = 72_707_402

export interface SlotHealth {
  readonly confirmedLsn: bigint
  readonly lagBytes: number
  readonly walStatus: string
  /** What may still be written before the server gives the slot up; null: no bound. */
  readonly safeBytes: number | null
}

/** A slot's name may hold a to z, 0 to 9 and _ alone; a database's any character. */
export function slotName(database: string): string {
  const plain = `drawbridge_${database}`
  const safe = plain.replace(/[^a-z0-9_]/g, '_')
  if (safe === plain && safe.length <= NAME_LENGTH_MAX) return safe
  return `${safe.slice(0, NAME_LENGTH_MAX - 9)}_${createHash('sha256').update(database).digest('hex').slice(0, 8)}`
}

/** The database owner's session, which keeps the replication slot. One session, made anew for each attempt at leading. */
export class SlotStore {
  readonly #client: pg.Client
  #lost: Error | null = null

  constructor(databaseUrl: string) {
    this.#client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'drawbridge-capture',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + 1_000,
      keepAlive: true,
    })
    this.#client.on('error', (error) => { this.#lost = error })
  }

  /** Why the session, and with it the leadership, is gone; null while it stands. */
  get lost(): Error | null {
    return this.#lost
  }

  async connect(): Promise<void> {
    await this.#client.connect()
  }

  async end(): Promise<void> {
    await this.#client.end().catch(() => undefined)
  }

  /** Leadership lasts as long as this session. Database-wide: advisory locks are the database's own. */
  async tryLead(): Promise<boolean> {
    const { rows } = await this.#client.query<{ leads: boolean }>('SELECT pg_try_advisory_lock($1) AS leads', [LEADER_LOCK])
    return rows[0]?.leads === true
  }

  /**
   * Makes the slot where there is none, or where the server gave it up. The positions are forgotten first: changes that a new
   * slot does not know are then read from the tables, even if the process dies in between. True when it was made.
   */
  async ensure(): Promise<{ name: string; made: boolean; wasLost: boolean }> {
    await this.#client.query('SELECT pg_advisory_lock($1)', [SLOT_LOCK])
    try {
      const { rows: named } = await this.#client.query<{ name: string }>('SELECT current_database() AS name')
      const name = slotName(named[0]!.name)
      const { rows } = await this.#client.query<{ lost: boolean }>(
        `SELECT coalesce(wal_status = 'lost', false) AS lost FROM pg_replication_slots WHERE slot_name = $1 AND database = current_database()`,
        [name],
      )
      if (rows[0]?.lost === false) return { name, made: false, wasLost: false }
      await this.#client.query('DELETE FROM cdc_position')
      if (rows[0]?.lost === true) await this.#client.query('SELECT pg_drop_replication_slot($1)', [name])
      await this.#client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput', false, false)`, [name])
      return { name, made: true, wasLost: rows[0]?.lost === true }
    } finally {
      await this.#client.query('SELECT pg_advisory_unlock($1)', [SLOT_LOCK]).catch(() => undefined)
    }
  }

  /** Null when the slot is gone. */
  async health(name: string): Promise<SlotHealth | null> {
    const { rows } = await this.#client.query<{ confirmed: string | null; lag: string | null; status: string | null; safe: string | null }>(
      `SELECT confirmed_flush_lsn::text AS confirmed, wal_status AS status, safe_wal_size::text AS safe,
         pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text AS lag
       FROM pg_replication_slots WHERE slot_name = $1`,
      [name],
    )
    const row = rows[0]
    if (row === undefined || row.confirmed === null) return null
    return {
      confirmedLsn: parseLsn(row.confirmed),
      lagBytes: Number(row.lag ?? 0),
      walStatus: row.status ?? 'unknown',
      safeBytes: row.safe === null ? null : Number(row.safe),
    }
  }

  /** The settings that the server would have to change; empty when it allows logical replication. */
  async obstacles(): Promise<string[]> {
    const { rows } = await this.#client.query<{ level: string; replicates: boolean; role: string; free: number }>(
      `SELECT current_setting('wal_level') AS level, r.rolreplication OR r.rolsuper AS replicates, r.rolname AS role,
         current_setting('max_replication_slots')::int - (SELECT count(*)::int FROM pg_replication_slots) AS free
       FROM pg_roles r WHERE r.rolname = current_user`,
    )
    const { level, replicates, role, free } = rows[0]!
    return [
      ...(level === 'logical' ? [] : [`set wal_level = logical (it is ${level}) and restart Postgres`]),
      ...(replicates ? [] : [`ALTER ROLE ${pg.escapeIdentifier(role)} REPLICATION, or name a role in DATABASE_URL that may replicate`]),
      ...(free > 0 ? [] : ['raise max_replication_slots: every slot is taken']),
    ]
  }
}
