import type { Budget } from '../../campaigns/domain/snapshot.js'

interface KeptPrize {
  readonly id: string
  readonly isFallback?: boolean
  readonly winsPerUser?: number | null
  readonly winsPerUserDaily?: number | null
  readonly winsPerDay?: number | null
}

/** What was kept of a campaign at one version; what is missing there was not limited. */
interface KeptVersion {
  readonly timezone?: string
  readonly drawsPerUserTotal?: number | null
  readonly drawsPerUserDaily?: number | null
  readonly winsPerUser?: number | null
  readonly prizes?: readonly KeptPrize[]
  readonly budget?: Budget | null
}

export interface Limits {
  readonly drawsTotal: number | null
  readonly drawsDaily: number | null
  readonly timezone: string
  readonly wins: number | null
  readonly prizeWins: ReadonlyMap<string, number>
  /** On a local day: of one participant, and of all together. */
  readonly prizeWinsDaily: ReadonlyMap<string, number>
  readonly prizeWinsPerDay: ReadonlyMap<string, number>
  readonly budgetTotalMinor: number | null
  readonly budgetDailyMinor: number | null
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
  const byPrize = [...Map.groupBy(prizes, (prize) => prize.id)]
  const widest = (of: (prize: (typeof prizes)[number]) => number | null | undefined) =>
    new Map(byPrize.flatMap(([id, kept]): Array<[string, number]> => {
      const limit = largest(kept.map(of))
      return limit === null ? [] : [[id, limit]]
    }))
  // Days of two time zones overlap: no single count says what was allowed.
  const oneZone = timezones.size <= 1
  return {
    drawsTotal: largest(versions.map((version) => version.drawsPerUserTotal)),
    drawsDaily: !oneZone ? null : largest(versions.map((version) => version.drawsPerUserDaily)),
    timezone: [...timezones][0] ?? 'UTC',
    wins: largest(versions.map((version) => version.winsPerUser)),
    prizeWins: widest((prize) => prize.winsPerUser),
    prizeWinsDaily: oneZone ? widest((prize) => prize.winsPerUserDaily) : new Map(),
    prizeWinsPerDay: oneZone ? widest((prize) => prize.winsPerDay) : new Map(),
    budgetTotalMinor: largest(versions.map((version) => version.budget?.totalMinor)),
    budgetDailyMinor: oneZone ? largest(versions.map((version) => version.budget?.dailyMinor)) : null,
    fallbacks: [...new Set(prizes.filter((prize) => prize.isFallback === true).map((prize) => prize.id))],
  }
}
