import type { CampaignDraft, CampaignPatch, PrizeDraft } from '../campaigns.types.js'
import type { FieldProblem } from './report.js'
import type { Budget } from './snapshot.js'
import type { StatusTimes } from './status.js'
import { withPrizesResolved } from './odds-tables.js'
import { effectiveStatus } from './status.js'
import { brokenPromises } from './ticket-rules.js'
import { isPopped } from './validate-popped.js'

type Freedom = 'ALWAYS' | 'BEFORE_START' | 'NEVER'

/**
 * What may change once a campaign is published. Participants were promised the odds
 * (`reviseOdds` gives later draws others, under a version of their own), and Redis has counted days and
 * shared out stock by time zone and bucket count: these stay. `endsAt` may be moved later, and anywhere in the future
 * before the start, and a schedule of releases until then. Stock changes through adjustStock alone, where every unit is a row
 * of the ledger, and the way of fulfilment through setPrizeFulfilment, which also works when the campaign is over. Prizes are
 * neither added nor removed; what is wanted otherwise begins as a clone. Rules for tickets may get better (ticket-rules.ts).
 */
const FIELDS = {
  name: 'ALWAYS',
  description: 'ALWAYS',
  startsAt: 'BEFORE_START',
  endsAt: 'ALWAYS',
  timezone: 'NEVER',
  durability: 'BEFORE_START',
  bucketCount: 'NEVER',
  drawsPerUserTotal: 'ALWAYS',
  drawsPerUserDaily: 'ALWAYS',
  winsPerUser: 'ALWAYS',
  requiresTickets: 'BEFORE_START',
  guaranteeAfterLosses: 'BEFORE_START',
  budget: 'ALWAYS', // within what frozenBudget says
  ticketRules: 'ALWAYS',
  eligibility: 'ALWAYS',
  oddsTables: 'BEFORE_START',
} as const satisfies Record<Exclude<keyof CampaignPatch, 'prizes'>, Freedom>

const PRIZE_FIELDS = {
  name: 'ALWAYS',
  kind: 'BEFORE_START',
  probabilityPpb: 'BEFORE_START',
  stockTotal: 'NEVER',
  isFallback: 'BEFORE_START',
  winsPerUser: 'ALWAYS',
  unlockAfterDraws: 'BEFORE_START',
  value: 'BEFORE_START',
  fallbackOrder: 'BEFORE_START',
  isGuarantee: 'BEFORE_START',
  winsPerUserDaily: 'ALWAYS',
  winsPerDay: 'ALWAYS', // within what frozenPrizes says
  release: 'BEFORE_START',
  unlockAfterStreakDays: 'BEFORE_START',
  fulfilment: 'NEVER',
  packets: 'NEVER',
} as const satisfies Record<Exclude<keyof PrizeDraft, 'id'>, Freedom>

/** Which mutation changes what a published campaign's update does not. */
const CHANGED_BY: Partial<Record<keyof typeof PRIZE_FIELDS, string>> = { stockTotal: 'adjustStock', fulfilment: 'setPrizeFulfilment' }

const ODDS = /^oddsTables|probabilityPpb$/
const MAY_BE_NULL: ReadonlySet<string> = new Set([
  'description', 'drawsPerUserTotal', 'drawsPerUserDaily', 'winsPerUser', 'guaranteeAfterLosses', 'budget', 'ticketRules', 'eligibility',
])
const names = <T extends object>(table: T) => Object.keys(table) as Array<keyof T & string>
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** The draft that the patch makes of `before`, and what is wrong with the patch itself. */
export function applyPatch(before: CampaignDraft, patch: CampaignPatch): { draft: CampaignDraft; problems: FieldProblem[] } {
  const problems: FieldProblem[] = []
  const changed: Record<string, unknown> = {}
  for (const name of [...names(FIELDS), 'prizes' as const]) {
    const value = patch[name]
    if (value === undefined) continue
    if (value === null && !MAY_BE_NULL.has(name)) problems.push({ path: name, message: 'cannot be null', code: 'REQUIRED' })
    else changed[name] = value
  }
  const draft = withPrizesResolved({ ...before, ...changed })
  if (patch.prizes != null) problems.push(...identityProblems(before.prizes, patch.prizes))
  return { draft, problems }
}

function identityProblems(before: readonly PrizeDraft[], after: readonly PrizeDraft[]): FieldProblem[] {
  const problems: FieldProblem[] = []
  const known = new Set(before.map(({ id }) => id))
  const seen = new Set<string>()
  after.forEach(({ id }, i) => {
    if (id === null) return
    if (!known.has(id)) problems.push({ path: `prizes[${i}].id`, message: 'no such prize in this campaign', code: 'PRIZE_UNKNOWN' })
    else if (seen.has(id)) problems.push({ path: `prizes[${i}].id`, message: 'the same prize twice', code: 'PRIZE_TWICE' })
    seen.add(id)
  })
  return problems
}

/** What a published campaign refuses, each with its path and the reason. */
export function frozenProblems(campaign: StatusTimes, before: CampaignDraft, after: CampaignDraft, nowMs: number): FieldProblem[] {
  const status = effectiveStatus(campaign, nowMs)
  if (status === 'ENDED' || status === 'ARCHIVED') return [{ path: 'status', message: 'the campaign has ended; nothing of it changes any more', code: 'ENDED' }]
  if (status === 'RECOVERING') return [{ path: 'status', message: 'the campaign is being recovered; try again in a moment', code: 'RECOVERING' }]
  const begun = nowMs >= campaign.startsAtMs
  const problems: FieldProblem[] = []
  const check = (freedom: Freedom, path: string, reason = 'cannot change once the campaign is published') => {
    if (freedom === 'NEVER') problems.push({ path, message: reason, code: 'PUBLISHED' })
    else if (freedom === 'BEFORE_START' && begun) problems.push({ path, message: `cannot change once the campaign has started${ODDS.test(path) ? ': reviseOdds makes a new version of the odds, for later draws' : ''}`, code: 'STARTED' })
  }
  for (const name of names(FIELDS)) {
    if (!same(before[name], after[name])) check(FIELDS[name], name)
  }
  if (begun && after.endsAt < before.endsAt) problems.push({ path: 'endsAt', message: 'can only be moved later once the campaign has started', code: 'LATER_ONLY' })
  if (!begun && after.startsAt.getTime() < nowMs && !same(before.startsAt, after.startsAt)) problems.push({ path: 'startsAt', message: 'must be in the future', code: 'FUTURE' })
  if (begun) problems.push(...frozenBudget(before.budget, after.budget), ...brokenPromises(before.ticketRules, after.ticketRules))
  if (isPopped(before)) {
    // Its units have their moments already.
    if (!same(before.startsAt, after.startsAt)) problems.push({ path: 'startsAt', message: `cannot change once a ${before.mechanic} is published: its units have their moments`, code: 'PUBLISHED' })
    if (!begun && after.endsAt < before.endsAt) problems.push({ path: 'endsAt', message: `can only be moved later once a ${before.mechanic} is published: its units have their moments`, code: 'LATER_ONLY' })
  }
  problems.push(...frozenPrizes(before.prizes, after.prizes, check, begun))
  return problems
}

/** Buckets have their shares of what all participants may use up, and may have used them: a limit grows, or goes, and does nothing else. */
const shrinks = (before: number | null, after: number | null): boolean => after !== null && (before === null || after < before)
const GROWS_ONLY = 'can only be raised, or taken away, once the campaign has started; to stop spending, pause or end the campaign'

function frozenBudget(before: Budget | null, after: Budget | null): FieldProblem[] {
  if (after === null) return []
  const problems: FieldProblem[] = []
  if (before !== null && before.currency !== after.currency) problems.push({ path: 'budget.currency', message: 'cannot change once the campaign has started', code: 'STARTED' })
  for (const name of ['totalMinor', 'dailyMinor'] as const) {
    if (shrinks(before?.[name] ?? null, after[name])) problems.push({ path: `budget.${name}`, message: GROWS_ONLY, code: 'GROWS_ONLY' })
  }
  return problems
}

function frozenPrizes(
  before: readonly PrizeDraft[], after: readonly PrizeDraft[],
  check: (freedom: Freedom, path: string, reason?: string) => void, begun: boolean,
): FieldProblem[] {
  const problems: FieldProblem[] = []
  after.forEach((prize, i) => {
    const old = before.find(({ id }) => id === prize.id && id !== null)
    if (old === undefined) {
      problems.push({ path: `prizes[${i}]`, message: 'prizes cannot be added once the campaign is published', code: 'PUBLISHED' })
      return
    }
    if (begun && shrinks(old.winsPerDay, prize.winsPerDay)) problems.push({ path: `prizes[${i}].winsPerDay`, message: GROWS_ONLY, code: 'GROWS_ONLY' })
    for (const name of names(PRIZE_FIELDS)) {
      if (name === 'release' && (old.release === null) !== (prize.release === null)) {
        problems.push({ path: `prizes[${i}].release`, message: 'a prize that was published with a schedule keeps one, and one without stays without', code: 'SCHEDULE_KEPT' })
      } else if (!same(old[name], prize[name])) {
        check(PRIZE_FIELDS[name], `prizes[${i}].${name}`, `changes through ${CHANGED_BY[name] ?? 'a clone'} once the campaign is published`)
      }
    }
  })
  const left = new Set(after.map(({ id }) => id))
  for (const { id, name } of before) {
    if (!left.has(id)) problems.push({ path: 'prizes', message: `${name} cannot be removed once the campaign is published`, code: 'PRIZE_KEPT', params: { name } })
  }
  return problems
}
