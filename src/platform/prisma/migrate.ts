import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { packageRoot } from '../package-root.js'
import { appDatabaseUrl, RUNTIME_ROLE, runtimePassword, secretCheck } from './runtime-role.js'

/** The database cannot be brought to the state that this version needs; the message says what to do. */
export class MigrationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'MigrationError'
  }
}

interface Migration { readonly name: string; readonly sql: string; readonly checksum: string }

const PRISMA_LOCK = 72_707_369 // the one that `prisma migrate deploy` takes: both may run at once
const LOCK_WAIT_MS = 60_000
const STATEMENT_TIMEOUT_MS = 300_000
const ATTEMPTS_MAX = 10

// As Prisma makes it: its own command must go on working on this database.
const BOOKKEEPING = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`

/**
 * Brings the database to the state that this version needs, and readies the runtime role for it. May run again and
 * at once from several processes. Throws MigrationError; a network or login error is passed on.
 */
export async function migrate(databaseUrl: string, secretKey: string, log: (line: string) => void = () => {}): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000, application_name: 'drawbridge-migrate' })
  client.on('error', () => undefined) // the statement that is under way fails by itself
  await client.connect()
  try {
    await client.query(`SET statement_timeout = ${STATEMENT_TIMEOUT_MS}; SET lock_timeout = ${LOCK_WAIT_MS}`)
    await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK])
    await client.query(BOOKKEEPING)
    await checkSecret(client, secretKey)
    await applyPending(client, log)
    await retryingSharedRows(() => readyRuntimeRole(client, databaseUrl, secretKey))
    await keepSecretCheck(client, secretKey)
  } finally {
    await client.end().catch(() => undefined) // the lock ends with the session
  }
}

function migrations(): Migration[] {
  const folder = join(packageRoot, 'prisma', 'migrations')
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'migration.sql'))).sort()
  return names.map((name) => {
    const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8')
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
  })
}

async function applyPending(client: pg.Client, log: (line: string) => void): Promise<void> {
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  )
  const known = migrations()
  const applied = new Map(rows.map((row) => [row.migration_name, row]))
  for (const name of applied.keys()) {
    if (!known.some((migration) => migration.name === name)) {
      throw new MigrationError(`The database has migration ${name}, which this version does not know: it belongs to a newer version`)
    }
  }
  for (const migration of known) {
    const row = applied.get(migration.name)
    if (row === undefined) {
      log(`Migrating the database: ${migration.name}`)
      await retryingSharedRows(() => apply(client, migration))
    } else if (row.finished_at === null) {
      throw new MigrationError(`Migration ${migration.name} began and did not end; see "prisma migrate resolve"`)
    } else if (row.checksum !== migration.checksum) {
      throw new MigrationError(`Migration ${migration.name} was changed after it had been applied; restore its file`)
    }
  }
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(sql)
    await client.query(
      'INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, clock_timestamp(), 1)',
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    if (isSharedRowRace(error) || !(error instanceof pg.DatabaseError)) throw error
    throw new MigrationError(`Migration ${name} failed: ${error.message}`, { cause: error })
  }
}

// Roles belong to the server, and the advisory lock to one database: two databases that are migrated at once may meet here.
const isSharedRowRace = (error: unknown): boolean => {
  if (!(error instanceof pg.DatabaseError)) return false
  return /^tuple concurrently (?:updated|deleted)$/.test(error.message) || (error.code === '23505' && /^pg_/.test(error.table ?? ''))
}

async function retryingSharedRows(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!isSharedRowRace(error) || attempt === ATTEMPTS_MAX) throw error
      await sleep(50 * attempt)
    }
  }
}

async function readyRuntimeRole(client: pg.Client, databaseUrl: string, secretKey: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name')
  await client.query(`GRANT CONNECT ON DATABASE ${client.escapeIdentifier(rows[0]?.name ?? '')} TO ${RUNTIME_ROLE}`)
  if (await canLogIn(appDatabaseUrl(databaseUrl, secretKey))) return
  await client.query(`ALTER ROLE ${RUNTIME_ROLE} PASSWORD ${client.escapeLiteral(runtimePassword(secretKey))}`)
}

async function canLogIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code?.startsWith('28') === true) return false
    throw error
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Before anything is written: another SECRET_KEY could neither open what is sealed nor be told from an intruder's. */
async function checkSecret(client: pg.Client, secretKey: string): Promise<void> {
  const { rows: tables } = await client.query<{ there: boolean }>(`SELECT to_regclass('installation') IS NOT NULL AS there`)
  if (tables[0]?.there !== true) return
  const { rows } = await client.query<{ secret_check: Buffer }>('SELECT secret_check FROM installation')
  const kept = rows[0]?.secret_check
  if (kept !== undefined && !sameBytes(kept, secretCheck(secretKey))) {
    throw new MigrationError('SECRET_KEY is not the one that this database was set up with; give the old one back')
  }
}

const sameBytes = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)

async function keepSecretCheck(client: pg.Client, secretKey: string): Promise<void> {
  await client.query('INSERT INTO installation (secret_check) VALUES ($1) ON CONFLICT (id) DO NOTHING', [secretCheck(secretKey)])
}
