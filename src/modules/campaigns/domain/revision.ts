import type { CampaignDraft, OddsRevision } from '../campaigns.types.js'
import type { FieldProblem } from './report.js'
import { hasOdds, placeOf, withPrizesResolved } from './odds-tables.js'
import { effectiveStatus, type StatusTimes } from './status.js'

const REASON_CHARACTERS_MAX = 500
const REVISABLE = new Set(['SCHEDULED', 'ACTIVE', 'PAUSED'])

/** The draft with the revision's odds, and what is wrong with the revision itself. Drafts are changed by `update`. */
export function applyRevision(
  campaign: StatusTimes, published: boolean, before: CampaignDraft, { prizes, oddsTables, reason }: OddsRevision, nowMs: number,
): { draft: CampaignDraft; problems: FieldProblem[] } {
  const problems: FieldProblem[] = []
  const status = effectiveStatus(campaign, nowMs)
  if (!published) problems.push({ path: 'status', message: 'a draft has promised no odds yet: change it with updateCampaign', code: 'NOT_PUBLISHED' })
  else if (!REVISABLE.has(status)) problems.push({ path: 'status', message: `the odds of a campaign that is ${status} cannot be revised`, code: 'STATUS', params: { status } })
  if (!hasOdds(before.mechanic)) problems.push({ path: 'mechanic', message: `a ${before.mechanic} gives its units as they come: there are no odds`, code: 'NO_ODDS', params: { mechanic: before.mechanic } })
  const said = reason.trim()
  if (said === '' || said.length > REASON_CHARACTERS_MAX || said.includes('\0') || !said.isWellFormed()) {
    problems.push({ path: 'reason', message: `must have 1 to ${REASON_CHARACTERS_MAX} characters: the audit log keeps it`, code: 'NAME', params: { max: REASON_CHARACTERS_MAX } })
  }
  const odds = new Map<number, number>()
  prizes?.forEach(({ prize, probabilityPpb }, i) => {
    const place = placeOf(before.prizes, prize)
    if (typeof place === 'string') problems.push({ path: `prizes[${i}].prize`, message: place, code: 'PRIZE_UNKNOWN' })
    else if (odds.has(place)) problems.push({ path: `prizes[${i}].prize`, message: 'the same prize twice', code: 'PRIZE_TWICE' })
    else odds.set(place, probabilityPpb)
  })
  const draft = withPrizesResolved({
    ...before,
    prizes: before.prizes.map((prize, place) => ({ ...prize, probabilityPpb: odds.get(place) ?? prize.probabilityPpb })),
    oddsTables: oddsTables ?? before.oddsTables,
  })
  if (problems.length === 0 && JSON.stringify(draft) === JSON.stringify(before)) problems.push({ path: 'prizes', message: 'the odds are these already', code: 'ODDS_SAME' })
  return { draft, problems }
}
