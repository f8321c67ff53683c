import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { systemContext } from '../src/common/context.js'
import { SnapshotService } from '../src/modules/campaigns/snapshot.service.js'
import { DrawService } from '../src/modules/draws/draw.service.js'
import { NodeLeaseService } from '../src/modules/draws/node-lease.service.js'
import { type DrawRow, insertDraws, recordAwarded } from '../src/modules/settlement/draw-rows.store.js'
import { SqlService } from '../src/platform/prisma/sql.service.js'
import { bucketOf } from '../src/platform/redis/keys.js'
import { bootApp, type TestApp } from '../test/support/app.js'
import { asOwner } from '../test/support/database.js'
import { CERTAIN_PPB, createCampaign, createTenant, login, moveCampaign } from '../test/support/fixtures.js'
import { enterStack, startStack } from '../test/support/stack.js'

const SIZES = (process.argv[2] ?? '100000,1000000').split(',').map(Number)
/** Of design.md and the issue: seconds, by participants. */
const GOALS = new Map([[100_000, 10], [1_000_000, 60]])
const BATCH = 5_000
const WIN_EVERY = 10
const BUCKETS = 8
const PATIENCE_MS = 15 * 60_000

interface Place { readonly tenantId: string; readonly id: string }

async function open(app: TestApp): Promise<Place> {
  const tenant = await createTenant(app)
  const token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  const prizes = [{ name: 'Prize', kind: 'VIRTUAL' as const, probabilityPpb: CERTAIN_PPB / WIN_EVERY, stockTotal: 2_000_000_000 }]
  const campaign = await moveCampaign(app, token, 'publish', await createCampaign(app, token, { bucketCount: BUCKETS, prizes }))
  return { tenantId: tenant.tenantId, id: campaign.id }
}

/** One settled draw of each participant, by the statements of settlement itself. */
async function fill(app: TestApp, { tenantId, id }: Place, count: number): Promise<void> {
  const sql = app.app.get(SqlService, { strict: false })
  const lease = app.app.get(NodeLeaseService, { strict: false })
  const campaign = (await app.app.get(SnapshotService, { strict: false }).get(tenantId, id))!
  const seqs = new Map<number, number>()
  const ref = { tenantId, campaignId: id }
  for (let done = 0; done < count; done += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - done) }, (_, n): DrawRow => {
      const participantId = `participant-${done + n}`
      const bucket = bucketOf(campaign, participantId)
      const seq = (seqs.get(bucket) ?? 0) + 1
      seqs.set(bucket, seq)
      const won = (done + n) % WIN_EVERY === 0
      return {
        id: String(lease.nextId()), participantId, key: 'first', ordinal: 0, position: won ? 1 : 0,
        fingerprint: '0123456789abcdef', roll: 123_456_789, campaignVersion: campaign.version, epoch: campaign.epoch, bucket, seq, deviceId: null, ip: null, traceParent: null, createdMs: Date.now(),
        ticketLot: null, wonAs: won ? 'ROLL' : null, amountMinor: null, oddsTable: 0,
      }
    })
    await sql.tenant(tenantId, async (client) => {
      await insertDraws(client, ref, rows, 'SETTLED')
      for (const [bucket, own] of Map.groupBy(rows, (row) => row.bucket)) await recordAwarded(client, ref, own, bucket, `bench-${done}-${bucket}`)
    }, { statementTimeoutMs: 60_000 })
    if ((done / BATCH) % 40 === 0) process.stderr.write(`${done} of ${count} draws written\n`)
  }
}

/** What was written above is nothing that a consumer should see now: a rebuild is what is timed. */
async function forgetChanges(databaseUrl: string): Promise<void> {
  await asOwner(databaseUrl, async (client) => {
    await client.query('ANALYZE')
    const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn')
    const lsn = rows[0]!.lsn
    await client.query('SELECT pg_replication_slot_advance(slot_name, $1::pg_lsn) FROM pg_replication_slots WHERE database = current_database()', [lsn])
    await client.query('UPDATE cdc_position SET lsn = $1::pg_lsn', [lsn])
  })
}

/** Seconds from the loss to the first draw that is answered. */
async function recover(app: TestApp, { tenantId, id }: Place): Promise<number> {
  const draws = app.app.get(DrawService, { strict: false })
  const ctx = systemContext(tenantId, 'bench')
  const facts = { tier: null, riskPool: null, segments: [], attributes: new Map() }
  const draw = (key: string) => draws.draw(ctx, { campaignId: id, userId: 'participant-0', idempotencyKey: key, count: 1, deviceId: null, ip: null, facts })
    .then((answer) => answer.kind, () => 'away')
  while ((await draw('before')) !== 'accepted') await sleep(100)
  const redis = new Redis(app.redisUrl)
  const began = performance.now()
  await redis.flushall()
  redis.disconnect()
  while ((await draw('before')) === 'accepted') await sleep(5)
  while ((await draw('after')) !== 'accepted') {
    if (performance.now() - began > PATIENCE_MS) throw new Error('The campaign does not come back')
    await sleep(20)
  }
  return (performance.now() - began) / 1_000
}

async function main(): Promise<number> {
  const stack = await startStack({ workers: 1 })
  enterStack(stack)
  let failed = 0
  try {
    const lines: string[] = []
    for (const size of SIZES) {
      const first = await bootApp({ env: { LOG_LEVEL: 'error' } })
      const place = await open(first)
      await first.stop()
      const writer = await bootApp({ env: { ROLE: 'api', LOG_LEVEL: 'error' }, on: first })
      await fill(writer, place, size)
      await writer.stop()
      await forgetChanges(first.databaseUrl)
      const app = await bootApp({ env: { LOG_LEVEL: 'info' }, on: first })
      const seconds = await recover(app, place)
      const goal = GOALS.get(size)
      if (goal !== undefined && seconds > goal) failed++
      lines.push(`| ${size} | ${seconds.toFixed(1)} | ${goal ?? ''} | ${Math.round(size / seconds)} |`)
      await app.stop()
      await first.close()
    }
    const report = [
      '# How long a rebuild takes', '',
      `\`npm run bench:recovery\`: a campaign of ${BUCKETS} buckets with one settled draw of each participant, one in ${WIN_EVERY} won. Redis forgets`,
      'everything (FLUSHALL); the time is from there to the next draw that is answered. One process on one machine with Postgres and Redis.', '',
      '| participants | seconds | goal | participants a second |', '|---|---|---|---|', ...lines, '',
    ].join('\n')
    await writeFile(fileURLToPath(new URL('recovery.md', import.meta.url)), report)
    console.log(report)
  } finally {
    await stack.stop()
  }
  return failed
}

process.exitCode = await main()
