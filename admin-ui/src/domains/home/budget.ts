import type { BudgetScope, CampaignPulseQuery, HomeWatchQuery } from '../../generated/graphql.js'

type Watched = NonNullable<HomeWatchQuery['budget']>
type Spent = NonNullable<CampaignPulseQuery['budget']>

export interface BudgetAlarm {
  readonly scope: BudgetScope
  readonly percent: number
}

/** The furthest alert of each limit as it stands now: of a day, of today's alone; none that a raised limit has left behind. */
export function alarmsOf({ budget, day, alerts }: Watched): BudgetAlarm[] {
  const limits = { TOTAL: budget.totalMinor, DAY: budget.dailyMinor } as const
  return (['TOTAL', 'DAY'] as const).flatMap((scope): BudgetAlarm[] => {
    const told = alerts.filter((alert) => alert.scope === scope && alert.limitMinor === limits[scope] && (scope === 'TOTAL' || alert.day === day))
    return told.length === 0 ? [] : [{ scope, percent: Math.max(...told.map(({ percent }) => percent)) }]
  })
}

/** What may still be spent, in minor units: in all, and of today, whichever of the two is limited. */
export function moneyLeft({ budget, spentMinor, spentTodayMinor }: Spent): Array<{ readonly scope: BudgetScope; readonly minor: number }> {
  const left = (scope: BudgetScope, limit: number | null | undefined, spent: number | null | undefined) =>
    (limit == null || spent == null ? [] : [{ scope, minor: limit - spent }])
  return [...left('TOTAL', budget.totalMinor, spentMinor), ...left('DAY', budget.dailyMinor, spentTodayMinor)]
}
