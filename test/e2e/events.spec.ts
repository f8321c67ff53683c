import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import pg from 'pg'
import { systemContext } from '../../src/common/context.js'
import { decodeDrawId, encodeDrawId } from '../../src/common/draw-id.js'
import { newId } from '../../src/common/ids.js'
import type { EventBatch } from '../../src/modules/events/domain/batch.js'
import { ConsumedEventsService } from '../../src/modules/events/consumed-events.service.js'
import { ConsumptionService } from '../../src/modules/events/consumption.service.js'
import { formatLsn, parseLsn } from '../../src/modules/events/domain/lsn.js'
import { EventsModule } from '../../src/modules/events/events.module.js'
import { slotName } from '../../src/modules/events/slot.store.js'
import { RiskCountService } from '../../src/modules/risk/risk-count.service.js'
import { UserCenterModule } from '../../src/modules/user-center/user-center.module.js'
import { WalletService } from '../../src/modules/user-center/wallet.service.js'
import type { EventEnvelope } from '../../src/platform/events/event.types.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { emptyTestRedis } from '../support/redis.js'
import { startServices, type TestServices } from '../support/services.js'
import { campaignRow, eventually, tenantRow, type CampaignRows } from '../support/rows.js'

let database: TestDatabase
let redisUrl: string
let services: TestServices | null = null
let owner: pg.Pool
let tenantId: string
let campaign: CampaignRows
let snowflake = 1_000_000_000_000_000n

const modules = { imports: [EventsModule, UserCenterModule], providers: [RiskCountService] }
const worker = (): Promise<TestServices> => startServices({ databaseUrl: database.databaseUrl, redisUrl }, modules)
const start = async () => { services = await worker() }
const stop = async () => {
  await services?.close()
  services = null
}

interface NewDraw {
  readonly count: number
  readonly won?: boolean
  readonly state?: 'SETTLED' | 'WINNING'
  readonly participant?: string
}

/** Draws of one transaction, and an award for each won one, as settlement would write them. Gives their decimal ids. */
async function insertDraws({ count, won = false, state = 'SETTLED', participant }: NewDraw): Promise<string[]> {
  const ids = Array.from({ length: count }, () => String(++snowflake))
  const people = ids.map((id) => participant ?? `user-${BigInt(id) % 7n}`)
  const client = await owner.connect()
  try {
    await client.query('BEGIN')
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId])
    await client.query(
      `INSERT INTO draw (tenant_id, campaign_id, participant_id, id, idempotency_key, ordinal, state, outcome, prize_id, version, fingerprint, roll,
         campaign_version, epoch, bucket, seq, device_id, ip, created_at, settled_at)
       SELECT $1, $2, d.participant, d.id, 'key-' || d.id, 0, $5::draw_state, $6::draw_outcome, $7, 1, 'f', 1, 1, 1, 3, 1, 'device-1', '192.0.2.7',
         now(), CASE WHEN $5 = 'SETTLED' THEN now() END
       FROM unnest($3::text[], $4::bigint[]) d (participant, id)`,
      [tenantId, campaign.campaignId, people, ids, state, won ? 'WON' : 'LOST', won ? campaign.prizeId : null],
    )
    if (won) {
      await client.query(
        `INSERT INTO award (tenant_id, id, campaign_id, prize_id, participant_id, created_at)
         SELECT $1, d.id, $2, $3, d.participant, now() FROM unnest($4::text[], $5::bigint[]) d (participant, id)`,
        [tenantId, campaign.campaignId, campaign.prizeId, people, ids],
      )
    }
    await client.query('COMMIT')
  } finally {
    client.release()
  }
  return ids
}

async function asTenant<R extends object>(text: string, values: unknown[] = []): Promise<R[]> {
  const { rows } = await services!.get(SqlService).tenant(tenantId, (sql) => sql.query<R>(text, values))
  return rows
}

const consumed = async (consumer: string, type: string): Promise<number> =>
  (await asTenant<{ n: number }>('SELECT count(*)::int AS n FROM consumed_event WHERE consumer = $1::event_consumer AND type = $2', [consumer, type]))[0]!.n
const settledInTable = async (): Promise<number> =>
  (await asTenant<{ n: number }>(`SELECT count(*)::int AS n FROM draw WHERE state = 'SETTLED'`))[0]!.n
const countedDraws = async (): Promise<{ draws: number; wins: number }> =>
  (await asTenant<{ draws: number; wins: number }>(
    `SELECT coalesce(sum(draws), 0)::int AS draws, coalesce(sum(wins), 0)::int AS wins FROM risk_count WHERE subject = 'PARTICIPANT'`,
  ))[0]!

/** I8: each consumer's effects are the table's changes. */
async function caughtUp(): Promise<void> {
  await eventually(async () => {
    const settled = await settledInTable()
    expect(await consumed('RISK', 'drawbridge.draw.settled')).toBe(settled)
    expect(await consumed('USER_CENTER', 'drawbridge.draw.settled')).toBe(settled)
    expect((await countedDraws()).draws).toBe(settled)
    const [wallet] = await asTenant<{ missing: number }>(
      `SELECT count(*)::int AS missing FROM award a WHERE NOT EXISTS (SELECT FROM wallet_item w WHERE w.tenant_id = a.tenant_id
         AND w.award_id = a.id AND w.award_version = a.version AND w.status = a.status)`,
    )
    expect(wallet!.missing).toBe(0)
  }, 30_000)
}

beforeAll(async () => {
  database = await createTestDatabase()
  redisUrl = await emptyTestRedis()
  owner = new pg.Pool({ connectionString: database.databaseUrl, max: 3 })
  owner.on('error', () => undefined)
  await start()
  tenantId = await tenantRow(services!.get(SqlService))
  campaign = await campaignRow(services!.get(SqlService), tenantId)
})

afterAll(async () => {
  await stop()
  await owner?.end()
  await database?.drop()
})

describe('change events', () => {
  it('have made their slot when the process is ready', async () => {
    const { rows } = await owner.query('SELECT plugin, temporary FROM pg_replication_slots WHERE slot_name = $1', [
      slotName(new URL(database.databaseUrl).pathname.slice(1)),
    ])
    expect(rows).toEqual([{ plugin: 'pgoutput', temporary: false }])
  })

  it('tell each settled draw once, and awards to the user center alone', async () => {
    const [lost] = await insertDraws({ count: 1, participant: 'ann' })
    const [won] = await insertDraws({ count: 1, won: true, participant: 'ann' })
    await caughtUp()
    expect(await countedDraws()).toEqual({ draws: 2, wins: 1 })
    const ctx = systemContext(tenantId, 'test')
    const events = services!.get(ConsumedEventsService)
    const publicId = (id: string) => encodeDrawId({ snowflake: BigInt(id), campaignNo: campaign.campaignNo, bucket: 3 })
    const ofRisk = await events.list(ctx, 'RISK', publicId(won!), 10)
    expect(ofRisk).toHaveLength(1)
    expect(ofRisk[0]).toMatchObject({ id: `draw/${won}`, type: 'drawbridge.draw.settled', subject: publicId(won!), consumer: 'RISK' })
    expect(ofRisk[0]!.consumedAt.getTime()).toBeGreaterThanOrEqual(ofRisk[0]!.committedAt.getTime() - 1)
    const ofUserCenter = await events.list(ctx, 'USER_CENTER', publicId(won!), 10)
    expect(ofUserCenter.map(({ id }) => id).sort()).toEqual([`award/${won}/1`, `draw/${won}`])
    expect(await events.list(ctx, 'USER_CENTER', publicId(lost!), 10)).toHaveLength(1)
    expect(await events.list(ctx, 'RISK', 'nonsense', 10)).toEqual([])
    expect(await events.list(systemContext(newId(), 'test'), 'RISK', publicId(won!), 10)).toEqual([])
    await expect(events.list(ctx, 'RISK', null, 101)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    expect(await services!.get(WalletService).items(ctx, 'ann')).toMatchObject([{ awardId: won, status: 'GRANTED', awardVersion: 1 }])
  })

  it('tell a durable win when it settles, not before', async () => {
    const before = await settledInTable()
    const [id] = await insertDraws({ count: 1, won: true, state: 'WINNING', participant: 'bob' })
    await eventually(async () => expect(await services!.get(WalletService).items(systemContext(tenantId, 'test'), 'bob')).toHaveLength(1))
    expect(await consumed('RISK', 'drawbridge.draw.settled')).toBe(before)
    await asTenant(`UPDATE draw SET state = 'SETTLED', version = version + 1, settled_at = now() WHERE id = $1`, [id])
    await caughtUp()
    const wins = (await countedDraws()).wins
    await asTenant('UPDATE draw SET version = version + 1 WHERE id = $1', [id])
    await insertDraws({ count: 1 })
    await caughtUp()
    expect((await countedDraws()).wins).toBe(wins)
  })

  it('follow an award through its life, and never go back', async () => {
    const [id] = await insertDraws({ count: 1, won: true, participant: 'carol' })
    await asTenant(`UPDATE award SET status = 'FULFILLING', version = 2, updated_at = now() WHERE id = $1`, [id])
    await asTenant(`UPDATE award SET status = 'FULFILLED', version = 3, updated_at = now() WHERE id = $1`, [id])
    await caughtUp()
    expect(await services!.get(WalletService).items(systemContext(tenantId, 'test'), 'carol')).toMatchObject([{ status: 'FULFILLED', awardVersion: 3 }])
    const [row] = await asTenant<{ event_id: string; subject: string }>('SELECT event_id, subject FROM consumed_event WHERE event_id = $1', [`award/${id}/2`])
    expect(decodeDrawId(row!.subject.slice(1))).toEqual({ snowflake: BigInt(id!), campaignNo: campaign.campaignNo, bucket: 3 })
  })

  it('have their effect once when they come twice, and none when something before them is missing', async () => {
    const consumption = services!.get(ConsumptionService)
    const [position] = (await services!.get(SqlService).system((sql) => sql.query<{ lsn: string; reading: string }>(
      `SELECT lsn::text AS lsn, reading::text AS reading FROM cdc_position WHERE consumer = 'RISK'`))).rows
    const { reading } = position!
    const at = parseLsn(position!.lsn)
    const [id] = await insertDraws({ count: 1, participant: 'dora' })
    await caughtUp()
    const before = await countedDraws()
    const [stored] = await asTenant<{ subject: string }>(`SELECT subject FROM consumed_event WHERE event_id = $1 AND consumer = 'RISK'`, [`draw/${id}`])
    const event = {
      specversion: '1.0', id: `draw/${id}`, source: '/test', type: 'drawbridge.draw.settled', subject: stored!.subject,
      time: new Date().toISOString(), tenantid: tenantId,
      data: {
        op: 'c', before: null, source: { lsn: '0/0', table: 'draw', ts_ms: Date.now() },
        after: {
          tenant_id: tenantId, campaign_id: campaign.campaignId, participant_id: 'dora', id: id!, idempotency_key: 'k', ordinal: 0, state: 'SETTLED',
          outcome: 'LOST', prize_id: null, version: 1, bucket: 3, device_id: null, ip: null, created_at: new Date().toISOString(), settled_at: null,
        },
      },
    } satisfies EventEnvelope
    const later = at + (1n << 40n)
    const consume = (batch: Omit<EventBatch, 'events'>) => consumption.consume('RISK', { ...batch, events: [event] })
    expect(await consume({ reading, fromLsn: '0/0', toLsn: formatLsn(at) })).toMatchObject({ result: 'REPEATED' })
    expect(await consume({ reading, fromLsn: formatLsn(later), toLsn: formatLsn(later + 1n) })).toMatchObject({ result: 'AHEAD' })
    // Of a log that was: before a restore, say.
    const strange = { ...event, id: 'draw/of-a-lost-past' }
    expect(await consumption.consume('RISK', { reading: randomUUID(), fromLsn: '0/0', toLsn: formatLsn(later), events: [strange] }))
      .toMatchObject({ result: 'REPEATED' })
    await consumption.backfill('RISK', [event, event])
    expect(await countedDraws()).toEqual(before)
  })

  it('arrive one by one; how soon after the commit is printed, not asserted', async () => {
    const lags: number[] = []
    for (let n = 0; n < 20; n++) {
      const [id] = await insertDraws({ count: 1 })
      const lag = await eventually(async () => {
        const [row] = await asTenant<{ lag: number }>(
          `SELECT extract(epoch FROM consumed_at - committed_at) * 1000 AS lag FROM consumed_event WHERE event_id = $1 AND consumer = 'RISK'`, [`draw/${id}`],
        )
        expect(row).toBeDefined()
        return Number(row!.lag)
      })
      lags.push(lag)
    }
    lags.sort((a, b) => a - b)
    expect(lags.every((lag) => Number.isFinite(lag))).toBe(true)
    console.info(`events: median ${Math.round(lags[10]!)} ms from the commit to the consumer, ${Math.round(lags[19]!)} ms at most`)
  })
})

describe('change events survive', () => {
  it('a broken replication connection', async () => {
    for (let n = 0; n < 3; n++) {
      await insertDraws({ count: 300, won: true })
      await owner.query(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database() AND active_pid IS NOT NULL`)
      await insertDraws({ count: 300 })
    }
    await caughtUp()
  })

  it('every connection to Postgres broken at once', async () => {
    await insertDraws({ count: 500 })
    await owner.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()')
    await eventually(() => insertDraws({ count: 500, won: true }))
    await caughtUp()
  })

  it('queues that are lost with Redis', async () => {
    const redis = new Redis(redisUrl)
    try {
      for (let n = 0; n < 5; n++) {
        const inserting = insertDraws({ count: 400, won: n % 2 === 0 })
        await redis.flushdb()
        await inserting
        await redis.flushdb()
      }
    } finally {
      redis.disconnect()
    }
    await caughtUp()
  })

  it('a stopped process, and a second one beside it', async () => {
    await insertDraws({ count: 700, won: true })
    await stop()
    await insertDraws({ count: 700 })
    const second = await worker()
    await start()
    await insertDraws({ count: 700 })
    await second.close()
    await insertDraws({ count: 10 })
    await caughtUp()
  })

  it('a transaction larger than a batch, and many small ones', async () => {
    await insertDraws({ count: 3_000, won: true })
    await Promise.all(Array.from({ length: 60 }, () => insertDraws({ count: 3 })))
    await caughtUp()
  })

  it('the loss of the slot: the tables are read', async () => {
    await stop()
    await owner.query('SELECT pg_drop_replication_slot($1)', [slotName(new URL(database.databaseUrl).pathname.slice(1))])
    await insertDraws({ count: 1_200, won: true })
    await start()
    await caughtUp()
    await insertDraws({ count: 5 })
    await caughtUp()
  })

  it('and let the server forget its log while nothing happens', async () => {
    await owner.query('CREATE TABLE other (n int)')
    await owner.query('INSERT INTO other SELECT generate_series(1, 20000)')
    await eventually(async () => {
      const { rows } = await owner.query<{ lag: string }>(
        'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS lag FROM pg_replication_slots WHERE database = current_database()',
      )
      expect(Number(rows[0]!.lag)).toBeLessThan(100_000)
    })
  })
})
