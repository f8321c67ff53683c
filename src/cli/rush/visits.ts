const TIMEOUT_MS = 5_000
const MADE = 'drawbridge_redis_visits_total'
const SAVED = 'drawbridge_redis_visits_saved_total'

/** What draws have asked Redis, and what was answered without, since the server started. */
export interface RedisVisits {
  readonly made: number
  /** By reason. */
  readonly saved: ReadonlyMap<string, number>
}

/** Of one server process, from its metrics; null where they cannot be had. */
export async function readVisits(metricsUrl: string): Promise<RedisVisits | null> {
  try {
    const answer = await fetch(metricsUrl, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return answer.ok ? visitsIn(await answer.text()) : null
  } catch {
    return null
  }
}

/** Null where the text does not speak of visits. */
export function visitsIn(metrics: string): RedisVisits | null {
  let made: number | null = null
  const saved = new Map<string, number>()
  for (const [, name, reason, value] of metrics.matchAll(/^(\w+)(?:\{reason="(\w+)"\})? (\d+(?:\.\d+)?(?:e\+\d+)?)$/gm)) {
    if (name === MADE) made = Number(value)
    if (name === SAVED && reason !== undefined) saved.set(reason, Number(value))
  }
  return made === null ? null : { made, saved }
}

/** Between two readings; null where one is missing, or where another process answered the second. */
export function visitsBetween(before: RedisVisits | null, after: RedisVisits | null): RedisVisits | null {
  if (before === null || after === null || after.made < before.made) return null
  const saved = [...after.saved].map(([reason, count]) => [reason, count - (before.saved.get(reason) ?? 0)] as const)
  return { made: after.made - before.made, saved: new Map(saved.filter(([, count]) => count > 0)) }
}
