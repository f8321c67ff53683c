import { Redis } from 'ioredis'
import { fromSetup } from './environment.js'

/** The worker's own logical database: 1, 2 … */
export function workerRedisUrl(redisUrl: string, workerId: string): string {
  const url = new URL(redisUrl)
  url.pathname = `/${workerId}`
  return url.href
}

/** The Redis of this test file, empty. Files of one worker follow one another, so nobody else is in it. */
export async function emptyTestRedis(): Promise<string> {
  const url = workerRedisUrl(fromSetup('TEST_REDIS_URL'), process.env.JEST_WORKER_ID ?? '1')
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, connectTimeout: 5_000 })
  try {
    await redis.connect()
    await redis.flushdb()
  } finally {
    redis.disconnect()
  }
  return url
}
