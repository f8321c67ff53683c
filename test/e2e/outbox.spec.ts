import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemContext } from '../../src/common/context.js'
import { decodeDrawId } from '../../src/common/draw-id.js'
import { newId } from '../../src/common/ids.js'
import { ConsumptionService } from '../../src/modules/events/consumption.service.js'
import { formatLsn, parseLsn } from '../../src/modules/events/domain/lsn.js'
import { OutboxStore } from '../../src/modules/events/outbox.store.js'
import { RiskCountService } from '../../src/modules/risk/risk-count.service.js'
import { WalletService } from '../../src/modules/user-center/wallet.service.js'
import type { DrawRow, EventEnvelope } from '../../src/platform/events/event.types.js'
import { EventKit } from '../support/event-kit.js'
import { itSurvives } from '../support/event-trials.js'
import { eventually } from '../support/rows.js'

const OUTBOX = { EVENT_SOURCE: 'outbox' }
const LOG = { EVENT_SOURCE: 'log' }
/** Longer than the outbox is asked again when nothing happens. */
const A_WHILE_MS = 400

let kit: EventKit

const rowsOf = async <R extends object>(text: string, values: unknown[] = []): Promise<R[]> => (await kit.owner.query<R>(text, values)).rows
const left = async () => Number((await rowsOf<{ n: string }>('SELECT count(*) AS n FROM outbox'))[0]!.n)
const position = async () => (await rowsOf<{ source: string; lsn: string; reading: string }>(
  `SELECT source::text AS source, lsn::text AS lsn, reading::text AS reading FROM cdc_position WHERE consumer = 'RISK'`))[0]!
const slots = async () => (await rowsOf<{ n: number }>('SELECT count(*)::int AS n FROM pg_replication_slots WHERE database = current_database()'))[0]!.n
const toldOf = async (id: string) =>
  (await kit.asTenant<{ consumer: string }>(`SELECT consumer::text AS consumer FROM consumed_event WHERE draw_id = $1 AND version = 0 ORDER BY 1`, [id])).map(({ consumer }) => consumer)
const consumption = () => kit.services!.get(ConsumptionService)

/** Another worker in the place of this one; resolves when its consumers have their places in the source that it wants. */
async function restart(environment: { readonly EVENT_SOURCE: string }): Promise<void> {
  await kit.stop()
  await kit.start(environment)
  await eventually(async () => expect((await position())?.source).toBe(environment === LOG ? 'LOG' : 'OUTBOX'))
}

beforeAll(async () => {
  kit = await EventKit.open(OUTBOX)
  // What changes before a consumer has its place is read from the tables: of an award the last version alone.
  await eventually(async () => expect(await position()).toBeDefined())
})
afterAll(() => kit?.close())

describe('the outbox', () => {
  it('tells each settled draw once and each version of an award, and is empty when all was consumed', async () => {
    const [lost] = await kit.insertDraws({ count: 1, participant: 'ann' })
    const [won] = await kit.insertDraws({ count: 1, won: true, participant: 'ann' })
    await kit.asTenant(`UPDATE award SET status = 'FULFILLING', version = 2, updated_at = now() WHERE id = $1`, [won])
    await kit.caughtUp()
    expect(await kit.countedDraws()).toEqual({ draws: 2, wins: 1 })
    expect(await toldOf(lost!)).toEqual(['RISK', 'USER_CENTER'])
    expect(await kit.consumed('USER_CENTER', 'drawbridge.award.changed')).toBe(2)
    expect(await kit.consumed('RISK', 'drawbridge.award.changed')).toBe(0)
    expect(await slots()).toBe(0)
    await eventually(async () => expect(await left()).toBe(0))
  })

  it('tells a durable win when it settles, not before, and not again', async () => {
    const [id] = await kit.insertDraws({ count: 1, won: true, state: 'WINNING', participant: 'bob' })
    await eventually(async () => expect(await kit.services!.get(WalletService).items(systemContext(kit.tenantId, 'test'), 'bob')).toHaveLength(1))
    expect(await toldOf(id!)).toEqual([])
    await kit.asTenant(`UPDATE draw SET state = 'SETTLED', version = version + 1, settled_at = now() WHERE id = $1`, [id])
    await kit.caughtUp()
    const { wins } = await kit.countedDraws()
    await kit.asTenant('UPDATE draw SET version = version + 1 WHERE id = $1', [id])
    await kit.insertDraws({ count: 1 })
    await kit.caughtUp()
    expect((await kit.countedDraws()).wins).toBe(wins)
  })

  it('gives the envelopes that the log gives', async () => {
    const told: Record<string, unknown[]> = {}
    for (const environment of [OUTBOX, LOG]) {
      // Not from the tables: the source is there.
      await restart(environment)
      const seen = spyOnRisk()
      const ids = await kit.insertDraws({ count: 2, won: true, participant: 'eve' })
      await kit.caughtUp()
      told[environment.EVENT_SOURCE] = seen.filter(({ id }) => ids.some((each) => id === `draw/${each}`)).map((event) => shapeOf(event, ids))
    }
    expect(told.outbox).toHaveLength(2)
    expect(told.outbox).toEqual(told.log)
    await restart(OUTBOX)
  })

  it('waits for an earlier transaction that commits later', async () => {
    await kit.caughtUp()
    const early = await kit.begin({ count: 3, participant: 'early' })
    let late: string | undefined
    try {
      [late] = await kit.insertDraws({ count: 1, participant: 'late' })
      await sleep(A_WHILE_MS)
      // Its number is higher: told now, the earlier one's would lie behind the position.
      expect(await toldOf(late!)).toEqual([])
    } finally {
      await early.commit()
    }
    await kit.caughtUp()
    for (const id of [...early.ids, late!]) expect(await toldOf(id)).toEqual(['RISK', 'USER_CENTER'])
  })

  it('forgets nothing that one consumer has not had', async () => {
    await kit.caughtUp()
    await eventually(async () => expect(await left()).toBe(0))
    await kit.stop()
    await kit.insertDraws({ count: 4 })
    await kit.start({ ...OUTBOX, ROLE: 'api' })
    const until = (await kit.services!.get(OutboxStore).waiting(100)).find(({ consumer }) => consumer === 'RISK')!.until
    const { reading, lsn } = await position()
    expect(await consumption().consume('RISK', { reading, fromLsn: lsn, toLsn: formatLsn(until!), events: null })).toMatchObject({ result: 'APPLIED', position: until })
    expect(await kit.services!.get(OutboxStore).forget(100)).toEqual(new Map())
    expect(await left()).toBe(4)
    await kit.stop()
    await kit.start(OUTBOX)
    await kit.caughtUp()
    await eventually(async () => expect(await left()).toBe(0))
  })
})

describe('the outbox survives', () => {
  itSurvives(() => kit, OUTBOX)

  it('many transactions at once, in no order', async () => {
    const open = await Promise.all(Array.from({ length: 2 }, () => kit.begin({ count: 5 })))
    await kit.insertDraws({ count: 1_500, won: true })
    for (const { commit } of open.reverse()) await commit()
    await Promise.all(Array.from({ length: 60 }, () => kit.insertDraws({ count: 3 })))
    await kit.caughtUp()
  })

  it('batches of a past that a backup took back: they only wake', async () => {
    await kit.caughtUp()
    const { reading, lsn } = await position()
    const [{ next }] = await rowsOf<{ next: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next') as [{ next: string }]
    const ids = await kit.insertDraws({ count: 2 })
    // As if these transactions had once had other rows, and more had followed them.
    const result = await consumption().consume('RISK', { reading, fromLsn: lsn, toLsn: formatLsn(BigInt(next) + 1_000_000n), events: null })
    expect(result.position!).toBeLessThan(BigInt(next) + 100_000n)
    await kit.caughtUp()
    for (const id of ids) expect(await toldOf(id)).toEqual(['RISK', 'USER_CENTER'])
  })

  it('a dump that comes from a server with more transactions behind it', async () => {
    await kit.stop()
    await kit.owner.query(`UPDATE cdc_position SET lsn = '7FFF/0'`)
    const ids = await kit.insertDraws({ count: 3, won: true })
    await kit.start(OUTBOX)
    await kit.caughtUp()
    expect(parseLsn((await position()).lsn)).toBeLessThan(parseLsn('7FFF/0'))
    for (const id of ids) expect(await toldOf(id)).toEqual(['RISK', 'USER_CENTER'])
    await kit.insertDraws({ count: 3 })
    await kit.caughtUp()
  })

  it('a change to the log and back, while draws settle', async () => {
    let going = true
    let settled = 0
    const settling = (async () => {
      for (; going; settled += 7) {
        await kit.insertDraws({ count: 7, won: true })
        await sleep(10)
      }
    })()
    try {
      for (const environment of [LOG, OUTBOX]) {
        const before = (await position()).reading
        await restart(environment)
        expect((await position()).reading).not.toBe(before)
        expect(await slots()).toBe(environment === LOG ? 1 : 0)
        if (environment === LOG) expect(await left()).toBe(0)
      }
    } finally {
      going = false
      await settling
    }
    expect(settled).toBeGreaterThan(100)
    await kit.caughtUp()
  })

  it('triggers that somebody turned off: they are turned on again, and the tables are read', async () => {
    await kit.stop()
    await kit.owner.query('ALTER TABLE draw DISABLE TRIGGER outbox_inserted')
    const [unseen] = await kit.insertDraws({ count: 1 })
    await kit.start(OUTBOX)
    await kit.caughtUp()
    expect(await toldOf(unseen!)).toEqual(['RISK', 'USER_CENTER'])
  })
})

describe('where the server allows no logical replication', () => {
  it('the outbox serves by itself, and goes on when the server allows it again', async () => {
    await restart(LOG)
    await kit.caughtUp()
    await kit.stop()
    await kit.owner.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()')
    const [{ owner }] = await rowsOf<{ owner: string }>('SELECT current_user AS owner') as [{ owner: string }]
    const give = (role: string) => kit.owner.query(['draw', 'award', 'cdc_position', 'outbox'].map((table) => `ALTER TABLE ${table} OWNER TO ${role}`).join('; '))
    const role = `plain_${newId().replaceAll('-', '_')}`
    await kit.owner.query(`CREATE ROLE ${role} LOGIN PASSWORD 'plain'`)
    try {
      await give(role)
      const url = new URL(kit.database.databaseUrl)
      url.username = role
      url.password = 'plain'
      const ids = await kit.insertDraws({ count: 3, won: true })
      await kit.start({ EVENT_SOURCE: 'auto', DATABASE_URL: url.href })
      await kit.caughtUp()
      expect((await position()).source).toBe('OUTBOX')
      for (const id of ids) expect(await toldOf(id)).toEqual(['RISK', 'USER_CENTER'])
      await kit.insertDraws({ count: 3, won: true })
      await kit.caughtUp()
    } finally {
      await kit.stop()
      await give(owner)
      await kit.owner.query(`DROP ROLE ${role}`)
    }
    const { reading } = await position()
    await kit.start({ EVENT_SOURCE: 'auto' })
    await kit.insertDraws({ count: 3, won: true })
    await kit.caughtUp()
    expect(await position()).toMatchObject({ source: 'OUTBOX', reading })
  })
})

/** What risk is given from now on, by the worker that runs. */
function spyOnRisk(): EventEnvelope[] {
  const risk = kit.services!.get(RiskCountService)
  const apply = risk.apply.bind(risk)
  const seen: EventEnvelope[] = []
  risk.apply = async (sql, tenantId, events) => {
    seen.push(...events)
    await apply(sql, tenantId, events)
  }
  return seen
}

/** All of an envelope that is the same whatever draw it tells of, and whenever. */
function shapeOf(event: EventEnvelope, ids: readonly string[]) {
  const instant = (text: string | null | undefined) => text != null && new Date(text).toISOString() === text
  const { after, source } = event.data
  const draw = after as DrawRow
  return {
    ...event,
    id: event.id.replace(after.id, 'ID'),
    subject: { ...decodeDrawId(event.subject), snowflake: 'ID' },
    time: instant(event.time),
    data: {
      ...event.data,
      source: { ...source, lsn: /^[0-9A-F]+\/[0-9A-F]+$/.test(source.lsn) && source.lsn !== '0/0', ts_ms: typeof source.ts_ms },
      after: {
        ...draw, id: ids.includes(draw.id), idempotency_key: draw.idempotency_key.replace(draw.id, 'ID'),
        created_at: instant(draw.created_at), settled_at: instant(draw.settled_at),
      },
    },
  }
}
