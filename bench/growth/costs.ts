import { setTimeout as sleep } from 'node:timers/promises'
import { cpuOfFamily, serverCpu } from '../cpu.js'
import { Player } from '../player.js'
import type { System } from '../world.js'
import type { Installation } from './installation.js'

/** Wins that have just been committed are left to settle for so long. */
const YOUNG_MS = 300

/** One round; µs are of the processors, a draw or a row. */
export interface RoundCost {
  readonly apiMicros: number
  readonly redisMicros: number
  readonly p50Ms: number
  readonly settledPerSecond: number
  readonly settlerMicros: number
  readonly settleRedisMicros: number
  readonly settlePostgresMicros: number
}

/** The whole way of many draws but for HTTP, in bulk: decided, settled and consumed. */
export interface BulkCost {
  readonly draws: number
  readonly perSecond: number
  readonly workerMicros: number
  readonly redisMicros: number
  readonly postgresMicros: number
  /** What it did, which is what it costs. */
  readonly logBytes: number
  readonly fullPages: number
  readonly blocksRead: number
}

type Used = Readonly<Record<'redis' | 'postgres' | 'worker' | 'own' | 'at', number>> & { readonly log: LogCounts }
interface LogCounts { readonly bytes: number; readonly pages: number; readonly read: number }

const COUNTS = `SELECT wal_bytes::float8 AS bytes, wal_fpi::float8 AS pages,
  (SELECT blks_read::float8 FROM pg_stat_database WHERE datname = current_database()) AS read FROM pg_stat_wal`

async function used(installation: Installation): Promise<Used> {
  const { world, workerPid } = installation
  const servers = await serverCpu(world.redis, world.databaseUrl)
  const { user, system } = process.cpuUsage()
  const worker = workerPid === null ? 0 : ((await cpuOfFamily(workerPid)).get(workerPid) ?? NaN)
  const log = await installation.row<LogCounts>(COUNTS)
  return { redis: servers?.redis ?? NaN, postgres: servers?.postgres ?? NaN, worker, own: user + system, at: performance.now(), log }
}

/** `work` adds so many draws, and ends when they are consumed. */
export async function bulkCost(installation: Installation, draws: number, work: () => Promise<void>): Promise<BulkCost> {
  const before = await used(installation)
  await work()
  const after = await used(installation)
  return {
    draws,
    perSecond: (draws / (after.at - before.at)) * 1_000,
    workerMicros: (after.worker - before.worker) / draws,
    redisMicros: (after.redis - before.redis) / draws,
    postgresMicros: (after.postgres - before.postgres) / draws,
    logBytes: (after.log.bytes - before.log.bytes) / draws,
    fullPages: (after.log.pages - before.log.pages) / draws,
    blocksRead: (after.log.read - before.log.read) / draws,
  }
}

/** Draws of known participants through the API for so long, and then their settlement, while no worker runs. */
export async function roundCost(installation: Installation, api: System, seconds: number, prefix: string): Promise<RoundCost> {
  const player = new Player(installation.world, api)
  const { result, byProcess, servers } = await player.play('DrawAccepted', (n) => installation.body(`${prefix}-${n}`), seconds)
  await sleep(YOUNG_MS)
  const before = await used(installation)
  const rows = await installation.settle()
  const after = await used(installation)
  return {
    apiMicros: [...byProcess.values()][0]!.cpuMicros / result.counted,
    redisMicros: (servers?.redis ?? NaN) / result.counted,
    p50Ms: result.latencyMs.p50,
    settledPerSecond: (rows / (after.at - before.at)) * 1_000,
    settlerMicros: (after.own - before.own) / rows,
    settleRedisMicros: (after.redis - before.redis) / rows,
    settlePostgresMicros: (after.postgres - before.postgres) / rows,
  }
}
