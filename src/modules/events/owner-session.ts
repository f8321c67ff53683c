import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import pg from 'pg'
import { parseLsn } from './domain/lsn.js'

const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 15_000
const END_MS_MAX = 2_000
const QUERY_CANCELED = '57014'
const NAME_LENGTH_MAX = 63
// Whoever holds the first reads; the second is held for as long as the source is looked at and made.
const LEADER_LOCK = 72_707_401
const SOURCE_LOCK = 72_707_402
// Whoever writes draws waits as long at most, once, where the outbox is turned on or off.
const TABLE_LOCK_TIMEOUT_MS = 3_000
const TRIGGERS = ['outbox_inserted', 'outbox_updated']
const TABLES = ['draw', 'award']

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

/**
 * The database owner's session, which keeps the source of change events: the replication slot, or the triggers that fill the
 * outbox. One session, made anew for each attempt at leading.
 */
export class OwnerSession {
  readonly #client: pg.Client
  #lost: Error | null = null

  constructor(databaseUrl: string, timeoutMs = STATEMENT_TIMEOUT_MS) {
    this.#client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'drawbridge-capture',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: timeoutMs,
      query_timeout: timeoutMs + 1_000,
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

  /** A server that does not answer even to that is hung up on. */
  async end(): Promise<void> {
    const { stream } = (this.#client as unknown as { readonly connection: { readonly stream: Duplex } }).connection
    const late = setTimeout(() => { stream.destroy() }, END_MS_MAX)
    await this.#client.end().catch(() => undefined)
    clearTimeout(late)
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
  async ensureSlot(): Promise<{ name: string; made: boolean; wasLost: boolean }> {
    return this.#exclusively(async () => {
      const { name, state } = await this.#slot()
      if (state === 'USABLE') {
        await this.#client.query(`DELETE FROM cdc_position WHERE source = 'OUTBOX'`)
      } else {
        await this.#client.query('DELETE FROM cdc_position')
        if (state === 'LOST') await this.#client.query('SELECT pg_drop_replication_slot($1)', [name])
        await this.#createSlot(name)
      }
      if ((await this.#triggersOn()) > 0) await this.#turnTriggers('OFF')
      return { name, made: state !== 'USABLE', wasLost: state === 'LOST' }
    })
  }

  /**
   * Has every change written to the outbox from now on. Positions in the log say nothing about it and are forgotten, as are
   * positions of another server's transactions, which a dump brought along. `slotLeft`: a slot that this role may not drop, and
   * that holds the server's log back. Throws when somebody holds the tables for longer than 3 s.
   */
  async ensureOutbox(): Promise<{ made: boolean; slotLeft: string | null }> {
    return this.#exclusively(async () => {
      const made = !(await this.isOutboxOn())
      // Before: what was changed while one of them was off is in no outbox, even if the process dies in between.
      if (made) {
        await this.#client.query('DELETE FROM cdc_position')
        await this.#turnTriggers('ON')
      }
      await this.#client.query(
        `DELETE FROM cdc_position WHERE source = 'LOG' OR lsn - '0/0'::pg_lsn > pg_snapshot_xmax(pg_current_snapshot())::text::numeric`)
      // Of that server, too: what its consumers had not read is in the tables.
      const { rows } = await this.#client.query('SELECT FROM outbox WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()) LIMIT 1')
      if (rows.length > 0) {
        await this.#client.query('DELETE FROM cdc_position')
        await this.#client.query('DELETE FROM outbox WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())')
      }
      const { name, state } = await this.#slot()
      if (state === 'NONE') return { made, slotLeft: null }
      const left = await this.#client.query('SELECT pg_drop_replication_slot($1)', [name]).then(() => false, () => true)
      return { made, slotLeft: left ? name : null }
    })
  }

  /** All that committed below is in the tables, and what commits from here on is in the outbox. */
  async outboxBegin(): Promise<bigint> {
    const { rows } = await this.#client.query<{ xmin: string }>('SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin')
    return BigInt(rows[0]!.xmin)
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
         current_setting('max_replication_slots')::int - (SELECT count(*)::int FROM pg_replication_slots WHERE slot_name <> $1) AS free
       FROM pg_roles r WHERE r.rolname = current_user`,
      [(await this.#slot()).name],
    )
    const { level, replicates, role, free } = rows[0]!
    return [
      ...(level === 'logical' ? [] : [`set wal_level = logical (it is ${level}) and restart Postgres`]),
      ...(replicates ? [] : [`ALTER ROLE ${pg.escapeIdentifier(role)} REPLICATION, or name a role in DATABASE_URL that may replicate`]),
      ...(free > 0 ? [] : ['raise max_replication_slots: every slot is taken']),
    ]
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    await this.#client.query('SELECT pg_advisory_lock($1)', [SOURCE_LOCK])
    try {
      return await work()
    } finally {
      await this.#client.query('SELECT pg_advisory_unlock($1)', [SOURCE_LOCK]).catch(() => undefined)
    }
  }

  async #slot(): Promise<{ name: string; state: 'NONE' | 'USABLE' | 'LOST' }> {
    const { rows: named } = await this.#client.query<{ name: string }>('SELECT current_database() AS name')
    const name = slotName(named[0]!.name)
    const { rows } = await this.#client.query<{ lost: boolean }>(
      `SELECT coalesce(wal_status = 'lost', false) AS lost FROM pg_replication_slots WHERE slot_name = $1 AND database = current_database()`,
      [name],
    )
    if (rows[0] === undefined) return { name, state: 'NONE' }
    return { name, state: rows[0].lost ? 'LOST' : 'USABLE' }
  }

  /** Postgres waits for every transaction of the server that writes, whatever its database; 15 s here, then it is tried again. */
  async #createSlot(name: string): Promise<void> {
    try {
      await this.#client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput', false, false)`, [name])
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== QUERY_CANCELED) throw error
      const { rows } = await this.#client.query<{ pid: number; of: string; seconds: number }>(
        `SELECT pid, coalesce(datname, '?') || ', ' || coalesce(nullif(application_name, ''), 'unnamed') AS of,
           coalesce(extract(epoch FROM now() - xact_start), 0)::int AS seconds
         FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY age(backend_xid) DESC LIMIT 3`)
      const holders = rows.map(({ pid, of, seconds }) => `process ${pid} (${of}) for ${seconds} s`).join('; ')
      throw new Error(`Postgres makes no replication slot while older transactions are open. End them: ${holders || 'none is seen now'}`, { cause: error })
    }
  }

  async isOutboxOn(): Promise<boolean> {
    return (await this.#triggersOn()) === TRIGGERS.length * TABLES.length
  }

  async #triggersOn(): Promise<number> {
    const { rows } = await this.#client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_trigger WHERE tgname = ANY ($1) AND tgrelid = ANY ($2::regclass[]) AND tgenabled <> 'D'`, [TRIGGERS, TABLES])
    return rows[0]!.n
  }

  /** Waits for those who are writing: what they wrote is in the tables, and what comes after them fires the triggers. */
  async #turnTriggers(to: 'ON' | 'OFF'): Promise<void> {
    const verb = to === 'ON' ? 'ENABLE' : 'DISABLE'
    const statements = TABLES.map((table) => `ALTER TABLE ONLY ${table} ${TRIGGERS.map((trigger) => `${verb} TRIGGER ${trigger}`).join(', ')}`)
    if (to === 'OFF') statements.push('TRUNCATE outbox')
    await this.#client.query(`BEGIN; SET LOCAL lock_timeout = ${TABLE_LOCK_TIMEOUT_MS}; ${statements.join('; ')}; COMMIT`)
      .catch(async (error: unknown) => {
        await this.#client.query('ROLLBACK')
        throw error
      })
  }
}
