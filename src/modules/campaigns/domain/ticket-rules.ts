import type { CampaignDraft } from '../campaigns.types.js'
import type { FieldProblem } from './report.js'
import type { TicketRules } from './snapshot.js'

const TICKETS_MAX = 1_000
/** A participant's lots by rule end at different local midnights: so many at most, since the decide script reads all of them. */
const EXPIRES_AFTER_DAYS_MAX = 30
const CLAIMS_MAX = 1_000
const BONUSES_MAX = 31
const STREAK_DAYS_MAX = 366

/**
 * Rules as they are kept, with every field in its place: two that say the same are the same text. Null where none is set.
 * What was not written by this version reads as far as it goes.
 */
export function readTicketRules(kept: unknown): TicketRules | null {
  if (kept === null || kept === undefined) return null
  const { dailyFree = null, signIn = null, share = null } = kept as Partial<TicketRules>
  if (dailyFree === null && signIn === null && share === null) return null
  return {
    dailyFree: dailyFree === null ? null : { tickets: dailyFree.tickets },
    signIn: signIn === null ? null : {
      tickets: signIn.tickets,
      streakBonuses: signIn.streakBonuses.map(({ days, tickets }) => ({ days, tickets })).toSorted((a, b) => a.days - b.days),
      expiresAfterDays: signIn.expiresAfterDays ?? null,
    },
    share: share === null ? null : {
      tickets: share.tickets,
      perDayMax: share.perDayMax,
      totalMax: share.totalMax ?? null,
      expiresAfterDays: share.expiresAfterDays ?? null,
    },
  }
}

export function ticketRulesProblems({ ticketRules, requiresTickets }: CampaignDraft): FieldProblem[] {
  if (ticketRules === null) return []
  const problems: FieldProblem[] = []
  const range = (path: string, value: number | null, max: number) => {
    if (value === null || (Number.isInteger(value) && value >= 1 && value <= max)) return
    problems.push({ path: `ticketRules.${path}`, message: `must be from 1 to ${max}`, code: 'RANGE', params: { min: 1, max } })
  }
  if (!requiresTickets) problems.push({ path: 'ticketRules', message: 'give tickets to a campaign whose draws cost none; set requiresTickets', code: 'NEEDS_TICKETS' })
  const { dailyFree, signIn, share } = ticketRules
  if (dailyFree !== null) range('dailyFree.tickets', dailyFree.tickets, TICKETS_MAX)
  if (signIn !== null) {
    range('signIn.tickets', signIn.tickets, TICKETS_MAX)
    range('signIn.expiresAfterDays', signIn.expiresAfterDays, EXPIRES_AFTER_DAYS_MAX)
    if (signIn.streakBonuses.length > BONUSES_MAX) problems.push({ path: 'ticketRules.signIn.streakBonuses', message: `must be at most ${BONUSES_MAX}`, code: 'AT_MOST', params: { max: BONUSES_MAX } })
    else signIn.streakBonuses.forEach(({ days, tickets }, i) => {
      range(`signIn.streakBonuses[${i}].days`, days, STREAK_DAYS_MAX)
      range(`signIn.streakBonuses[${i}].tickets`, tickets, TICKETS_MAX)
      if (signIn.streakBonuses.findIndex((other) => other.days === days) < i) {
        problems.push({ path: `ticketRules.signIn.streakBonuses[${i}].days`, message: 'the same number of days twice', code: 'DAYS_TWICE' })
      }
    })
  }
  if (share !== null) {
    range('share.tickets', share.tickets, TICKETS_MAX)
    range('share.perDayMax', share.perDayMax, CLAIMS_MAX)
    range('share.totalMax', share.totalMax, CLAIMS_MAX)
    range('share.expiresAfterDays', share.expiresAfterDays, EXPIRES_AFTER_DAYS_MAX)
  }
  return problems
}

/** What participants were promised and would no longer get. Tickets that were given already stay as they are. */
export function brokenPromises(before: TicketRules | null, after: TicketRules | null): FieldProblem[] {
  const problems: FieldProblem[] = []
  const less = (path: string, old: number, now: number | undefined) => {
    if (now === undefined || now < old) problems.push({ path: `ticketRules.${path}`, message: `was ${old}, and cannot become less once the campaign has started`, code: 'PROMISED', params: { was: old } })
  }
  // Null is the most: no limit, no expiry.
  const most = (limit: number | null | undefined) => (limit === undefined ? undefined : (limit ?? Infinity))
  const atMost = (path: string, old: number | null, now: number | null | undefined) => {
    const [was, is] = [most(old)!, most(now)]
    if (is !== undefined && is < was) problems.push({ path: `ticketRules.${path}`, message: `was ${old ?? 'unlimited'}, and cannot become less once the campaign has started`, code: 'PROMISED', params: { was: old ?? '∞' } })
  }
  if (before?.dailyFree != null) less('dailyFree.tickets', before.dailyFree.tickets, after?.dailyFree?.tickets)
  if (before?.signIn != null) {
    less('signIn.tickets', before.signIn.tickets, after?.signIn?.tickets)
    atMost('signIn.expiresAfterDays', before.signIn.expiresAfterDays, after?.signIn?.expiresAfterDays)
    for (const { days, tickets } of before.signIn.streakBonuses) {
      const kept = after?.signIn?.streakBonuses.find((bonus) => bonus.days === days)
      if ((kept?.tickets ?? 0) < tickets) {
        problems.push({ path: 'ticketRules.signIn.streakBonuses', message: `the bonus of ${tickets} after ${days} days cannot become less once the campaign has started`, code: 'PROMISED', params: { was: tickets } })
      }
    }
  }
  if (before?.share != null) {
    less('share.tickets', before.share.tickets, after?.share?.tickets)
    less('share.perDayMax', before.share.perDayMax, after?.share?.perDayMax)
    atMost('share.totalMax', before.share.totalMax, after?.share?.totalMax)
    atMost('share.expiresAfterDays', before.share.expiresAfterDays, after?.share?.expiresAfterDays)
  }
  return problems
}
