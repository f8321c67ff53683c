import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { AdmissionService } from '../../src/api/app/admission/admission.service.js'
import { AppError } from '../../src/common/errors.js'
import { RehearsalCampaign } from '../../src/modules/draws/test-world/rehearsal-campaign.service.js'
import { Logger } from '../../src/platform/telemetry/logger.js'
import { bootApp, type TestApp } from '../support/app.js'
import { asOwner } from '../support/database.js'
import { accepted } from '../support/draws.js'
import { createLiveCampaign, serverKey } from '../support/fixtures.js'
import { eventually } from '../support/rows.js'

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
    expect((await metric('rehearsals_total')).filter((line) => !line.endsWith(' 0'))).toEqual(['drawbridge_rehearsals_total{result="whole"} 1'])
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

describe('a process that cannot rehearse', () => {
  const { open } = RehearsalCampaign.prototype
  const { requests } = AdmissionService.prototype
  const { warn } = Logger.prototype
  afterEach(() => {
    RehearsalCampaign.prototype.open = open
    AdmissionService.prototype.requests = requests
    Logger.prototype.warn = warn
  })

  it.each<[result: string, trouble: () => void]>([
    ['unvouched', () => { RehearsalCampaign.prototype.open = () => Promise.resolve(null) }],
    ['failed', () => { RehearsalCampaign.prototype.open = () => Promise.reject(new Error('Redis is away')) }],
    ['refused', () => { AdmissionService.prototype.requests = () => new AppError('RATE_LIMITED', 'Not now', { retryAfterMs: 1 }) }],
  ])('is ready all the same, and says so: %s', async (result, trouble) => {
    const warned: object[] = []
    Logger.prototype.warn = (fields: unknown) => { warned.push(fields as object) }
    trouble()
    const app = await bootApp({ env: { REHEARSED_DRAWS: String(DRAWS) } })
    AdmissionService.prototype.requests = requests
    try {
      expect(warned).toContainEqual(expect.objectContaining({ result }))
      // Nothing has waited for Redis to be vouched for.
      await eventually(async () => { expect((await fetch(`${app.url}/readyz`)).status).toBe(200) })
      const told = (await (await fetch(app.metricsUrl)).text()).split('\n').filter((line) => /^drawbridge_rehearsals_total.* 1$/.test(line))
      expect(told).toEqual([`drawbridge_rehearsals_total{result="${result}"} 1`])
      const live = await createLiveCampaign(app)
      await accepted(app, serverKey(live.tenant), { campaignId: live.campaign.id, userId: 'ada', idempotencyKey: 'first' })
    } finally {
      await app.close()
    }
  })
})
