import { compileExpression, formatProblem } from './expression.js'
import { oddsTableProblems } from './odds-tables.js'
import type { CampaignDraft, PrizeDraft } from '../campaigns.types.js'
import { fulfilmentProblems } from './fulfilment.js'
import type { CampaignTimes } from './release-plan.js'
import { type FieldProblem, type Report, reportTo } from './report.js'
import { releaseProblems } from './release-problems.js'
import { ticketRulesProblems } from './ticket-rules.js'
import { packetProblems, poppedProblems } from './validate-popped.js'

export const PPB = 1_000_000_000
const INT_MAX = 0x7fff_ffff
const PRIZES_MAX = 100
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/
const CURRENCY = /^[A-Z]{3}$/
export const BUCKET_COUNTS = [1, 2, 4, 8, 16, 32, 64]
const EARLIEST_MS = Date.UTC(2000, 0, 1)
const LATEST_MS = Date.UTC(2200, 0, 1)
// Of control characters a text may have tabs and line breaks; a name none.
// eslint-disable-next-line no-control-regex
const CONTROL_IN_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/
const CONTROL_IN_NAME = /[\p{Cc}\u2028\u2029]/u

/** Whether the text can be a name: 1 to `max` characters that are not all blank, none of control. */
export const isName = (text: string, max = 200): boolean =>
  text.length <= max && text.trim() !== '' && text.isWellFormed() && !CONTROL_IN_NAME.test(text)

/** An IANA name that this runtime knows; offsets like +08:00 are none, as they have no daylight saving. */
export function isTimezone(name: string): boolean {
  if (name.length > 64 || !/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/**
 * All that is wrong with a draft. An unfinished one is fine: what only publishing needs is in `publishProblems`.
 * `planned`: prizes whose release is a plan already: their stock may have been reduced below what it says.
 */
export function draftProblems(draft: CampaignDraft, planned: ReadonlySet<string> = new Set()): FieldProblem[] {
  const problems: FieldProblem[] = []
  const report = reportTo(problems)
  if (!SLUG.test(draft.slug)) report('slug', 'must be 1 to 64 of a-z, 0-9 and -, beginning and ending with a letter or digit', 'SLUG')
  if (!isName(draft.name)) report('name', 'must have 1 to 200 characters and no control characters', 'NAME', { max: 200 })
  const { description } = draft
  if (description !== null && (description.length > 10_000 || !description.isWellFormed() || CONTROL_IN_TEXT.test(description))) {
    report('description', 'must have at most 10000 characters and no control characters', 'TEXT', { max: 10_000 })
  }
  const datesRead = [checkDate('startsAt', draft.startsAt, report), checkDate('endsAt', draft.endsAt, report)].every(Boolean)
  if (datesRead && draft.endsAt <= draft.startsAt) report('endsAt', 'must be after startsAt', 'AFTER_START')
  const zoneRead = isTimezone(draft.timezone)
  if (!zoneRead) report('timezone', 'must be an IANA time zone such as Asia/Shanghai', 'TIMEZONE')
  if (!BUCKET_COUNTS.includes(draft.bucketCount)) report('bucketCount', 'must be a power of two from 1 to 64', 'POWER_OF_TWO', { max: 64 })
  for (const name of ['drawsPerUserTotal', 'drawsPerUserDaily', 'winsPerUser', 'guaranteeAfterLosses'] as const) checkLimit(name, draft[name], report)
  const times = datesRead && zoneRead && draft.endsAt > draft.startsAt
    ? { startsAtMs: draft.startsAt.getTime(), endsAtMs: draft.endsAt.getTime(), timezone: draft.timezone }
    : null
  prizeListProblems(draft.prizes, times, planned, report)
  guaranteeProblems(draft, report)
  budgetProblems(draft, report)
  problems.push(...ticketRulesProblems(draft))
  packetProblems(draft, report)
  const unclear = draft.eligibility === null ? null : compileExpression(draft.eligibility).problem
  if (unclear !== null) report('eligibility', formatProblem(unclear), 'EXPRESSION', { ...unclear })
  return [...problems, ...oddsTableProblems(draft, false)]
}

function prizeListProblems(prizes: readonly PrizeDraft[], times: CampaignTimes | null, planned: ReadonlySet<string>, report: Report): void {
  if (prizes.length > PRIZES_MAX) {
    report('prizes', `must be at most ${PRIZES_MAX}`, 'AT_MOST', { max: PRIZES_MAX })
    return
  }
  prizes.forEach((prize, i) => {
    prizeProblems(prize, `prizes[${i}]`, report)
    const stock = prize.id !== null && planned.has(prize.id) ? null : prize.stockTotal
    if (prize.release !== null) releaseProblems(prize.release, times, stock, `prizes[${i}].release`, report)
  })
  const sum = prizes.reduce((total, { probabilityPpb }) => total + probabilityPpb, 0)
  if (sum > PPB) report('prizes', `the probabilities add up to ${sum}; at most ${PPB}`, 'ODDS_SUM', { sum })
  const fallbacks = prizes.filter(({ isFallback }) => isFallback)
  prizes.forEach((prize, i) => {
    if (!prize.isFallback && prize.fallbackOrder !== null) report(`prizes[${i}].fallbackOrder`, 'is for a prize with isFallback', 'FALLBACK_ONLY')
    if (!prize.isFallback || fallbacks.find((other) => orderOf(other) === orderOf(prize)) === prize) return
    if (prize.fallbackOrder === null) report(`prizes[${i}].isFallback`, 'is not the only fallback: give each of them its fallbackOrder', 'FALLBACK_ORDER')
    else report(`prizes[${i}].fallbackOrder`, 'is that of another fallback', 'FALLBACK_TAKEN')
  })
}

const orderOf = ({ fallbackOrder }: PrizeDraft): number => fallbackOrder ?? 1

function guaranteeProblems({ mechanic, guaranteeAfterLosses, prizes }: CampaignDraft, report: Report): void {
  const given = prizes.filter(({ isGuarantee }) => isGuarantee)
  if (guaranteeAfterLosses !== null) {
    if (mechanic !== 'LOTTERY') report('guaranteeAfterLosses', 'is for a LOTTERY: only there are draws lost by their odds', 'LOTTERY_ONLY')
    if (given.length === 0) report('guaranteeAfterLosses', 'needs a prize with isGuarantee, which is given then', 'NEEDS_GUARANTEE')
  }
  prizes.forEach(({ isGuarantee, isFallback }, i) => {
    if (!isGuarantee) return
    if (guaranteeAfterLosses === null) report(`prizes[${i}].isGuarantee`, 'needs guaranteeAfterLosses', 'NEEDS_LOSSES')
    if (isFallback) report(`prizes[${i}].isGuarantee`, 'a fallback is no win: it cannot be the guarantee', 'FALLBACK_GUARANTEE')
    if (prizes.findIndex((prize) => prize.isGuarantee) < i) report(`prizes[${i}].isGuarantee`, 'only one prize can be the guarantee', 'ONE_GUARANTEE')
  })
}

function budgetProblems({ budget, mechanic, prizes }: CampaignDraft, report: Report): void {
  const popped = mechanic === 'RED_PACKET' || mechanic === 'INSTANT_WIN'
  prizes.forEach(({ winsPerDay }, i) => {
    if (popped && winsPerDay !== null) report(`prizes[${i}].winsPerDay`, `is not for a ${mechanic}: its units come at their own times`, 'NOT_FOR_MECHANIC', { mechanic })
  })
  if (budget === null) return
  if (!CURRENCY.test(budget.currency)) report('budget.currency', 'must be three capital letters such as CNY', 'CURRENCY')
  for (const name of ['totalMinor', 'dailyMinor'] as const) {
    const limit = budget[name]
    if (limit !== null && !isIntegerIn(limit, 0, INT_MAX)) report(`budget.${name}`, `must be from 0 to ${INT_MAX}, or null for no limit`, 'RANGE', { min: 0, max: INT_MAX })
  }
  if (budget.totalMinor === null && budget.dailyMinor === null) report('budget', 'must limit the total or a day', 'BUDGET_EMPTY')
  prizes.forEach(({ value }, i) => {
    if (value !== null && value.currency !== budget.currency) report(`prizes[${i}].value.currency`, `must be the budget's, ${budget.currency}`, 'BUDGET_CURRENCY', { currency: budget.currency })
  })
  if (!popped) return
  // Every unit is to be won: what all of them cost is known beforehand.
  if (budget.dailyMinor !== null) report('budget.dailyMinor', `is not for a ${mechanic}: its units come at their own times`, 'NOT_FOR_MECHANIC', { mechanic })
  const cost = prizes.reduce((sum, { stockTotal, value }) => sum + stockTotal * (value?.amountMinor ?? 0), 0)
  if (budget.totalMinor !== null && cost > budget.totalMinor) report('budget.totalMinor', `all units together cost ${cost}: lower their number, or raise the budget`, 'BUDGET_COST', { cost })
}

function prizeProblems(prize: PrizeDraft, at: string, report: Report): void {
  if (!isName(prize.name)) report(`${at}.name`, 'must have 1 to 200 characters and no control characters', 'NAME', { max: 200 })
  if (!isIntegerIn(prize.probabilityPpb, 0, PPB)) report(`${at}.probabilityPpb`, `must be from 0 to ${PPB}`, 'RANGE', { min: 0, max: PPB })
  if (!isIntegerIn(prize.stockTotal, 0, INT_MAX)) report(`${at}.stockTotal`, `must be from 0 to ${INT_MAX}`, 'RANGE', { min: 0, max: INT_MAX })
  checkLimit(`${at}.winsPerUser`, prize.winsPerUser, report)
  checkLimit(`${at}.unlockAfterDraws`, prize.unlockAfterDraws, report)
  checkLimit(`${at}.winsPerUserDaily`, prize.winsPerUserDaily, report)
  checkLimit(`${at}.winsPerDay`, prize.winsPerDay, report)
  if (prize.fallbackOrder !== null && !isIntegerIn(prize.fallbackOrder, 1, PRIZES_MAX)) report(`${at}.fallbackOrder`, `must be from 1 to ${PRIZES_MAX}`, 'RANGE', { min: 1, max: PRIZES_MAX })
  checkLimit(`${at}.unlockAfterStreakDays`, prize.unlockAfterStreakDays, report)
  fulfilmentProblems(prize.fulfilment, `${at}.fulfilment`, report)
  if (prize.value === null) return
  if (!isIntegerIn(prize.value.amountMinor, 0, INT_MAX)) report(`${at}.value.amountMinor`, `must be from 0 to ${INT_MAX}`, 'RANGE', { min: 0, max: INT_MAX })
  if (!CURRENCY.test(prize.value.currency)) report(`${at}.value.currency`, 'must be three capital letters such as CNY', 'CURRENCY')
}

/** What publishing needs beyond a sound draft. Also holds for a published campaign that is changed. */
export function publishProblems(draft: CampaignDraft, nowMs: number): FieldProblem[] {
  const problems: FieldProblem[] = []
  const report = reportTo(problems)
  if (draft.endsAt.getTime() <= nowMs) report('endsAt', 'must be in the future', 'FUTURE')
  if (draft.prizes.length === 0) report('prizes', 'must have at least one prize', 'NO_PRIZE')
  const everyDrawWins = draft.mechanic === 'FLASH_SALE' || draft.mechanic === 'RED_PACKET'
  const sum = draft.prizes.reduce((total, { probabilityPpb }) => total + probabilityPpb, 0)
  if (everyDrawWins && draft.prizes.length > 0 && sum !== PPB) {
    report('prizes', `every draw of a ${draft.mechanic} wins: the probabilities must add up to ${PPB}, not ${sum}`, 'ODDS_EXACT', { sum })
  }
  // What is wrong with them in any draft was told before.
  if (everyDrawWins && oddsTableProblems(draft, false).length === 0) problems.push(...oddsTableProblems(draft, true))
  if (draft.mechanic === 'RED_PACKET') {
    draft.prizes.forEach(({ kind, value }, i) => {
      if (kind !== 'CASH' && kind !== 'POINTS') report(`prizes[${i}].kind`, 'a RED_PACKET gives CASH or POINTS', 'PACKET_KIND')
      if (value === null) report(`prizes[${i}].value`, 'a RED_PACKET needs the value of its prizes', 'PACKET_VALUE')
    })
  }
  poppedProblems(draft, report)
  return problems
}

const isIntegerIn = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max

function checkLimit(path: string, value: number | null, report: Report): void {
  if (value !== null && !isIntegerIn(value, 1, INT_MAX)) report(path, `must be from 1 to ${INT_MAX}, or null for no limit`, 'RANGE', { min: 1, max: INT_MAX })
}

function checkDate(path: string, date: Date, report: Report): boolean {
  const ok = date.getTime() >= EARLIEST_MS && date.getTime() < LATEST_MS
  if (!ok) report(path, 'must be a time between the years 2000 and 2200', 'YEARS', { from: 2000, to: 2200 })
  return ok
}
