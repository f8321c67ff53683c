/** What was kept of a campaign at one version; what is missing there was not limited. */
interface KeptVersion {
  readonly timezone?: string
  readonly drawsPerUserTotal?: number | null
  readonly drawsPerUserDaily?: number | null
  readonly winsPerUser?: number | null
  readonly prizes?: ReadonlyArray<{ readonly id: string; readonly isFallback?: boolean; readonly winsPerUser?: number | null }>
}

export interface Limits {
  readonly drawsTotal: number | null
  readonly drawsDaily: number | null
  readonly timezone: string
  readonly wins: number | null
  readonly prizeWins: ReadonlyMap<string, number>
  /** Prizes whose wins do not count against `wins`. */
  readonly fallbacks: readonly string[]
}

const largest = (values: ReadonlyArray<number | null | undefined>): number | null =>
  values.length === 0 || values.some((value) => value == null) ? null : Math.max(...(values as number[]))

/**
 * The widest limits under which any of a campaign's draws was made: an operator who lowers a quota afterwards makes no
 * draw wrong. `versions` are those that draws name.
 */
export function widestLimits(versions: readonly KeptVersion[]): Limits {
  const timezones = new Set(versions.map((version) => version.timezone ?? 'UTC'))
  const prizes = versions.flatMap((version) => version.prizes ?? [])
  const prizeWins = new Map<string, number>()
  for (const [id, kept] of Map.groupBy(prizes, (prize) => prize.id)) {
    const limit = largest(kept.map((prize) => prize.winsPerUser))
    if (limit !== null) prizeWins.set(id, limit)
  }
  return {
    drawsTotal: largest(versions.map((version) => version.drawsPerUserTotal)),
    // Days of two time zones overlap: no single count says what was allowed.
    drawsDaily: timezones.size > 1 ? null : largest(versions.map((version) => version.drawsPerUserDaily)),
    timezone: [...timezones][0] ?? 'UTC',
    wins: largest(versions.map((version) => version.winsPerUser)),
    prizeWins,
    fallbacks: [...new Set(prizes.filter((prize) => prize.isFallback === true).map((prize) => prize.id))],
  }
}
