import { Redis } from 'ioredis'
import { Client } from 'pg'
import { isCode, wordsOf } from './files.js'

const CONNECT_TIMEOUT_MS = 5_000
const TOTAL_TIMEOUT_MS = 6_000
const POSTGRES_VERSION_MIN = 15
const REDIS_MAJOR_MIN = 7

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection was closed by the other side',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ETIMEDOUT: 'no answer (timed out)',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  '28P01': 'the password is wrong',
  '28000': 'this user is not allowed in',
  '3D000': 'that database does not exist',
  '53300': 'the server has no connection left',
}

/** The reason in plain words; of an unknown failure, the server's own words without anything secret in them. */
function reasonOf(error: unknown, url: URL): string {
  const known = Object.entries(reasons).find(([code]) => isCode(error, code))
  if (known !== undefined) return known[1]
  // Several addresses were tried, and each failed.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0], url)
  const text = wordsOf(error)
  if (/WRONGPASS|NOAUTH|invalid password/i.test(text)) return 'the password is wrong or missing'
  if (/timeout|timed out/i.test(text)) return 'no answer (timed out)'
  const clean = url.password === '' ? text : text.replaceAll(url.password, '***').replaceAll(decodeURIComponent(url.password), '***')
  return clean
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error('timed out')) }, TOTAL_TIMEOUT_MS)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}

/** Why the product cannot use this Postgres, beginning with the variable's name; undefined when it can. ≤ 6 s. */
export async function databaseTrouble(databaseUrl: string): Promise<string | undefined> {
  const url = new URL(databaseUrl)
  const place = `Postgres at ${url.hostname === '' ? 'localhost' : url.hostname}:${url.port === '' ? 5432 : url.port}${url.pathname}`
  const limits = { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: CONNECT_TIMEOUT_MS }
  const client = new Client({ connectionString: databaseUrl, ...limits })
  client.on('error', () => undefined)
  try {
    const ask = () => client.query<{ server_version_num: string }>('SHOW server_version_num')
    const version = await within(client.connect().then(ask))
    const major = Math.floor(Number(version.rows[0]?.server_version_num) / 10_000)
    return major >= POSTGRES_VERSION_MIN ? undefined : `DATABASE_URL: ${place} has version ${major}; ${POSTGRES_VERSION_MIN} or newer is needed`
  } catch (error) {
    return `DATABASE_URL: ${place} cannot be used: ${reasonOf(error, url)}`
  } finally {
    // The socket is closed whatever the server does with the goodbye.
    void client.end().catch(() => undefined)
  }
}

/** Why the product cannot use this Redis, beginning with the variable's name; undefined when it can. ≤ 6 s. */
export async function redisTrouble(redisUrl: string): Promise<string | undefined> {
  const url = new URL(redisUrl)
  const place = `Redis at ${url.hostname === '' ? 'localhost' : url.hostname}:${url.port === '' ? 6379 : url.port}`
  const once = { lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false, maxRetriesPerRequest: 0, enableOfflineQueue: false }
  const client = new Redis(redisUrl, { ...once, connectTimeout: CONNECT_TIMEOUT_MS, commandTimeout: CONNECT_TIMEOUT_MS })
  let socketError: unknown
  client.on('error', (error: unknown) => { socketError ??= error })
  try {
    const info = await within(client.connect().then(() => client.info()))
    const value = (name: string) => new RegExp(`^${name}:(.+?)\\r?$`, 'm').exec(info)?.[1] ?? ''
    const version = value('valkey_version') === '' ? value('redis_version') : value('valkey_version')
    const major = Number(version.split('.')[0])
    if (!(major >= REDIS_MAJOR_MIN)) return `REDIS_URL: ${place} has version ${version}; ${REDIS_MAJOR_MIN} or newer is needed`
    if (value('role') === 'slave') return `REDIS_URL: ${place} is a read-only replica; the primary is needed`
    const policy = value('maxmemory_policy')
    return policy === 'noeviction' || policy === '' ? undefined : `REDIS_URL: ${place} may throw data away (maxmemory-policy ${policy}); it must be noeviction`
  } catch (error) {
    return `REDIS_URL: ${place} cannot be used: ${reasonOf(socketError ?? error, url)}`
  } finally {
    client.disconnect()
  }
}
