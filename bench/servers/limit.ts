import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { bucketKeys, bucketOf, type CampaignPlace } from '../../src/platform/redis/keys.js'

/** Of the campaign that it draws from; it knows nothing else. */
export interface LimitOptions {
  readonly port: number
  readonly redisUrl: string
  readonly place: CampaignPlace
  readonly epoch: number
  readonly version: number
  readonly riskVersion: number
  readonly position: number
  readonly winPpb: number
  readonly days: { readonly day: number; readonly startMs: number; readonly nextMs: number; readonly afterNextMs: number }
}

/**
 * The limit: what a draw costs where there is nothing but Node's own HTTP server, one Redis connection with automatic pipelining, and
 * the product's script with the product's arguments. No accounts, limits, GraphQL, telemetry, durable wins, settlement or recovery.
 */
const { port, redisUrl, place, epoch, version, riskVersion, position, winPpb, days } = JSON.parse(process.argv[2] ?? '') as LimitOptions
const redis = new Redis(redisUrl, { enableAutoPipelining: true })
const sha = (await redis.script('LOAD', readFileSync(new URL('../../src/modules/draws/lua/decide-6.lua', import.meta.url), 'utf8'))) as string
const generation = (await redis.hget(bucketKeys(place, epoch, 0).gate, 'g')) ?? ''
// Beyond any that the product gives out within this bench.
let snowflake = 2n ** 61n

type Asked = Readonly<Record<'userId' | 'idempotencyKey', string>>

async function draw(body: string): Promise<string> {
  const { variables: { input: { userId, idempotencyKey } } } = JSON.parse(body) as { variables: { input: Asked } }
  const bucket = bucketOf(place, userId)
  const keys = bucketKeys(place, epoch, bucket)
  const roll = Math.floor(Math.random() * 1e9)
  const won = roll < winPpb
  const id = String(snowflake++)
  const reply = (await redis.evalsha(sha, 6, keys.gate, keys.stock, keys.participants + userId, keys.stream, keys.pend, keys.due,
    epoch, version, riskVersion, generation, '', '', idempotencyKey, '1|', id, days.day, days.startMs, days.nextMs, days.afterNextMs,
    -1, -1, -1, 0, 0, won ? position : 0, 0, won ? `${position}:-1:0:-1` : '', '', userId, '', '', '', roll, '', '', '', '', '', '', 0, '', 0)) as string[]
  const outcome = won ? 'WON' : 'LOST'
  return JSON.stringify({ data: { draw: { __typename: reply[0] === 'OK' ? 'DrawAccepted' : reply[0], draws: [{ id, outcome, prize: null }] } } })
}

createServer((request, response) => {
  if (request.method !== 'POST') return void response.end()
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (part: string) => { body += part })
  request.on('end', () => {
    draw(body).then(
      (text) => { response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text) },
      (error: unknown) => { response.writeHead(500).end(String(error)) },
    )
  })
}).listen(port, '127.0.0.1')
