import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import type { TestApp } from './app.js'

const TABLES = [
  'tenant', 'operator', 'api_key', 'participant_key', 'campaign', 'campaign_version', 'prize', 'stock_ledger', 'draw', 'award', 'ticket_ledger',
  'risk_entry', 'velocity_rule', 'dead_letter', 'consumed_event', 'wallet_item', 'risk_count', 'audit_log', 'audit_head', 'fulfilment_task', 'award_event', 'award_address', 'wallet_entry', 'desk_request', 'webhook_secret',
  'code_pool', 'code_import', 'prize_code', 'code_waiting', 'code_alarm', 'release_step', 'feature_switch', 'change_request',
]

/** Everything that the product keeps of a tenant in Postgres, and of everybody's draws in Redis, as text to compare. */
export async function everythingKept(app: TestApp, tenantId: string): Promise<string> {
  const rows = await app.app.get(SqlService, { strict: false }).tenant(tenantId, async (sql) => {
    const texts: string[] = []
    for (const table of TABLES) {
      const { rows: [row] } = await sql.query<{ rows: string }>(
        `SELECT coalesce(json_agg(to_jsonb(t) - 'last_used_at' - 'last_login_at' ORDER BY t::text), '[]')::text AS rows FROM ${table} t`)
      texts.push(`${table}: ${row?.rows}`)
    }
    return texts.join('\n')
  })
  const redis = new Redis(app.redisUrl, { lazyConnect: true, maxRetriesPerRequest: 1 })
  try {
    await redis.connect()
    // Sign-ins are counted, and those that are refused for what was sent most of all.
    const keys = (await redis.keys('d:{*')).filter((key) => !key.startsWith('d:{login}')).sort()
    const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
    return `${rows}\n${keys.map((key, n) => `${key}=${values[n]?.toString('base64')}`).join('\n')}`
  } finally {
    redis.disconnect()
  }
}

/** Comes to its end when the stock of every campaign that has ended lies in the vault: that is written a moment after the end. */
export async function stockReturned(app: TestApp, tenantId: string): Promise<void> {
  const waiting = () => app.app.get(SqlService, { strict: false }).tenant(tenantId, (sql) => sql.query(
    `SELECT FROM campaign WHERE status = 'ENDED' AND epoch > 0 AND stock_returned_epoch IS DISTINCT FROM epoch`))
  for (let tries = 0; (await waiting()).rowCount > 0; tries++) {
    if (tries > 200) throw new Error('The stock of a campaign that has ended is not returned')
    await sleep(50)
  }
}

/** What no answer may show: a stack, SQL, what Postgres, Redis or the tools between said, or a path of ours. */
export const INNARDS = /\n\s+at |\.(?:ts|js|lua):\d|node_modules|stacktrace|\bSELECT\b|\bINSERT\b|\bUPDATE\b|SQLSTATE|violates|relation "|syntax error at or near|pg_|prisma|ioredis|ReplyError|WRONGTYPE|NOSCRIPT|EVALSHA|ECONN|d:\{|TypeError|undefined|\[object Object/i
