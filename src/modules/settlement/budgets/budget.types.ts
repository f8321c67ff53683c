import type { Budget } from '../../campaigns/domain/snapshot.js'

export type BudgetScope = 'TOTAL' | 'DAY'

/** Told once, when a campaign's spending passed `percent` of `limitMinor`. */
export interface BudgetAlert {
  readonly scope: BudgetScope
  /** The local day that it happened on, YYYY-MM-DD. */
  readonly day: string
  readonly percent: number
  readonly spentMinor: number
  readonly limitMinor: number
  readonly at: Date
}

export interface BudgetStatus {
  readonly budget: Budget
  readonly day: string
  /** Decided, settled or not; null where there is no limit in all. */
  readonly spentMinor: number | null
  /** On `day`; null where there is no limit of a day. */
  readonly spentTodayMinor: number | null
  readonly alerts: readonly BudgetAlert[]
}
