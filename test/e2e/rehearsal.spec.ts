import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { bootApp, type TestApp } from '../support/app.js'
import { asOwner } from '../support/database.js'

const DRAWS = 200
/** Of those, with a key that nobody has. */
const UNKNOWN = 4

describe('a process that rehearses before it is ready', () => {
  let app: TestApp
  let redis: Redis

  beforeAll(async () => {
    app = await bootApp({ env: { REHEARSED_DRAWS: String(DRAWS) } })
    redis = new Redis(app.redisUrl)
  })
  afterAll(async () => {
    redis?.disconnect()
    await app?.close()
  })

  const metric = async (name: string) => (await (await fetch(app.metricsUrl)).text()).split('\n').filter((line) => line.startsWith(`drawbridge_${name}`))

  it('has made all of its draws, and all that came with its key were accepted', async () => {
    expect(await metric('rehearsed_draws ')).toEqual([`drawbridge_rehearsed_draws ${DRAWS - UNKNOWN}`])
  })

  it('leaves no row, no count and no key that does not end by itself', async () => {
    for (const name of ['draws_total', 'draws_begun_total', 'door_requests_total', 'http_requests_total{route="/graphql"', 'refusals_total', 'test_draws_total']) {
      expect((await metric(name)).filter((line) => !line.endsWith(' 0'))).toEqual([])
    }
    expect((await metric('stage_seconds_count')).filter((line) => line.includes('admission'))).toEqual([])
    const rows = await asOwner(app.databaseUrl, async (client) => (await client.query<{ rows: number }>('SELECT count(*)::int AS rows FROM draw')).rows)
    expect(rows).toEqual([{ rows: 0 }])
    const keys = await redis.keys('*')
    expect(keys.filter((key) => key.startsWith('t:'))).toEqual([])
    for (const key of keys.filter((one) => one.includes('live') || one.includes('rate'))) expect(await redis.pttl(key)).toBeGreaterThan(0)
  })
})
