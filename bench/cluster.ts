import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import Queue from 'bull'
import { Cluster, Redis } from 'ioredis'
import { newId } from '../src/common/ids.js'
import type { CampaignSnapshot } from '../src/modules/campaigns/domain/snapshot.js'
import { StockStore } from '../src/modules/inventory/stock.store.js'
import { StreamStore } from '../src/modules/settlement/stream.store.js'
import { bucketKeys, bucketOf, PARTITIONS, partitionOf } from '../src/platform/redis/keys.js'
import type { RedisService } from '../src/platform/redis/redis.service.js'
import { defineScript, loadScripts } from '../src/platform/redis/script.js'
import { DecideWorld, told } from '../test/support/decide-world.js'
import { startRedisCluster, stretches } from '../test/support/redis-cluster.js'
import { campaignSnapshot, prizeSnapshot } from '../test/support/snapshots.js'
import { machine, row, table, times, whole } from './markdown.js'
import { median } from './measure.js'

// npm run bench:cluster: the product's stores and scripts on a Redis Cluster of three masters, by ioredis' Cluster client.
const isQuick = process.argv.includes('--quick')
const MASTERS = 3
const CAMPAIGNS = isQuick ? 4 : 20
const DRAWS = isQuick ? 600 : 6_000
const BUCKET_COUNTS = [1, 4, 16, 64]
const MASTER_COUNTS = [3, 6, 16, 22, 32, 64]
const IN_FLIGHT = 64
const UNITS_MOVED = 7
const WON_OF = 50
/** More than all that one bucket's campaign wins. */
const STOCK_PER_BUCKET = 2 * (DRAWS / WON_OF)
const HEAD_MAX = 1_000
const setGate = defineScript(new URL('../src/modules/campaigns/lua/set-gate-1.lua', import.meta.url))

const say = (line: string) => { process.stderr.write(`${line}\n`) }
const buckets = ({ bucketCount }: CampaignSnapshot) => Array.from({ length: bucketCount }, (_, bucket) => bucket)
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Three masters, each asked by itself, and all of them through one client. */
class Shards {
  private constructor(
    readonly all: Redis,
    readonly masters: readonly Redis[],
    private readonly masterOfSlot: (slot: number) => number,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<Shards> {
    const { masters, stop } = await startRedisCluster(MASTERS)
    const clients = masters.map(({ url }) => new Redis(url))
    const cluster = new Cluster(masters.map(({ port }) => ({ host: '127.0.0.1', port })), { enableAutoPipelining: true })
    for (const client of clients) await loadScripts(client)
    // What the product holds is a Redis; the commands are the same.
    const masterOfSlot = (slot: number) => masters.findIndex(({ slots: [first, last] }) => slot >= first && slot <= last)
    return new Shards(cluster as unknown as Redis, clients, masterOfSlot, async () => {
      for (const client of [cluster, ...clients]) client.disconnect()
      await stop()
    })
  }

  async masterOf(key: string): Promise<number> {
    return this.masterOfSlot(await this.masters[0]!.cluster('KEYSLOT', key))
  }

  /** Scripts run so far, by master. */
  scripts(): Promise<number[]> {
    return this.#each('commandstats', (info) => Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(info)?.[1] ?? 0))
  }

  /** Refusals that a client should never have met, by name. */
  async refusals(): Promise<string[]> {
    const refusal = /^errorstat_(CROSSSLOT|MOVED|ASK|EXECABORT|CLUSTERDOWN):count=(\d+)/gm
    return (await this.#each('errorstats', (info) => [...info.matchAll(refusal)].map(([, name, count]) => `${name} ${count}`))).flat()
  }

  #each<T>(section: string, read: (info: string) => T): Promise<T[]> {
    return Promise.all(this.masters.map(async (client) => read(await client.info(section))))
  }
}

async function open(shards: Shards, no: number, bucketCount: number): Promise<CampaignSnapshot> {
  const prize = prizeSnapshot({ position: 1, probabilityPpb: 1e9 / WON_OF, stockTotal: STOCK_PER_BUCKET * bucketCount })
  const campaign = campaignSnapshot({ id: newId(), no, bucketCount, prizes: [prize] })
  const stock = new StockStore({ client: shards.all } as RedisService)
  for (const bucket of buckets(campaign)) {
    await stock.apply(campaign, bucket, [{ ledgerId: String(bucket + 1), position: 1, units: STOCK_PER_BUCKET }])
    const { epoch, version, riskVersion, status, startsAtMs, endsAtMs } = campaign
    await setGate.run(shards.all, [bucketKeys(campaign, epoch, bucket).gate], [epoch, version, riskVersion, status, startsAtMs, endsAtMs, '1', 0])
  }
  return campaign
}

/** So many draws of as many participants. Returns how many each master decided. */
async function decide(shards: Shards, campaign: CampaignSnapshot): Promise<number[]> {
  const world = DecideWorld.on(shards.all)
  const before = await shards.scripts()
  let next = 0
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    for (let n = next++; n < DRAWS; n = next++) {
      const participantId = `user-${n}`
      const setting = { campaign, decision: { participantId, bucket: bucketOf(campaign, participantId), idempotencyKey: `key-${n}`, candidates: [n % WON_OF === 0 ? 1 : 0] } }
      const verdict = await world.decide(world.decision(setting))
      if (verdict.kind !== 'decided') throw new Error(`A draw was answered with ${told(verdict)}`)
    }
  }))
  return (await shards.scripts()).map((count, n) => count - before[n]!)
}

/** Reads and trims every stream as settlement does. Returns how many entries there were. */
async function settle(shards: Shards, campaign: CampaignSnapshot): Promise<number> {
  const streams = new StreamStore({ client: shards.all } as RedisService)
  let settled = 0
  for (const bucket of buckets(campaign)) {
    const stream = { tenantId: campaign.tenantId, campaign, epoch: campaign.epoch, bucket }
    for (;;) {
      const { entries, run, seq } = await streams.head(stream, HEAD_MAX)
      if (entries.length === 0) break
      if (run !== 0 || seq === null) throw new Error('A stream was read without its gate or its stock')
      const last = Number(entries.at(-1)![0].split('-')[0])
      await streams.trim(stream, last, entries.map(([, fields]) => fields[fields.indexOf('i') + 1]!))
      settled += entries.length
    }
    if ((await shards.all.hlen(bucketKeys(campaign, campaign.epoch, bucket).pend)) > 0) throw new Error('Settled draws are still listed as unsettled')
  }
  return settled
}

/** Units from each bucket to the next, which as a rule is another slot and often another master; one is taken back. Returns how many changed their master. */
async function transfer(shards: Shards, campaign: CampaignSnapshot): Promise<{ moved: number; across: number }> {
  const stock = new StockStore({ client: shards.all } as RedisService)
  const units = async () => sum((await stock.lookEverywhere(campaign, 1)).map((look) => look.units))
  const before = await units()
  let across = 0
  for (const from of buckets(campaign)) {
    const to = (from + 1) % campaign.bucketCount
    const taken = await stock.take(campaign, { id: `transfer-${from}`, position: 1, from, to, units: UNITS_MOVED })
    if (taken === null) throw new Error('A bucket had no units')
    if (from === 0) await stock.giveBack(campaign, taken)
    else if ((await stock.put(campaign, taken)) !== 'PUT') throw new Error('Units did not arrive')
    await stock.done(campaign, taken)
    const [here, there] = await Promise.all([from, to].map((bucket) => shards.masterOf(bucketKeys(campaign, campaign.epoch, bucket).stock)))
    if (from > 0 && here !== there) across++
  }
  if ((await units()) !== before) throw new Error('Units were lost on their way')
  return { moved: campaign.bucketCount - 1, across }
}

const outcomeOf = (work: Promise<unknown>): Promise<string> => work.then((value) => `answered: ${JSON.stringify(value)}`, (error: unknown) => (error instanceof Error ? error.message : String(error)))

/** What the product does today with its one connection, and how a cluster answers it. */
async function missing(shards: Shards, campaign: CampaignSnapshot): Promise<string[]> {
  const [first] = shards.masters
  const homes = await Promise.all(buckets(campaign).map((bucket) => shards.masterOf(bucketKeys(campaign, campaign.epoch, bucket).gate)))
  const elsewhere = bucketKeys(campaign, campaign.epoch, homes.findIndex((home) => home > 0))
  const acrossMasters = shards.all.pipeline()
  for (const bucket of buckets(campaign)) acrossMasters.hlen(bucketKeys(campaign, campaign.epoch, bucket).stock)
  const [, keys] = await shards.all.scan('0', 'MATCH', 'd:{p??}:*', 'COUNT', 1_000_000)
  const total = sum(await Promise.all(shards.masters.map((client) => client.dbsize())))
  const sha = (await shards.all.script('LOAD', 'return 1')) as string
  const loaded = sum((await Promise.all(shards.masters.map((client) => client.script('EXISTS', sha) as Promise<number[]>))).flat())
  const runIds = new Set(await Promise.all(shards.masters.map(async (client) => /^run_id:(\w+)/m.exec(await client.info('server'))?.[1])))
  return [
    row('one connection to one master (RedisService as it is), a key of another', await outcomeOf(first!.hlen(elsewhere.stock))),
    row('`pipeline()` over buckets (RebuildService: stock, participants, tickets)', await outcomeOf(acrossMasters.exec())),
    row('SCAN (OldKeysStore)', `saw ${whole(keys.length)} of ${whole(total)} keys: one master's`),
    row('SCRIPT LOAD (loadScripts)', `${loaded} of ${MASTERS} masters have it`),
    row('INFO (RedisService.identity, RedisIncarnation)', `${runIds.size} masters, ${runIds.size} run ids; one is looked at`),
    row('a Bull queue under its hash-tagged prefix, by a Cluster client', await outcomeOf(oneJob(shards))),
  ]
}

async function oneJob(shards: Shards): Promise<string> {
  const made: Cluster[] = []
  const nodes = shards.masters.map(({ options: { host, port } }) => ({ host, port }))
  const queue = new Queue('bench', {
    prefix: '{drawbridge}',
    createClient: () => {
      const client = new Cluster(nodes, { enableReadyCheck: false, redisOptions: { maxRetriesPerRequest: null } })
      made.push(client)
      return client as unknown as Redis
    },
  })
  try {
    const { promise, resolve } = Promise.withResolvers<string>()
    void queue.process((job) => { resolve(String((job.data as { said: string }).said)) })
    await queue.add({ said: 'a job came through' })
    return await promise
  } finally {
    await queue.close()
    for (const client of made) client.disconnect()
  }
}

async function spread(shards: Shards): Promise<{ lines: string[]; largest: CampaignSnapshot }> {
  const lines: string[] = []
  let no = 0
  let largest: CampaignSnapshot | undefined
  for (const bucketCount of BUCKET_COUNTS) {
    const totals = Array.from({ length: MASTERS }, () => 0)
    const busiest: number[] = []
    const apart: number[] = []
    let entries = 0
    for (let n = 0; n < CAMPAIGNS; n++) {
      const campaign = await open(shards, ++no, bucketCount)
      const counts = await decide(shards, campaign)
      for (const [master, count] of counts.entries()) totals[master]! += count
      busiest.push(Math.max(...counts) / DRAWS)
      apart.push(new Set(buckets(campaign).map((bucket) => partitionOf(campaign, bucket))).size)
      entries += await settle(shards, campaign)
      largest = campaign
    }
    if (entries !== CAMPAIGNS * DRAWS) throw new Error(`${entries} entries were settled of ${CAMPAIGNS * DRAWS} draws`)
    const all = sum(totals)
    lines.push(row(String(bucketCount), String(median(apart)), `${Math.round(median(busiest) * 100)} %`, `${Math.round(Math.max(...busiest) * 100)} %`,
      totals.map((count) => `${Math.round((count / all) * 100)} %`).join(', ')))
    say(`  ${bucketCount} buckets: ${totals.join(', ')} decisions by master`)
  }
  return { lines, largest: largest! }
}

/** By number of masters: how many of the 64 partitions the busiest has and how many masters have none, where slots are shared out in equal stretches. */
async function onMoreMasters(shards: Shards): Promise<string[]> {
  const slots = await Promise.all(Array.from({ length: PARTITIONS }, (_, n) => shards.masters[0]!.cluster('KEYSLOT', `{p${String(n).padStart(2, '0')}}`)))
  return MASTER_COUNTS.map((masters) => {
    const counts = Array.from({ length: masters }, () => 0)
    for (const slot of slots) counts[stretches(masters).findIndex(([first, last]) => slot >= first && slot <= last)]!++
    const most = Math.max(...counts)
    return row(String(masters), String(most), String(Math.min(...counts)), (PARTITIONS / most).toFixed(1))
  })
}

const shards = await Shards.start()
const breakOff = () => { void shards.stop().finally(() => process.exit(130)) }
process.once('SIGINT', breakOff).once('SIGTERM', breakOff)
try {
  const shares = await onMoreMasters(shards)
  const { lines, largest } = await spread(shards)
  const { moved, across } = await transfer(shards, largest)
  const refusals = await shards.refusals()
  const needs = await missing(shards, largest)
  const text = [
    '# On a Redis Cluster of three masters', '',
    `\`npm run bench:cluster${isQuick ? ' -- --quick' : ''}\` on ${machine()}: ${times(CAMPAIGNS, 'campaign')} for each number of buckets, ${whole(DRAWS)} draws of as many participants in each, by the real stores and scripts through`,
    `ioredis' Cluster client with automatic pipelining. The masters share the slots in equal stretches, as \`redis-cli --cluster create\` gives them.`, '',
    table(['buckets', 'partitions of a campaign', 'of its decisions on its busiest master (median)', '(worst campaign)', 'of all decisions, by master'], lines), '',
    `Every entry was read and trimmed as settlement does (MULTI over gate, stock, stream and pend). ${moved} transfers of stock from bucket to bucket (take, put, done), ${across} of them from one master to another, and one taken back: no unit lost.`, '',
    refusals.length === 0 ? 'No master refused anything: no command, script or transaction crossed slots, and none came to the wrong master.' : `**Refused: ${refusals.join(', ')}**`, '',
    '## Partitions on more masters', '',
    'The slots of 64 names are not even. With equal stretches of slots, as many masters as in the last column would do the same, if each had its fair part:', '',
    table(['masters', 'partitions on the busiest', 'on the least', 'worth'], shares), '',
    '## What the product does not do on a cluster', '', 'Its one connection is to one Redis. How a cluster answers what it does today:', '', table(['', 'found'], needs), '',
  ].join('\n')
  if (!isQuick) await writeFile(fileURLToPath(new URL('cluster.md', import.meta.url)), text)
  console.log(text)
} finally {
  await shards.stop()
}
