import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { visitsIn } from '../src/cli/rush/visits.js'
import { bucketKeys } from '../src/platform/redis/keys.js'
import type { LoadResult } from './load.js'
import { median } from './measure.js'
import { CONNECTIONS, Player, type Round, USERS } from './player.js'
import { type Point, plot } from './plot.js'
import { distributionOf } from './prometheus.js'
import { decideTable, type Facts, footprintText, goalsText, headText, lagTable, LIMIT, LOCKING, PRODUCT, QUEUED, settledTable, sweepTable } from './report.js'
import { asOwner } from '../test/support/database.js'
import { CERTAIN_PPB } from '../test/support/fixtures.js'
import { World } from './world.js'

const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 3 : 5
const SECONDS = isQuick ? 1.5 : 5
const SETTLED_SECONDS = isQuick ? 2 : 5
const WARM_UP_SECONDS = isQuick ? 3 : 6
const SWEEP = isQuick ? [1, 8, 64] : [1, 4, 16, 64, 256, 1_000]
const SALE_STOCK = 200

const say = (line: string) => { process.stderr.write(`${line}\n`) }

/** In turn, the first last every other time: whatever else the machine does meets all of them. */
async function inTurn(players: readonly Player[], play: (player: Player) => Promise<Round>): Promise<Map<string, Round[]>> {
  const rounds = new Map<string, Round[]>(players.map(({ system: { name } }) => [name, []]))
  for (let n = 0; n < ROUNDS; n++) {
    for (const player of n % 2 === 0 ? players : players.toReversed()) {
      const round = await play(player)
      rounds.get(player.system.name)!.push(round)
      say(`  round ${n + 1} of ${ROUNDS}: ${player.system.name}, ${Math.round(round.result.perSecond)}/s${[...round.result.others].map(([what, count]) => `, ${count} ${what}`).join('')}`)
    }
  }
  return rounds
}

async function warmUp(players: readonly Player[]): Promise<void> {
  for (const player of players) {
    await player.play('DrawAccepted', player.fresh, WARM_UP_SECONDS)
    await player.play('DrawAccepted', player.again, 0.5)
  }
}

/** Every core of the machine may settle: draws are accepted and written at the same time. */
async function settledPart(world: World, campaignId: string) {
  const product = await world.product(PRODUCT, campaignId, 'all')
  const systems = [product, await world.baseline(LOCKING, 'locking'), await world.baseline(QUEUED, 'queued')]
  const players = systems.map((system) => new Player(world, system))
  say('settled draws, all processes counted')
  for (const player of players) await player.play('DrawAccepted', player.fresh, WARM_UP_SECONDS, CONNECTIONS, true)
  const rounds = await inTurn(players, (player) => player.play('DrawAccepted', player.fresh, SETTLED_SECONDS, CONNECTIONS, true))
  // Alone: the others write to the same Redis.
  const before = await bytesOf(world)
  const { result: { counted: drawn } } = await players[0]!.play('DrawAccepted', players[0]!.fresh, SETTLED_SECONDS, CONNECTIONS, true)
  const after = await bytesOf(world)
  const metrics = await (await fetch(product.metricsUrl!)).text()
  for (const system of systems) await system.stop()
  return {
    settledRounds: rounds,
    footprint: {
      drawn, redis: (after.redis - before.redis) / drawn,
      postgresDraws: (after.postgresDraws - before.postgresDraws) / drawn, postgres: (after.postgres - before.postgres) / drawn,
      log: (after.log - before.log) / drawn,
    },
    settlementLag: distributionOf(metrics, 'drawbridge_settlement_lag_seconds'), eventLag: distributionOf(metrics, 'drawbridge_event_lag_seconds'),
  }
}

type Bytes = Readonly<Record<'redis' | 'postgresDraws' | 'postgres' | 'log', number>>

const BYTES = `SELECT sum(pg_total_relation_size(oid)) FILTER (WHERE relname ~ '^(draw|award)')::float8 AS "postgresDraws",
  sum(pg_total_relation_size(oid))::float8 AS postgres, (SELECT wal_bytes FROM pg_stat_wal)::float8 AS log
  FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`

async function bytesOf({ redis, databaseUrl }: World): Promise<Bytes> {
  const postgres = await asOwner(databaseUrl, async (client) => (await client.query<Omit<Bytes, 'redis'>>(BYTES)).rows[0]!)
  return { redis: Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]), ...postgres }
}

/** Entries that the campaign's streams have ever had: what was decided, and not answered from memory. */
async function decidedOf(world: World, campaignId: string): Promise<number> {
  const place = world.snapshot(campaignId)
  const added = await Promise.all(Array.from({ length: place.bucketCount }, async (_, bucket) => {
    const about = (await world.redis.xinfo('STREAM', bucketKeys(place, place.epoch, bucket).stream)) as unknown[]
    return Number(about[about.indexOf('entries-added') + 1])
  }))
  return added.reduce((sum, count) => sum + count, 0)
}

async function decidePart(world: World, campaignId: string, limitCampaignId: string, saleId: string) {
  // Nothing settles what it and the limit write into the same streams: the bound on them is none of what is compared.
  const product = await world.product(PRODUCT, campaignId, 'api', { env: { SETTLEMENT_BACKLOG_MAX: '1000000000' } })
  const limit = await world.limit(LIMIT, limitCampaignId)
  const players = [product, limit].map((system) => new Player(world, system))
  say('accepted draws, one API process and nothing settled meanwhile')
  await warmUp(players)
  const accepted = await inTurn(players, (player) => player.play('DrawAccepted', player.fresh, SECONDS))
  const [own, bare] = players as [Player, Player]
  say('replays, and a sale that is sold out')
  const decidedBefore = await decidedOf(world, campaignId)
  const replays = (await inTurn([own], (player) => player.play('DrawAccepted', player.again, SECONDS / 2))).get(product.name)!
  const decidedAnew = (await decidedOf(world, campaignId)) - decidedBefore
  const sale = new Player(world, { ...product, campaignId: saleId })
  await sale.play('DrawAccepted', sale.fresh, 1)
  const before = visitsIn(await (await fetch(product.metricsUrl!)).text())
  const soldOut = (await inTurn([sale], (player) => player.play('SOLD_OUT', player.fresh, SECONDS / 2))).get(product.name)!
  const after = visitsIn(await (await fetch(product.metricsUrl!)).text())
  say('by connections')
  const sweep: Array<Facts['sweep'][number]> = []
  for (const connections of SWEEP) {
    const rounds = await inTurn([own, bare], (player) => player.play('DrawAccepted', player.fresh, SECONDS / 2, connections))
    const results = (player: Player) => rounds.get(player.system.name)!.map(({ result }) => result)
    sweep.push({ connections, product: results(own), limit: results(bare) })
  }
  await product.stop()
  await limit.stop()
  return { accepted, replays, decidedAnew, soldOut, soldOutVisits: visitsMade(before, after), sweep }
}

type Visits = ReturnType<typeof visitsIn>
const visitsMade = (before: Visits, after: Visits): number | null => (before === null || after === null ? null : after.made - before.made)

async function keep(text: string, { sweep }: Facts): Promise<void> {
  const folder = new URL('./', import.meta.url)
  await mkdir(new URL('plots/', folder), { recursive: true })
  const line = (name: string, of: (one: Facts['sweep'][number]) => number) => ({ name, points: sweep.map((one): Point => ({ x: one.connections, y: of(one) })) })
  const perSecond = (results: readonly LoadResult[]) => median(results.map((result) => result.perSecond))
  await writeFile(fileURLToPath(new URL('plots/throughput.svg', folder)), plot({
    title: 'Accepted draws a second, by connections', xLabel: 'connections', yLabel: 'draws/s', logX: true,
    lines: [line('Drawbridge', ({ product }) => perSecond(product)), line('the limit', ({ limit }) => perSecond(limit))],
  }))
  await writeFile(fileURLToPath(new URL('report.md', folder)), `${text}\n`)
}

async function main(): Promise<void> {
  const world = await World.open()
  try {
    const settledId = await world.campaign()
    const decidedId = await world.campaign()
    const limitId = await world.campaign()
    const saleId = await world.campaign({ mechanic: 'FLASH_SALE', prizes: [{ name: 'Last', probabilityPpb: CERTAIN_PPB, stockTotal: SALE_STOCK }] })
    await world.campaignsAreMade()
    const settled = await settledPart(world, settledId)
    const decided = await decidePart(world, decidedId, limitId, saleId)
    const given = { isQuick, roundCount: ROUNDS, seconds: SECONDS, connections: CONNECTIONS, users: USERS }
    const facts: Facts = { ...given, ...settled, ...decided }
    const text = [
      headText(facts), goalsText(facts), settledTable(facts), decideTable(facts), sweepTable(facts), lagTable(facts), footprintText(facts),
    ].join('\n\n')
    // The quick form is for who changes something: what is kept is of the whole one.
    if (!isQuick) await keep(text, facts)
    console.log(text)
  } finally {
    await world.close()
  }
}

await main()
