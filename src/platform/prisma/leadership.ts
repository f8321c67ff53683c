import { Injectable } from '@nestjs/common'
import { SqlService } from './sql.service.js'

const HEARTBEAT_MS = 2_000

/** The lock went away while its holder worked: another may be at it. */
export class LeadershipLostError extends Error {
  constructor(cause: unknown) {
    super("A leader's lock was lost", { cause })
    this.name = 'LeadershipLostError'
  }
}

@Injectable()
export class Leadership {
  constructor(private readonly sql: SqlService) {}

  /**
   * `name`: of the work, the same in every process of the installation. Runs `work` while this process alone of all workers holds the lock; returns false at once where another holds it.
   * The lock lives in a transaction, so it ends with the connection. It only spares work: what is done must bear
   * that two are at it (rebuilds are told apart by the campaign's epoch).
   */
  lead(name: string, work: (stillLeading: () => void) => Promise<void>): Promise<boolean> {
    return this.sql.system(async (sql) => {
      const { rows } = await sql.query<{ locked: boolean }>('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked', [name])
      if (rows[0]?.locked !== true) return false
      let lost: unknown
      let beating: Promise<unknown> = Promise.resolve()
      // Also keeps the server from ending a transaction that looks idle.
      const heartbeat = setInterval(() => {
        beating = sql.query('SELECT 1').catch((error: unknown) => { lost ??= error })
      }, HEARTBEAT_MS)
      try {
        await work(() => {
          if (lost !== undefined) throw new LeadershipLostError(lost)
        })
      } finally {
        clearInterval(heartbeat)
        await beating
      }
      return true
    })
  }
}
