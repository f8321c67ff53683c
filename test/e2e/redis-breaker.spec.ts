import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { parseConfig } from '../../src/config/config.js'
import { requireRuntimeConfig } from '../../src/config/config.module.js'
import { isRedisAway, isRedisUnavailable } from '../../src/platform/redis/redis-errors.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { Logger } from '../../src/platform/telemetry/logger.js'
import { Metrics } from '../../src/platform/telemetry/metrics.js'
import { TcpProxy } from '../faults/world/tcp-proxy.js'
import { fromSetup } from '../support/environment.js'
import { emptyTestRedis } from '../support/redis.js'
import { eventually } from '../support/rows.js'

let proxy: TcpProxy
let redis: RedisService
const metrics = new Metrics()

beforeAll(async () => {
  const url = await emptyTestRedis()
  proxy = await TcpProxy.open(Number(new URL(url).port))
  const config = requireRuntimeConfig(parseConfig({
    NODE_ENV: 'test', LOG_LEVEL: 'silent', DATABASE_URL: fromSetup('TEST_DATABASE_URL'), REDIS_URL: proxy.through(url), SECRET_KEY: fromSetup('TEST_SECRET_KEY'),
    REDIS_TIMEOUT_MS: '500',
  }))
  redis = new RedisService(config, new Logger(config), metrics)
  await redis.onModuleInit()
})
afterAll(async () => {
  await redis?.onApplicationShutdown()
  await proxy?.close()
})

const ask = (command: () => Promise<unknown> = () => redis.client.ping()) => redis.guarded(command).then(() => 'ANSWERED', (error: unknown) => error)
const isOpen = async () => (await metrics.registry.getSingleMetricAsString('drawbridge_redis_breaker_open')).includes('\ndrawbridge_redis_breaker_open 1')

it('stays closed, whatever Redis refuses', async () => {
  for (let n = 0; n < 10; n++) expect(isRedisUnavailable(await ask(() => redis.client.call('NO-SUCH-COMMAND')))).toBe(false)
  expect(await ask()).toBe('ANSWERED')
  expect(await isOpen()).toBe(false)
})

it('opens after five time-outs in a row: nothing is asked any more, and callers are told at once', async () => {
  proxy.silence()
  const ends = await Promise.all(Array.from({ length: 5 }, () => ask()))
  expect(ends.map(isRedisUnavailable)).toEqual([true, true, true, true, true])
  expect(await isOpen()).toBe(true)
  let asked = 0
  const refused = await ask(async () => { asked++ })
  expect(asked).toBe(0)
  expect({ isAway: isRedisAway(refused), mayHaveHappened: isRedisUnavailable(refused) }).toEqual({ isAway: true, mayHaveHappened: false })
})

it('lets one command find out whether Redis is back, and closes when it is', async () => {
  proxy.heal()
  await eventually(async () => expect(await ask()).toBe('ANSWERED'))
  expect(await isOpen()).toBe(false)
})
