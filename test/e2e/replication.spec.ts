import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { OwnerSession } from '../../src/modules/events/owner-session.js'
import { Replication } from '../../src/modules/events/replication.js'
import { asOwner, createTestDatabase, type TestDatabase } from '../support/database.js'
import { eventually } from '../support/rows.js'

let database: TestDatabase
let owner: OwnerSession

beforeAll(async () => {
  database = await createTestDatabase()
  owner = new OwnerSession(database.databaseUrl)
  await owner.connect()
})
afterAll(async () => {
  await owner?.end()
  await database?.drop()
})

const HANDLERS = { onMessage: async () => undefined, onKeepalive: () => undefined }

/** Null where `reading` has not ended by then. */
async function endOf(reading: Promise<void>, withinMs: number): Promise<'ended' | 'failed' | null> {
  return Promise.race([reading.then(() => 'ended' as const, () => 'failed' as const), sleep(withinMs, null)])
}

async function isActive(slot: string): Promise<boolean | undefined> {
  return asOwner(database.databaseUrl, async (client) => {
    const { rows } = await client.query<{ active: boolean }>('SELECT active FROM pg_replication_slots WHERE slot_name = $1', [slot])
    return rows[0]?.active
  })
}

describe('a replication connection', () => {
  it('that is stopped at any moment of its beginning ends, and leaves the slot to the next', async () => {
    const { name } = await owner.ensureSlot()
    for (let waitMs = 0; waitMs <= 30; waitMs++) {
      const replication = new Replication(database.databaseUrl)
      const reading = replication.run(name, 0n, HANDLERS)
      reading.catch(() => undefined)
      if (waitMs > 0) await sleep(waitMs - 1)
      await replication.stop()
      await eventually(async () => expect({ waitMs, active: await isActive(name) }).toEqual({ waitMs, active: false }), 2_000)
      expect({ waitMs, end: await endOf(reading, 5_000) }).toEqual({ waitMs, end: expect.any(String) })
    }
  })

  it('gets no slot while another transaction writes, and is told whose', async () => {
    const other = new pg.Client({ connectionString: database.databaseUrl, application_name: 'somebody-else' })
    await other.connect()
    const waiting = new OwnerSession(database.databaseUrl, 500)
    await waiting.connect()
    try {
      const { name } = await owner.ensureSlot()
      await other.query('SELECT pg_drop_replication_slot($1)', [name])
      await other.query('BEGIN; SELECT pg_current_xact_id()')
      await expect(waiting.ensureSlot()).rejects.toThrow(/no replication slot while older transactions are open.*somebody-else/)
      await other.query('COMMIT')
      expect(await waiting.ensureSlot()).toMatchObject({ name, made: true })
    } finally {
      await other.end()
      await waiting.end()
    }
  })
})
