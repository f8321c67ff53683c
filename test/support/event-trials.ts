import { it } from '@jest/globals'
import { Redis } from 'ioredis'
import type { EventKit } from './event-kit.js'
import { eventually } from './rows.js'

/** What change events survive, whatever they are read from; `environment`: of the workers that are started. */
export function itSurvives(of: () => EventKit, environment: Readonly<Record<string, string>> = {}): void {
  it('every connection to Postgres broken at once', async () => {
    const kit = of()
    await kit.insertDraws({ count: 500 })
    await kit.owner.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()')
    await eventually(() => kit.insertDraws({ count: 500, won: true }))
    await kit.caughtUp()
  })

  it('queues that are lost with Redis', async () => {
    const kit = of()
    const redis = new Redis(kit.redisUrl)
    try {
      for (let n = 0; n < 5; n++) {
        const inserting = kit.insertDraws({ count: 400, won: n % 2 === 0 })
        await redis.flushdb()
        await inserting
        await redis.flushdb()
      }
    } finally {
      redis.disconnect()
    }
    await kit.caughtUp()
  })

  it('a stopped process, and a second one beside it', async () => {
    const kit = of()
    await kit.insertDraws({ count: 700, won: true })
    await kit.stop()
    await kit.insertDraws({ count: 700 })
    const second = await kit.worker(environment)
    await kit.start(environment)
    await kit.insertDraws({ count: 700 })
    await second.close()
    await kit.insertDraws({ count: 10 })
    await kit.caughtUp()
  })
}
