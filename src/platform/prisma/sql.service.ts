import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import pg from 'pg'
import { Gauge } from 'prom-client'
import { Breaker } from '../../common/breaker.js'
import { isUuid } from '../../common/ids.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { Logger } from '../telemetry/logger.js'
import { Metrics } from '../telemetry/metrics.js'
import { isDatabaseUnavailable, isStatementTimeout, startTrouble } from './database-errors.js'
import { appDatabaseUrl } from './runtime-role.js'

/** One transaction. int8 and numeric come as strings, timestamptz as Date, bytea as Buffer. */
export interface SqlClient {
  /** With a `name`, the statement is prepared once for each connection. */
  query<R extends object = Record<string, unknown>>(
    text: string, values?: unknown[], name?: string,
  ): Promise<{ rows: R[]; rowCount: number }>
}

export interface TransactionOptions {
  readonly isolation?: 'REPEATABLE READ' | 'SERIALIZABLE'
  readonly readOnly?: boolean
  /** For this transaction instead of DATABASE_TIMEOUT_MS. */
  readonly statementTimeoutMs?: number
  /** For what a caller waits for: refused at once (BrokenCircuitError) where Postgres has failed several times in a row. */
  readonly guarded?: boolean
}

/** How long after its own time-out the server may still take to say so, before the client stops believing in it. */
const SILENCE_MS = 500
const BREAKER_FAILURES = 5

/** The pool of the runtime role, for the hot path. Every query runs in a transaction that is bound to one tenant or to none. */
@Injectable()
export class SqlService implements OnModuleInit, OnApplicationShutdown {
  readonly pool: pg.Pool
  /**
   * Two, since one may fail by itself: a table that is locked holds up wins, and no reading. A statement that Postgres ends for the
   * time it takes is the fault of a win's server, and of a reading's own.
   */
  readonly breakers: Readonly<Record<'reads' | 'wins', Breaker>>
  readonly #timeoutMs: number

  constructor(@Inject(CONFIG) config: RuntimeConfig, private readonly logger: Logger, private readonly metrics: Metrics) {
    this.#timeoutMs = config.databaseTimeoutMs
    this.pool = new pg.Pool({
      connectionString: appDatabaseUrl(config.databaseUrl, config.secretKey),
      application_name: 'drawbridge',
      max: config.databasePoolMax,
      connectionTimeoutMillis: config.databaseTimeoutMs,
      statement_timeout: config.databaseTimeoutMs,
      query_timeout: config.databaseTimeoutMs + SILENCE_MS,
      idle_in_transaction_session_timeout: config.databaseTimeoutMs * 4,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
    })
    const limits = { failuresMax: BREAKER_FAILURES, openMs: config.databaseBreakerMs }
    const breakers = {
      reads: new Breaker({ ...limits, countsError: (error) => isDatabaseUnavailable(error) && !isStatementTimeout(error) }),
      wins: new Breaker({ ...limits, countsError: isDatabaseUnavailable }),
    }
    this.breakers = breakers
    new Gauge({
      name: 'drawbridge_database_breaker_open', help: 'Whether (1) it is refused without asking Postgres, after failures in a row; work: reads or wins',
      labelNames: ['work'], registers: [metrics.registry],
      collect() { for (const work of ['reads', 'wins'] as const) this.set({ work }, breakers[work].isOpen ? 1 : 0) },
    })
    this.pool.on('connect', closeWhenSilent)
    this.pool.on('error', (error) => {
      this.metrics.databaseErrors.inc({ kind: 'connection' })
      this.logger.warn({ err: error }, 'An idle database connection was lost')
    })
  }

  /** Throws ConfigError naming the setting that keeps this process from its database. */
  async onModuleInit(): Promise<void> {
    await this.pool.query('SELECT 1 FROM installation').catch((error: unknown) => { throw startTrouble(error) })
  }

  /** Sees and writes rows of `tenantId` alone. `fn` may run nothing after it has settled. */
  tenant<T>(tenantId: string, fn: (sql: SqlClient) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.#begin(setTenantText(tenantId), fn, options)
  }

  /** Without a tenant: system_* functions, node_lease, cdc_position, installation. Tenant tables look empty. */
  system<T>(fn: (sql: SqlClient) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.#begin('', fn, options)
  }

  /** Goes on in the same transaction as another tenant (a batch that holds several tenants' rows). */
  async setTenant(sql: SqlClient, tenantId: string): Promise<void> {
    await sql.query(setTenantText(tenantId))
  }

  /** Throws when the database does not answer within DATABASE_TIMEOUT_MS. */
  async ping(): Promise<void> {
    await this.pool.query('SELECT 1')
  }

  /** Opens connections ahead of the first request. Holds none while it waits for another: somebody may need a second one. */
  async warm(connections: number): Promise<void> {
    await Promise.all(Array.from({ length: connections }, () => this.ping()))
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.pool.ended && !this.pool.ending) await this.pool.end()
  }

  #begin<T>(first: string, fn: (sql: SqlClient) => Promise<T>, options: TransactionOptions): Promise<T> {
    const work = () => this.#transaction(first, fn, options)
    return options.guarded === true ? this.breakers.reads.run(work) : work()
  }

  async #transaction<T>(first: string, fn: (sql: SqlClient) => Promise<T>, options: TransactionOptions): Promise<T> {
    const client = await this.pool.connect().catch((error: unknown) => this.#fail(error))
    let broken: Error | undefined
    const ends = (error: Error) => { broken = error }
    client.on('error', ends)
    try {
      // One round trip for all that comes before the caller's own statements.
      await client.query(beginText(options) + first)
      const result = await fn(this.#guard(client, options.statementTimeoutMs))
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch((cause: unknown) => { broken ??= cause instanceof Error ? cause : new Error('rollback failed') })
      return this.#fail(error)
    } finally {
      client.off('error', ends)
      client.release(broken)
    }
  }

  /** The server ends a slow statement; where the server itself is silent, the client gives up a little later. */
  #guard(client: pg.PoolClient, statementTimeoutMs = this.#timeoutMs): SqlClient {
    return {
      async query<R extends object>(text: string, values?: unknown[], name?: string) {
        const query = { text, values, name, query_timeout: statementTimeoutMs + SILENCE_MS }
        const { rows, rowCount } = await client.query<R>(query)
        return { rows, rowCount: rowCount ?? rows.length }
      },
    }
  }

  #fail(error: unknown): never {
    if (isDatabaseUnavailable(error)) this.metrics.databaseErrors.inc({ kind: 'unavailable' })
    throw error
  }
}

function beginText({ isolation, readOnly, statementTimeoutMs }: TransactionOptions): string {
  const timeout = statementTimeoutMs === undefined ? '' : `SET LOCAL statement_timeout = ${Math.trunc(statementTimeoutMs)};`
  return `BEGIN${isolation === undefined ? '' : ` ISOLATION LEVEL ${isolation}`}${readOnly === true ? ' READ ONLY' : ''};${timeout}`
}

function setTenantText(tenantId: string): string {
  if (!isUuid(tenantId)) throw new TypeError('A tenant id must be a UUID')
  return `SELECT set_config('app.tenant_id', '${tenantId}', true)`
}

/** A connection that did not answer would keep its next user waiting behind the lost query: it is not used again. */
function closeWhenSilent(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  const watched = (...args: unknown[]): unknown => {
    const result = query(...args)
    if (result instanceof Promise) {
      result.catch((error: unknown) => {
        if (error instanceof Error && error.message === 'Query read timeout') streamOf(client)?.destroy()
      })
    }
    return result
  }
  Object.assign(client, { query: watched })
}

// Not in the driver's types, and the only way to end a connection without its cooperation.
const streamOf = (client: object) => (client as { connection?: { stream?: { destroy(): void } } }).connection?.stream
