import pg from 'pg'
import { ConfigError } from '../../config/config.js'

const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'])
// Connection exceptions (08), a server that is out of means (53), that stops or starts (57P), and our own time-outs (57014; 55P03: of a lock).
const SQLSTATE = /^(?:08...|53...|57P0[1-5]|57014|55P03)$/
const CLIENT = /^(?:timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Query read timeout|connection is insecure|Client was closed|Cannot use a pool after calling end)/
// Prisma's: unreachable, timed out, closed, no connection to be had, transaction expired.
const PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028'])

const codeOf = (error: unknown): string | undefined => (error instanceof pg.DatabaseError ? error.code : undefined)

const textOf = (error: object, name: string): string | undefined => {
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' ? value : undefined
}

/**
 * Whether the database could not be asked or did not answer in time. The transaction may then have been committed or
 * not: who must know asks again, under the same idempotency key.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = textOf(error, 'code')
  if (code !== undefined && (NETWORK.has(code) || PRISMA.has(code))) return true
  if (error instanceof pg.DatabaseError) return SQLSTATE.test(code ?? '')
  // What Postgres answers to Prisma's COMMIT comes in a cause that is no Error.
  if (typeof error.cause === 'object' && error.cause !== null && SQLSTATE.test(textOf(error.cause, 'originalCode') ?? '')) return true
  return CLIENT.test(error.message) || (error.cause !== undefined && isDatabaseUnavailable(error.cause))
}

/** Postgres itself ended a statement that took too long: it answers. */
export const isStatementTimeout = (error: unknown): boolean => codeOf(error) === '57014'

/** Two transactions ran into each other: nothing was written, and the whole transaction may be tried again. */
export const isSerializationFailure = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01')

/** A caller's text that Postgres cannot hold: a NUL character, whatever the driver that met it. */
export const isUnstorableText = (error: unknown): boolean =>
  ['22021', '22P05'].includes(codeOf(error) ?? '') || (error instanceof Error && /invalid byte sequence for encoding|unsupported Unicode escape sequence/.test(error.message))

/** What keeps a process from serving, by the name of the setting to mend. */
export function startTrouble(error: unknown): Error {
  const code = codeOf(error)
  if (code?.startsWith('28') === true) return new ConfigError('SECRET_KEY', 'the runtime role cannot log in with it: run "npm run migrate" with this SECRET_KEY first')
  if (code === '3D000') return new ConfigError('DATABASE_URL', 'there is no such database')
  if (code === '42P01') return new ConfigError('DATABASE_URL', 'the database is not migrated: run "npm run migrate" first')
  if (isDatabaseUnavailable(error)) return new ConfigError('DATABASE_URL', `Postgres cannot be reached (${error instanceof Error ? error.message : 'no answer'})`)
  return error instanceof Error ? error : new Error('The database cannot be used')
}
