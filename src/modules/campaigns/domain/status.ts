import type { CampaignStatus } from './snapshot.js'

/** What an operator can do to a campaign's status. */
export type StatusAction = 'publish' | 'pause' | 'resume' | 'end'

/** BY_CLOCK: SCHEDULED, ACTIVE or ENDED, as the time says. */
type Target = CampaignStatus | 'BY_CLOCK'

export const STATUSES = ['DRAFT', 'IN_REVIEW', 'SCHEDULED', 'ACTIVE', 'PAUSED', 'RECOVERING', 'ENDED', 'ARCHIVED'] as const satisfies readonly CampaignStatus[]

/**
 * Which action leads where; a pair that is missing is refused. RECOVERING is entered and left by recovery alone, and
 * nothing else may happen meanwhile. IN_REVIEW and ARCHIVED have no way in yet.
 */
const TRANSITIONS: Readonly<Record<StatusAction, Readonly<Partial<Record<CampaignStatus, Target>>>>> = {
  publish: { DRAFT: 'BY_CLOCK' },
  pause: { SCHEDULED: 'PAUSED', ACTIVE: 'PAUSED' },
  resume: { PAUSED: 'BY_CLOCK' },
  end: { SCHEDULED: 'ENDED', ACTIVE: 'ENDED', PAUSED: 'ENDED' },
}

/** The statuses that time alone moves on. */
const MOVED_BY_CLOCK: ReadonlySet<CampaignStatus> = new Set(['SCHEDULED', 'ACTIVE', 'PAUSED'])

export interface StatusTimes {
  readonly status: CampaignStatus
  readonly startsAtMs: number
  readonly endsAtMs: number
}

const byClock = ({ startsAtMs, endsAtMs }: Omit<StatusTimes, 'status'>, nowMs: number): CampaignStatus =>
  nowMs >= endsAtMs ? 'ENDED' : nowMs >= startsAtMs ? 'ACTIVE' : 'SCHEDULED'

/** The status at `nowMs`: the row's, moved on by the clock. A row is moved lazily; readers are told this. */
export function effectiveStatus(campaign: StatusTimes, nowMs: number): CampaignStatus {
  if (!MOVED_BY_CLOCK.has(campaign.status)) return campaign.status
  const clock = byClock(campaign, nowMs)
  return campaign.status === 'PAUSED' && clock !== 'ENDED' ? 'PAUSED' : clock
}

/** The status after `action`, or null where it is not allowed. The campaign's status is judged as of `nowMs`. */
export function statusAfter(campaign: StatusTimes, action: StatusAction, nowMs: number): CampaignStatus | null {
  const target = TRANSITIONS[action][effectiveStatus(campaign, nowMs)]
  if (target === undefined) return null
  return target === 'BY_CLOCK' ? byClock(campaign, nowMs) : target
}

/** Throws unless the table is sound: run once at the start, so that a slip in it is not found by a campaign. */
export function checkTransitions(table: Readonly<Record<string, Readonly<Partial<Record<string, string>>>>> = TRANSITIONS): void {
  const known = new Set<string>(STATUSES)
  const final = new Set(['ENDED', 'ARCHIVED'])
  const reached = new Set(['DRAFT'])
  const edges = Object.entries(table).flatMap(([action, row]) => Object.entries(row).map(([from, to = '']) => ({ action, from, to })))
  for (const { action, from, to } of edges) {
    if (!known.has(from) || !(known.has(to) || to === 'BY_CLOCK')) throw new Error(`${action}: ${from} → ${to} names no status`)
    if (final.has(from)) throw new Error(`${action}: nothing leads out of ${from}`)
    if (from === to) throw new Error(`${action}: ${from} leads to itself`)
    if (from === 'RECOVERING' || to === 'RECOVERING') throw new Error(`${action}: RECOVERING is recovery's alone`)
  }
  for (let grown = true; grown;) {
    const before = reached.size
    for (const { from, to } of edges) {
      if (reached.has(from)) for (const status of to === 'BY_CLOCK' ? ['SCHEDULED', 'ACTIVE', 'ENDED'] : [to]) reached.add(status)
    }
    grown = reached.size > before
  }
  for (const status of ['SCHEDULED', 'ACTIVE', 'PAUSED', 'ENDED']) {
    if (!reached.has(status)) throw new Error(`No action leads to ${status}`)
  }
  for (const { action, from } of edges) {
    if (!reached.has(from)) throw new Error(`${action}: ${from} cannot be reached`)
  }
}
