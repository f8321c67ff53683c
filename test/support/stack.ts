import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { startEmbedded } from '../../src/platform/embedded/embedded.js'
import { migrate } from '../../src/platform/prisma/migrate.js'
import { appDatabaseUrl, RUNTIME_ROLE } from '../../src/platform/prisma/runtime-role.js'
import { asOwner, createDatabase, dropDatabases, withDatabaseName } from './database.js'
import { workerRedisUrl } from './redis.js'

interface Servers {
  databaseUrl: string
  redisUrl: string
  secretKey: string
  stop(): Promise<void>
}

export interface TestStack {
  /** What the workers need to know, as environment variables. */
  readonly environment: Record<string, string>
  stop(): Promise<void>
}

/**
 * DATABASE_URL and REDIS_URL, when both are given: the tests make and drop databases of their own beside the named
 * one, and need logical Redis databases 1 to `workers` empty, since they flush them.
 */
function givenServers(): Servers | undefined {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, SECRET_KEY: secretKey } = process.env
  if (!databaseUrl && !redisUrl) return undefined
  if (!databaseUrl || !redisUrl) throw new Error('Set both DATABASE_URL and REDIS_URL for the tests, or neither')
  return { databaseUrl, redisUrl, secretKey: secretKey ?? 'a-secret-key-of-the-tests-and-nobody-else', stop: async () => {} }
}

async function embeddedServers(): Promise<Servers> {
  const dataDir = await mkdtemp(join(tmpdir(), 'drawbridge-test-data-'))
  // Postgres refuses to run as root; its own user must be able to reach its folder in here.
  await chmod(dataDir, 0o711)
  try {
    const servers = await startEmbedded({ dataDir, log: (line) => process.stderr.write(`${line}\n`) })
    return {
      ...servers,
      stop: async () => {
        await servers.stop()
        await rm(dataDir, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true })
    throw error
  }
}

async function eachWorkersRedis(redisUrl: string, workers: number, visit: (redis: Redis, worker: number) => Promise<void>): Promise<void> {
  for (let worker = 1; worker <= workers; worker++) {
    const url = workerRedisUrl(redisUrl, String(worker))
    const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, connectTimeout: 5_000, retryStrategy: () => null })
    try {
      await redis.connect()
      await visit(redis, worker)
    } finally {
      redis.disconnect()
    }
  }
}

async function refuseUsedRedis(redis: Redis, worker: number): Promise<void> {
  const keys = await redis.dbsize()
  if (keys === 0) return
  throw new Error(`REDIS_URL: logical database ${worker} holds ${keys} keys, and the tests would flush it; empty it or give another Redis`)
}

/**
 * Roles are the server's, not a database's: migrating under another SECRET_KEY would change the runtime role's
 * password for whatever else runs on this server.
 */
async function refuseAnotherInstallation(databaseUrl: string, secretKey: string): Promise<void> {
  const known = await asOwner(databaseUrl, (client) => client.query('SELECT FROM pg_roles WHERE rolname = $1', [RUNTIME_ROLE]))
  if (known.rowCount === 0) return
  const client = new pg.Client({ connectionString: appDatabaseUrl(databaseUrl, secretKey), connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
  } catch (error) {
    const message = 'DATABASE_URL: that server has a Drawbridge under another SECRET_KEY; give its SECRET_KEY, or another server'
    throw error instanceof pg.DatabaseError && error.code === '28P01' ? new Error(message, { cause: error }) : error
  } finally {
    await client.end()
  }
}

/** Starts or finds Postgres and Redis and migrates the template that every test file's database is cloned from. */
export async function startStack({ workers }: { workers: number }): Promise<TestStack> {
  const given = givenServers()
  const servers = given ?? (await embeddedServers())
  const prefix = `drawbridge_test_${randomBytes(4).toString('hex')}_`
  const template = `${prefix}template`
  let redisIsOurs = false
  const shutDown = async (): Promise<void> => {
    try {
      if (given === undefined) return
      if (redisIsOurs) await eachWorkersRedis(servers.redisUrl, workers, async (redis) => void (await redis.flushdb()))
      await dropDatabases(servers.databaseUrl, prefix)
    } finally {
      await servers.stop()
    }
  }
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => (stopping ??= shutDown())
  try {
    if (given !== undefined) {
      await eachWorkersRedis(servers.redisUrl, workers, refuseUsedRedis)
      redisIsOurs = true
      await refuseAnotherInstallation(servers.databaseUrl, servers.secretKey)
    }
    await createDatabase(servers.databaseUrl, template)
    await migrate(withDatabaseName(servers.databaseUrl, template), servers.secretKey)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    environment: {
      TEST_DATABASE_URL: servers.databaseUrl,
      TEST_DATABASE_PREFIX: prefix,
      TEST_DATABASE_TEMPLATE: template,
      TEST_REDIS_URL: servers.redisUrl,
      TEST_SECRET_KEY: servers.secretKey,
    },
    stop,
  }
}

/** Tells this process of the servers, as the setup of the tests tells its workers. */
export function enterStack({ environment }: TestStack): void {
  Object.assign(process.env, environment)
}
