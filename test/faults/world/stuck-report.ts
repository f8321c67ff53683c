import { Redis } from 'ioredis'
import { asOwner } from '../../support/database.js'

const TELLING = /^drawbridge_\w*(?:open|waiting|backlog|draws|running|violations)/
const SESSIONS = `SELECT pid, application_name, state, wait_event, left(query, 120) AS query, now() - xact_start AS age, pg_blocking_pids(pid) AS blocked_by
  FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`
const GATES = '*gate*'
const FENCES = 'SELECT id, status, epoch, redis_run FROM campaign'

/** What the metrics, Postgres' sessions and the fences on both sides say at this moment. Never throws. */
export async function stuckReport(metrics: string, databaseUrl: string, redisUrl: string): Promise<string> {
  const rows = (query: string) => asOwner(databaseUrl, async (client) => (await client.query(query)).rows).catch(String)
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 1 })
  redis.on('error', () => undefined)
  const readGates = async () => Promise.all((await redis.keys(GATES)).map(async (key) => [key, await redis.hgetall(key)]))
  const gates = await readGates().catch(String).finally(() => { redis.disconnect() })
  return [
    `metrics:\n${metrics.split('\n').filter((line) => TELLING.test(line)).join('\n')}`,
    `Postgres' sessions: ${JSON.stringify(await rows(SESSIONS), null, 1)}`,
    `Postgres' fences: ${JSON.stringify(await rows(FENCES))}`,
    `Redis' gates: ${JSON.stringify(gates)}`,
  ].join('\n')
}
