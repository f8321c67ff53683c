import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { chmod } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { eventually, temporaryFolder } from '../embedded/harness.js'
import { FaultServer } from '../faults/world/fault-server.js'
import { bootApp, type TestApp } from '../support/app.js'

describe('a Redis whose settings break a promise', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let server: FaultServer
  let redis: Redis

  beforeAll(async () => {
    folder = await temporaryFolder()
    await chmod(folder.path, 0o711)
    server = await FaultServer.redis(folder.path)
    await server.start()
    redis = new Redis(server.url.href)
    redis.on('error', () => undefined)
  })
  afterAll(async () => {
    redis?.disconnect()
    await server?.stop()
    await folder?.remove()
  })

  const boot = (environment: 'production' | 'development') => bootApp({ env: { REDIS_URL: server.url.href, NODE_ENV: environment } })
  const metric = async (app: TestApp, setting: string) =>
    new RegExp(`^drawbridge_store_setting_ok\\{store="redis",setting="${setting}"\\} (\\d)$`, 'm').exec(await (await fetch(app.metricsUrl)).text())?.[1]

  it.each([
    ['maxmemory-policy', 'allkeys-lru', 'noeviction'],
    ['appendonly', 'no', 'yes'],
    ['appendfsync', 'no', 'everysec'],
  ])('%s %s: production does not start, and is told what to set', async (setting, wrong, right) => {
    await redis.config('SET', setting, wrong)
    try {
      await expect(boot('production')).rejects.toThrow(new RegExp(`^REDIS_URL: the setting ${setting} of Redis: .*CONFIG SET ${setting} ${right}`))
    } finally {
      await redis.config('SET', setting, right)
    }
  })

  it('is seen in the metrics elsewhere, and when it is right again', async () => {
    await redis.config('SET', 'maxmemory-policy', 'volatile-lru')
    const app = await boot('development')
    try {
      expect(await metric(app, 'maxmemory-policy')).toBe('0')
      expect(await metric(app, 'appendonly')).toBe('1')
      await redis.config('SET', 'maxmemory-policy', 'noeviction')
      // Looked at anew at the latest when a connection is.
      await redis.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await eventually(async () => (await metric(app, 'maxmemory-policy')) === '1', 10_000, 'the metric says so')
    } finally {
      await app.close()
    }
  })
})
