import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { AppError } from '../../common/errors.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { SnowflakeGenerator } from './domain/snowflake.js'

// Long, so that a database that is away for half an hour does not stop the draws of processes that run.
const LEASE_MS = 3_600_000
const RENEW_MS = 60_000
const STOP_BEFORE_END_MS = 300_000

const TAKE = `
  INSERT INTO node_lease (shard, holder, expires_at, last_ms)
  SELECT s, $1, now() + $2 * interval '1 millisecond', $3
  FROM generate_series(0, 1023) s WHERE NOT EXISTS (SELECT FROM node_lease l WHERE l.shard = s AND l.expires_at > now())
  ORDER BY s LIMIT 1
  ON CONFLICT (shard) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,
    last_ms = greatest(node_lease.last_ms, excluded.last_ms)
  WHERE node_lease.expires_at <= now()
  RETURNING shard, last_ms`
const RENEW = `UPDATE node_lease SET expires_at = now() + $3 * interval '1 millisecond', last_ms = greatest(last_ms, $4) WHERE shard = $1 AND holder = $2`
const RELEASE = `UPDATE node_lease SET expires_at = now(), last_ms = greatest(last_ms, $3) WHERE shard = $1 AND holder = $2`

/** Leases one of 1024 shards of the id space for this process, and makes its draw ids. */
@Injectable()
export class NodeLeaseService implements OnModuleInit, OnApplicationShutdown {
  readonly #holder = randomUUID()
  #shard = -1
  #generator: SnowflakeGenerator | undefined
  #validUntil = 0
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly sql: SqlService, private readonly logger: Logger) {}

  async onModuleInit(): Promise<void> {
    await this.#take()
    this.#timer = setInterval(() => void this.#renew(), RENEW_MS)
    this.#timer.unref()
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer)
    const generator = this.#generator
    this.#generator = undefined
    if (generator === undefined) return
    await this.sql.system((sql) => sql.query(RELEASE, [this.#shard, this.#holder, generator.lastMs])).catch(() => undefined)
  }

  /** Throws OVERLOADED when the lease has run out (the database was away for nearly an hour). */
  nextId(): bigint {
    if (this.#generator === undefined || performance.now() > this.#validUntil) {
      throw new AppError('OVERLOADED', 'This server cannot make draw ids now. Try again.', { retryAfterMs: 1_000 })
    }
    return this.#generator.next()
  }

  async #take(): Promise<void> {
    // Another process may take the same shard between the look and the write: then no row comes back, and the next is tried.
    for (let attempt = 0; attempt < 20; attempt++) {
      const askedAt = performance.now()
      const { rows } = await this.sql.system((sql) =>
        sql.query<{ shard: number; last_ms: string }>(TAKE, [this.#holder, LEASE_MS, Date.now()]))
      const row = rows[0]
      if (row === undefined) continue
      this.#shard = row.shard
      // The last holder may have made ids since it renewed for the last time.
      this.#generator = new SnowflakeGenerator(row.shard, Number(row.last_ms))
      this.#validUntil = askedAt + LEASE_MS - STOP_BEFORE_END_MS
      return
    }
    throw new Error('All 1024 shards of the id space are leased')
  }

  async #renew(): Promise<void> {
    const generator = this.#generator
    if (generator === undefined) return
    const askedAt = performance.now()
    try {
      const { rowCount } = await this.sql.system((sql) => sql.query(RENEW, [this.#shard, this.#holder, LEASE_MS, generator.lastMs]))
      if (rowCount === 1) this.#validUntil = askedAt + LEASE_MS - STOP_BEFORE_END_MS
      else await this.#take()
    } catch (error) {
      this.logger.warn({ err: error, shard: this.#shard }, 'The lease of the id shard could not be renewed; trying again in a minute')
    }
  }
}
