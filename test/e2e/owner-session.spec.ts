import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { OwnerSession } from '../../src/modules/events/owner-session.js'
import { TcpProxy } from '../faults/world/tcp-proxy.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'

describe('a session with a Postgres that has fallen silent', () => {
  let database: TestDatabase
  let proxy: TcpProxy

  beforeAll(async () => {
    database = await createTestDatabase()
    proxy = await TcpProxy.open(Number(new URL(database.databaseUrl).port))
  })
  afterAll(async () => {
    await proxy?.close()
    await database?.drop()
  })

  it('ends all the same: nobody who stops waits for a goodbye', async () => {
    const session = new OwnerSession(proxy.through(database.databaseUrl))
    await session.connect()
    expect(await session.tryLead()).toBe(true)
    proxy.silence()
    await session.end()
    expect(session.lost).toBeNull()
  }, 20_000)
})
