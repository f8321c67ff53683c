import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemContext } from '../../src/common/context.js'
import { decodeDrawId, encodeDrawId } from '../../src/common/draw-id.js'
import { newId } from '../../src/common/ids.js'
import type { EventBatch } from '../../src/modules/events/domain/batch.js'
import { ConsumedEventsService } from '../../src/modules/events/consumed-events.service.js'
import { ConsumptionService } from '../../src/modules/events/consumption.service.js'
import { formatLsn, parseLsn } from '../../src/modules/events/domain/lsn.js'
import { slotName } from '../../src/modules/events/owner-session.js'
import { WalletService } from '../../src/modules/user-center/wallet.service.js'
import type { EventEnvelope } from '../../src/platform/events/event.types.js'
import { EventKit } from '../support/event-kit.js'
import { itSurvives } from '../support/event-trials.js'
import { eventually } from '../support/rows.js'

let kit: EventKit

beforeAll(async () => { kit = await EventKit.open() })
afterAll(() => kit?.close())

describe('change events', () => {
  it('have made their slot when the process is ready', async () => {
    const { rows } = await kit.owner.query('SELECT plugin, temporary FROM pg_replication_slots WHERE slot_name = $1', [
      slotName(new URL(kit.database.databaseUrl).pathname.slice(1)),
    ])
    expect(rows).toEqual([{ plugin: 'pgoutput', temporary: false }])
  })

  it('tell each settled draw once, and awards to the user center alone', async () => {
    const [lost] = await kit.insertDraws({ count: 1, participant: 'ann' })
    const [won] = await kit.insertDraws({ count: 1, won: true, participant: 'ann' })
    await kit.caughtUp()
    expect(await kit.countedDraws()).toEqual({ draws: 2, wins: 1 })
    const ctx = systemContext(kit.tenantId, 'test')
    const events = kit.services!.get(ConsumedEventsService)
    const publicId = (id: string) => encodeDrawId({ snowflake: BigInt(id), campaignNo: kit.campaign.campaignNo, bucket: 3 })
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
    expect(await kit.services!.get(WalletService).items(ctx, 'ann')).toMatchObject([{ awardId: won, status: 'GRANTED', awardVersion: 1 }])
  })

  it('tell a durable win when it settles, not before', async () => {
    const before = await kit.settledInTable()
    const [id] = await kit.insertDraws({ count: 1, won: true, state: 'WINNING', participant: 'bob' })
    await eventually(async () => expect(await kit.services!.get(WalletService).items(systemContext(kit.tenantId, 'test'), 'bob')).toHaveLength(1))
    expect(await kit.consumed('RISK', 'drawbridge.draw.settled')).toBe(before)
    await kit.asTenant(`UPDATE draw SET state = 'SETTLED', version = version + 1, settled_at = now() WHERE id = $1`, [id])
    await kit.caughtUp()
    const wins = (await kit.countedDraws()).wins
    await kit.asTenant('UPDATE draw SET version = version + 1 WHERE id = $1', [id])
    await kit.insertDraws({ count: 1 })
    await kit.caughtUp()
    expect((await kit.countedDraws()).wins).toBe(wins)
  })

  it('follow an award through its life, and never go back', async () => {
    const [id] = await kit.insertDraws({ count: 1, won: true, participant: 'carol' })
    await kit.asTenant(`UPDATE award SET status = 'FULFILLING', version = 2, updated_at = now() WHERE id = $1`, [id])
    await kit.asTenant(`UPDATE award SET status = 'FULFILLED', version = 3, updated_at = now() WHERE id = $1`, [id])
    await kit.caughtUp()
    expect(await kit.services!.get(WalletService).items(systemContext(kit.tenantId, 'test'), 'carol')).toMatchObject([{ status: 'FULFILLED', awardVersion: 3 }])
    const [row] = await kit.asTenant<{ subject: string }>('SELECT subject FROM consumed_event WHERE draw_id = $1 AND version = 2', [id])
    expect(decodeDrawId(row!.subject.slice(1))).toEqual({ snowflake: BigInt(id!), campaignNo: kit.campaign.campaignNo, bucket: 3 })
  })

  it('have their effect once when they come twice, and none when something before them is missing', async () => {
    const consumption = kit.services!.get(ConsumptionService)
    const [position] = (await kit.sql.system((sql) => sql.query<{ lsn: string; reading: string }>(
      `SELECT lsn::text AS lsn, reading::text AS reading FROM cdc_position WHERE consumer = 'RISK'`))).rows
    const { reading } = position!
    const at = parseLsn(position!.lsn)
    const [id] = await kit.insertDraws({ count: 1, participant: 'dora' })
    await kit.caughtUp()
    const before = await kit.countedDraws()
    const [stored] = await kit.asTenant<{ subject: string }>(`SELECT subject FROM consumed_event WHERE draw_id = $1 AND version = 0 AND consumer = 'RISK'`, [id])
    const event = {
      specversion: '1.0', id: `draw/${id}`, source: '/test', type: 'drawbridge.draw.settled', subject: stored!.subject,
      time: new Date().toISOString(), tenantid: kit.tenantId,
      data: {
        op: 'c', before: null, source: { lsn: '0/0', table: 'draw', ts_ms: Date.now() },
        after: {
          tenant_id: kit.tenantId, campaign_id: kit.campaign.campaignId, participant_id: 'dora', id: id!, idempotency_key: 'k', ordinal: 0, state: 'SETTLED',
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
    expect(await kit.countedDraws()).toEqual(before)
  })

  it('arrive one by one; how soon after the commit is printed, not asserted', async () => {
    const lags: number[] = []
    for (let n = 0; n < 20; n++) {
      const [id] = await kit.insertDraws({ count: 1 })
      const lag = await eventually(async () => {
        const [row] = await kit.asTenant<{ lag: number }>(
          `SELECT extract(epoch FROM consumed_at - committed_at) * 1000 AS lag FROM consumed_event WHERE draw_id = $1 AND version = 0 AND consumer = 'RISK'`, [id],
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
      await kit.insertDraws({ count: 300, won: true })
      await kit.owner.query(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database() AND active_pid IS NOT NULL`)
      await kit.insertDraws({ count: 300 })
    }
    await kit.caughtUp()
  })

  itSurvives(() => kit)

  it('a transaction larger than a batch, and many small ones', async () => {
    await kit.insertDraws({ count: 3_000, won: true })
    await Promise.all(Array.from({ length: 60 }, () => kit.insertDraws({ count: 3 })))
    await kit.caughtUp()
  })

  it('the loss of the slot: the tables are read', async () => {
    await kit.stop()
    await kit.owner.query('SELECT pg_drop_replication_slot($1)', [slotName(new URL(kit.database.databaseUrl).pathname.slice(1))])
    await kit.insertDraws({ count: 1_200, won: true })
    await kit.start()
    await kit.caughtUp()
    await kit.insertDraws({ count: 5 })
    await kit.caughtUp()
  })

  it('and let the server forget its log while nothing happens', async () => {
    await kit.owner.query('CREATE TABLE other (n int)')
    await kit.owner.query('INSERT INTO other SELECT generate_series(1, 20000)')
    await eventually(async () => {
      const { rows } = await kit.owner.query<{ lag: string }>(
        'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS lag FROM pg_replication_slots WHERE database = current_database()',
      )
      expect(Number(rows[0]!.lag)).toBeLessThan(100_000)
    })
  })
})
