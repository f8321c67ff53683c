import { Injectable } from '@nestjs/common'
import { SqlService } from '../../../platform/prisma/sql.service.js'

const LATEST = 'SELECT history FROM redis_history ORDER BY no DESC LIMIT 1'

const runOf = (history: string): string => history.split(':')[0]!

/** A Redis that was superseded was about to be vouched for. */
class SupersededError extends Error {
  constructor(history: string) {
    super(`Redis ${history} was superseded by another`)
    this.name = 'SupersededError'
  }
}

/** Which Redis was vouched for, in turn, by its history (see RedisService.identity). */
@Injectable()
export class RedisHistoryStore {
  constructor(private readonly sql: SqlService) {}

  /** From now on the others are superseded. Once more for the newest is no harm. Throws where this one is superseded itself. */
  async vouch(history: string): Promise<void> {
    const superseded = await this.sql.system(async (sql) => {
      await sql.query('INSERT INTO redis_history (history) VALUES ($1) ON CONFLICT (history) DO NOTHING', [history])
      const { rows } = await sql.query<{ history: string }>(LATEST)
      return rows[0]?.history !== history
    })
    if (superseded) throw new SupersededError(history)
  }

  /** The newest has another name now; of one that is not the newest nothing is said. */
  async goOn(before: string, history: string): Promise<void> {
    if (runOf(before) !== runOf(history)) return
    await this.sql.system((sql) => sql.query(
      `INSERT INTO redis_history (history) SELECT $2 WHERE (${LATEST}) = $1 ON CONFLICT (history) DO NOTHING`, [before, history],
    ))
  }

  /** Whether another was vouched for after this one. Of one that nobody ever vouched for: no. */
  async isSuperseded(history: string): Promise<boolean> {
    const { rows } = await this.sql.system((sql) => sql.query<{ superseded: boolean }>(
      'SELECT EXISTS (SELECT FROM redis_history o JOIN redis_history n ON n.no > o.no WHERE o.history = $1) AS superseded', [history],
    ), { readOnly: true })
    return rows[0]!.superseded
  }
}
