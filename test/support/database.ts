import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { fromSetup } from './environment.js'

export interface TestDatabase {
  /** The owner's URL. */
  readonly databaseUrl: string
  drop(): Promise<void>
}

const cloneAttemptsMax = 20
const inUse = '55006'
let clones = 0

/** The same server and user, another database. */
export function withDatabaseName(databaseUrl: string, name: string): string {
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  return url.href
}

/** One connection for `work`, closed after it. */
export async function asOwner<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000, statement_timeout: 60_000 })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Makes a database, empty or as a copy of `template`; waits out another clone of the same template. */
export async function createDatabase(databaseUrl: string, name: string, template = 'template0'): Promise<void> {
  await asOwner(databaseUrl, async (client) => {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`)
        return
      } catch (error) {
        if (!(error instanceof pg.DatabaseError) || error.code !== inUse || attempt === cloneAttemptsMax) throw error
        await sleep(100)
      }
    }
  })
}

/** A replication slot outlives its reader and forbids dropping the database, so slots go first. */
async function dropSlots(client: pg.Client, name: string): Promise<void> {
  for (let attempt = 1; attempt <= cloneAttemptsMax; attempt++) {
    await client.query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = $1 AND active_pid IS NOT NULL', [name])
    const { rows } = await client.query<{ active: boolean }>('SELECT active FROM pg_replication_slots WHERE database = $1', [name])
    if (rows.every(({ active }) => !active)) break
    await sleep(50)
  }
  await client.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1 AND NOT active', [name])
}

/** A reader that is just ending may have taken its slot once more in between. */
async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await dropSlots(client, name)
    try {
      await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`)
      return
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== inUse || attempt === cloneAttemptsMax) throw error
      await sleep(100)
    }
  }
}

/** Drops every database whose name begins with `prefix`, whoever is still connected. */
export async function dropDatabases(databaseUrl: string, prefix: string): Promise<void> {
  await asOwner(databaseUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [prefix])
    for (const { datname } of rows) await dropDatabase(client, datname)
  })
}

/** A migrated database of the test file's own; drop it in afterAll. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = fromSetup('TEST_DATABASE_URL')
  const name = `${fromSetup('TEST_DATABASE_PREFIX')}${process.env.JEST_WORKER_ID ?? '1'}_${process.pid}_${++clones}`
  await createDatabase(server, name, fromSetup('TEST_DATABASE_TEMPLATE'))
  return { databaseUrl: withDatabaseName(server, name), drop: () => dropDatabases(server, name) }
}
