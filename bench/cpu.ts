import { readdir, readFile } from 'node:fs/promises'
import type { Redis } from 'ioredis'
import { asOwner } from '../test/support/database.js'

/** Linux counts in these; where there is no /proc nothing is counted. */
const TICK_MICROS = 10_000

/** `childMicros`: of its children that have ended. */
interface Stat { readonly pid: number; readonly parent: number; readonly micros: number; readonly childMicros: number }

async function statOf(pid: string): Promise<Stat | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  // The second field is a name, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = (...at: readonly number[]) => at.reduce((sum, n) => sum + Number(fields[n]), 0) * TICK_MICROS
  return { pid: Number(pid), parent: Number(fields[1]), micros: ticks(11, 12), childMicros: ticks(13, 14) }
}

async function allStats(): Promise<Stat[]> {
  const names = await readdir('/proc').catch(() => [])
  return (await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(statOf))).filter((stat) => stat !== null)
}

/** What a process and its own children have used of the processors since each was started, µs, by their pids; empty where there is no /proc. */
export async function cpuOfFamily(pid: number): Promise<ReadonlyMap<number, number>> {
  const own = (await allStats()).filter((stat) => stat.pid === pid || stat.parent === pid)
  return new Map(own.map(({ pid: one, micros, childMicros }) => [one, micros + childMicros]))
}

/**
 * What the servers have used of the processors since they were started, µs: Postgres with its backends, those that ended too; Redis without the
 * children that write its file anew, which would fall upon whichever round ends them. Null: unknown.
 */
export async function serverCpu(redis: Redis, databaseUrl: string): Promise<Readonly<Record<'redis' | 'postgres', number>> | null> {
  const redisPid = Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1])
  const postmaster = await postmasterOf(databaseUrl)
  const stats = await allStats()
  const redisStat = stats.find(({ pid }) => pid === redisPid)
  if (redisStat === undefined || postmaster === null) return null
  const own = stats.filter(({ pid, parent }) => pid === postmaster || parent === postmaster)
  return { redis: redisStat.micros, postgres: own.reduce((sum, { micros, childMicros }) => sum + micros + childMicros, 0) }
}

async function postmasterOf(databaseUrl: string): Promise<number | null> {
  return asOwner(databaseUrl, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    return (await statOf(String(rows[0]!.pid)))?.parent ?? null
  })
}
