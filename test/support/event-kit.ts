import { expect } from '@jest/globals'
import pg from 'pg'
import { EventsModule } from '../../src/modules/events/events.module.js'
import { queueOf } from '../../src/modules/events/queues.js'
import { RiskCountService } from '../../src/modules/risk/risk-count.service.js'
import { UserCenterModule } from '../../src/modules/user-center/user-center.module.js'
import { CONSUMERS } from '../../src/platform/events/event.types.js'
import { QueuePort } from '../../src/platform/queue/queue.port.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { emptyTestRedis } from './redis.js'
import { campaignRow, eventually, tenantRow, type CampaignRows } from './rows.js'
import { startServices, type TestServices } from './services.js'

const MODULES = { imports: [EventsModule, UserCenterModule], providers: [RiskCountService] }

export interface NewDraw {
  readonly count: number
  readonly won?: boolean
  readonly state?: 'SETTLED' | 'WINNING'
  readonly participant?: string
}

/** Change events from rows that a test writes, to the consumers' effects; one worker, and its own Postgres database. */
export class EventKit {
  services: TestServices | null = null
  readonly owner: pg.Pool
  tenantId = ''
  campaign!: CampaignRows
  #snowflake = 1_000_000_000_000_000n

  private constructor(readonly database: TestDatabase, readonly redisUrl: string) {
    this.owner = new pg.Pool({ connectionString: database.databaseUrl, max: 3 })
    this.owner.on('error', () => undefined)
    // One that is in use when a test breaks all connections says so by its query.
    this.owner.on('connect', (client) => { client.on('error', () => undefined) })
  }

  /** `environment`: of the first worker, too. */
  static async open(environment: Readonly<Record<string, string>> = {}): Promise<EventKit> {
    const kit = new EventKit(await createTestDatabase(), await emptyTestRedis())
    await kit.start(environment)
    kit.tenantId = await tenantRow(kit.sql)
    kit.campaign = await campaignRow(kit.sql, kit.tenantId)
    return kit
  }

  async close(): Promise<void> {
    await this.stop()
    await this.owner.end()
    await this.database.drop()
  }

  get sql(): SqlService {
    return this.services!.get(SqlService)
  }

  worker(environment: Readonly<Record<string, string>> = {}): Promise<TestServices> {
    return startServices({ databaseUrl: this.database.databaseUrl, redisUrl: this.redisUrl, environment }, MODULES)
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    this.services = await this.worker(environment)
  }

  async stop(): Promise<void> {
    await this.services?.close()
    this.services = null
  }

  /** Draws of one transaction, and an award for each won one, as settlement would write them. Gives their decimal ids. */
  async insertDraws(draws: NewDraw): Promise<string[]> {
    const { ids, commit } = await this.begin(draws)
    await commit()
    return ids
  }

  /** The same, left open until `commit`. */
  async begin({ count, won = false, state = 'SETTLED', participant }: NewDraw): Promise<{ ids: string[]; commit(): Promise<void> }> {
    const ids = Array.from({ length: count }, () => String(++this.#snowflake))
    const people = ids.map((id) => participant ?? `user-${BigInt(id) % 7n}`)
    const client = await this.owner.connect()
    try {
      await client.query('BEGIN')
      await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [this.tenantId])
      await client.query(
        `INSERT INTO draw (tenant_id, campaign_id, participant_id, id, idempotency_key, ordinal, state, outcome, prize_id, version, fingerprint, roll,
           campaign_version, epoch, bucket, seq, device_id, ip, created_at, settled_at)
         SELECT $1, $2, d.participant, d.id, 'key-' || d.id, 0, $5::draw_state, $6::draw_outcome, $7, 1, 'f', 1, 1, 1, 3, 1, 'device-1', '192.0.2.7',
           now(), CASE WHEN $5 = 'SETTLED' THEN now() END
         FROM unnest($3::text[], $4::bigint[]) d (participant, id)`,
        [this.tenantId, this.campaign.campaignId, people, ids, state, won ? 'WON' : 'LOST', won ? this.campaign.prizeId : null],
      )
      if (won) {
        await client.query(
          `INSERT INTO award (tenant_id, id, campaign_id, prize_id, participant_id, created_at)
           SELECT $1, d.id, $2, $3, d.participant, now() FROM unnest($4::text[], $5::bigint[]) d (participant, id)`,
          [this.tenantId, this.campaign.campaignId, this.campaign.prizeId, people, ids],
        )
      }
    } catch (error) {
      client.release(true)
      throw error
    }
    return {
      ids,
      commit: async () => {
        let failed: Error | boolean = true
        try {
          await client.query('COMMIT')
          failed = false
        } finally {
          client.release(failed)
        }
      },
    }
  }

  async asTenant<R extends object>(text: string, values: unknown[] = []): Promise<R[]> {
    const { rows } = await this.sql.tenant(this.tenantId, (sql) => sql.query<R>(text, values))
    return rows
  }

  async consumed(consumer: string, type: string): Promise<number> {
    const rows = await this.asTenant<{ n: number }>('SELECT count(*)::int AS n FROM consumed_event WHERE consumer = $1::event_consumer AND type = $2', [consumer, type])
    return rows[0]!.n
  }

  async settledInTable(): Promise<number> {
    return (await this.asTenant<{ n: number }>(`SELECT count(*)::int AS n FROM draw WHERE state = 'SETTLED'`))[0]!.n
  }

  async countedDraws(): Promise<{ draws: number; wins: number }> {
    return (await this.asTenant<{ draws: number; wins: number }>(
      `SELECT coalesce(sum(draws), 0)::int AS draws, coalesce(sum(wins), 0)::int AS wins FROM risk_count WHERE subject = 'PARTICIPANT'`,
    ))[0]!
  }

  /** I8: each consumer's effects are the table's changes. */
  async caughtUp(): Promise<void> {
    await eventually(async () => {
      const settled = await this.settledInTable()
      expect(await this.consumed('RISK', 'drawbridge.draw.settled')).toBe(settled)
      expect(await this.consumed('USER_CENTER', 'drawbridge.draw.settled')).toBe(settled)
      expect((await this.countedDraws()).draws).toBe(settled)
      const [wallet] = await this.asTenant<{ missing: number }>(
        `SELECT count(*)::int AS missing FROM award a WHERE NOT EXISTS (SELECT FROM wallet_item w WHERE w.tenant_id = a.tenant_id
           AND w.award_id = a.id AND w.award_version = a.version AND w.status = a.status)`,
      )
      expect(wallet!.missing).toBe(0)
    }, 30_000).catch(async (error: unknown) => {
      console.error('events are late:', await this.#whatHoldsThem())
      throw error
    })
  }

  /** What the server and the queues say, for whoever reads the failure. */
  async #whatHoldsThem(): Promise<string> {
    const { rows: slots } = await this.owner.query('SELECT slot_name, database, active, wal_status, confirmed_flush_lsn FROM pg_replication_slots')
    const { rows: sessions } = await this.owner.query(
      `SELECT pid, datname, application_name, state, wait_event, backend_xid, now() - xact_start AS age, left(query, 120) AS query FROM pg_stat_activity
       WHERE xact_start < now() - interval '1 s' OR backend_type = 'walsender' OR application_name LIKE 'drawbridge-capture%'`)
    const { rows: positions } = await this.owner.query('SELECT * FROM cdc_position')
    const queues = await Promise.all(CONSUMERS.map(async (consumer) => this.services?.get(QueuePort).counts(queueOf(consumer))))
    return JSON.stringify({ now: (await this.owner.query('SELECT pg_current_wal_lsn() AS lsn')).rows, slots, sessions, positions, queues }, null, 1)
  }
}
