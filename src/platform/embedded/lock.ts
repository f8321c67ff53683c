import { DatabaseSync } from 'node:sqlite'
import { EmbeddedError, wordsOf } from './files.js'

export interface Lock {
  release(): void
}

/**
 * Takes an exclusive lock on a file, or returns undefined when another process (or another caller here) holds it.
 * SQLite holds it as a lock of the operating system: however the owner dies, the lock is gone with it, so there is
 * no stale lock to judge.
 */
export function tryLock(path: string): Lock | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    const held = database
    return { release: () => held.close() }
  } catch (error) {
    database?.close()
    if (isBusy(error)) return undefined
    throw new EmbeddedError(`DATA_DIR: ${path} cannot be locked: ${wordsOf(error)}`)
  }
}

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === SQLITE_BUSY
}
