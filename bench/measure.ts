import type { Redis } from 'ioredis'

/** What one phase cost, a draw. */
export interface Cost {
  /** Of the wall, with all that were in flight at the same time. */
  readonly wallMicros: number
  /** This process's own. */
  readonly cpuMicros: number
  /** In Redis' scripts, by its own count. */
  readonly scriptMicros: number
  readonly scriptCalls: number
  /** From the call to the answer. */
  readonly p50Ms: number
  readonly p99Ms: number
}

interface ScriptTotals { readonly calls: number; readonly micros: number }

/** All that this Redis has spent in scripts since it was started. */
async function scriptTotals(redis: Redis): Promise<ScriptTotals> {
  const found = /^cmdstat_evalsha:calls=(\d+),usec=(\d+)/m.exec(await redis.info('commandstats'))
  return { calls: Number(found?.[1] ?? 0), micros: Number(found?.[2] ?? 0) }
}

/** Runs `draw` for 0 to `count` − 1, so many in flight, and says what each cost. */
export async function measure(redis: Redis, count: number, inFlight: number, draw: (n: number) => Promise<void>): Promise<Cost> {
  const before = await scriptTotals(redis)
  const cpu = process.cpuUsage()
  const began = performance.now()
  let next = 0
  const took = new Float64Array(count)
  await Promise.all(Array.from({ length: inFlight }, async () => {
    for (let n = next++; n < count; n = next++) {
      const asked = performance.now()
      await draw(n)
      took[n] = performance.now() - asked
    }
  }))
  const wallMicros = ((performance.now() - began) * 1_000) / count
  const { user, system } = process.cpuUsage(cpu)
  const after = await scriptTotals(redis)
  took.sort()
  return {
    wallMicros,
    cpuMicros: (user + system) / count,
    scriptMicros: (after.micros - before.micros) / count,
    scriptCalls: (after.calls - before.calls) / count,
    p50Ms: took[Math.floor(count / 2)]!,
    p99Ms: took[Math.floor(count * 0.99)]!,
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Column by column. */
export const medianCost = (costs: readonly Cost[]): Cost => ({
  wallMicros: median(costs.map(({ wallMicros }) => wallMicros)),
  cpuMicros: median(costs.map(({ cpuMicros }) => cpuMicros)),
  scriptMicros: median(costs.map(({ scriptMicros }) => scriptMicros)),
  scriptCalls: median(costs.map(({ scriptCalls }) => scriptCalls)),
  p50Ms: median(costs.map(({ p50Ms }) => p50Ms)),
  p99Ms: median(costs.map(({ p99Ms }) => p99Ms)),
})
