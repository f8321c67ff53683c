import { isSafeId } from '../../../common/ids.js'
import type { CampaignDraft, OddsTableDraft, PrizeDraft } from '../campaigns.types.js'
import { compileExpression, formatProblem } from './expression.js'
import { type FieldProblem, type Report, reportTo } from './report.js'
import type { Audience, Mechanic, OddsTable } from './snapshot.js'

const PPB = 1_000_000_000
const TABLES_MAX = 20
const ENTRIES_MAX = 100
const LABELS_MAX = 32
const LABEL_CHARACTERS_MAX = 64
/** An experiment divides its participants into this many equal parts. */
export const ARMS = 10_000

/** Of the others the stock is popped: who comes when a unit is to be had has it. */
export const hasOdds = (mechanic: Mechanic): boolean => mechanic === 'LOTTERY' || mechanic === 'FLASH_SALE'

/**
 * The draft with each entry's prize under the one name that lasts: the id of a prize that the campaign has, the place in
 * the list (from 0) of one that is new. A name that means no prize, or two, stays as it is, and is a problem. The fields are
 * brought into one order (jsonb keeps none), so that two drafts can be compared.
 */
export function withPrizesResolved(draft: CampaignDraft): CampaignDraft {
  if (draft.oddsTables.length === 0) return draft
  const oddsTables = draft.oddsTables.map(({ name, audience: { segmentsAny, tiers, riskPools, experiment, when }, entries }) => ({
    name,
    audience: {
      segmentsAny, tiers, riskPools,
      experiment: experiment === null ? null : { name: experiment.name, fromBps: experiment.fromBps, toBps: experiment.toBps },
      when,
    },
    entries: entries.map(({ prize, probabilityPpb }) => {
      const place = placeOf(draft.prizes, prize)
      return { prize: typeof place === 'number' ? (draft.prizes[place]!.id ?? place) : prize, probabilityPpb }
    }),
  }))
  return { ...draft, oddsTables }
}

/** The prize's place in the list, or what is wrong with its name. An id comes before a name. */
export function placeOf(prizes: readonly PrizeDraft[], prize: string | number): number | string {
  if (typeof prize === 'number') return prize in prizes ? prize : 'no such prize'
  const byId = prizes.findIndex(({ id }) => id === prize)
  if (byId >= 0) return byId
  const places = prizes.flatMap(({ name }, place) => (name === prize ? [place] : []))
  if (places.length > 1) return 'several prizes have this name: give the id, or names that differ'
  return places[0] ?? 'no prize of this campaign has this id or name'
}

/** The draft with each entry's prize by its place in the list: for a campaign whose prizes are all new. */
export const withPrizesByPlace = (draft: CampaignDraft): CampaignDraft => ({
  ...draft,
  oddsTables: draft.oddsTables.map((table) => ({
    ...table, entries: table.entries.map((entry) => ({ ...entry, prize: placeOf(draft.prizes, entry.prize) })),
  })),
})

/** As they are stored. `positions`: the prizes' own, in the order of the draft's list. Throws unless `oddsTableProblems` found none. */
export const storedTables = (draft: CampaignDraft, positions: readonly number[]): OddsTable[] =>
  draft.oddsTables.map(({ name, audience, entries }) => ({
    name,
    audience,
    entries: entries.map(({ prize, probabilityPpb }) => {
      const place = placeOf(draft.prizes, prize)
      const position = typeof place === 'number' ? positions[place] : undefined
      if (position === undefined) throw new Error('An odds table names a prize that is not there')
      return { position, probabilityPpb }
    }),
  }))

/** All that is wrong with a draft's odds tables, each with its path. `exact`: every draw wins, so that each adds up to the whole. */
export function oddsTableProblems({ mechanic, oddsTables, prizes }: CampaignDraft, exact: boolean): FieldProblem[] {
  const problems: FieldProblem[] = []
  const report = reportTo(problems)
  if (oddsTables.length > 0 && !hasOdds(mechanic)) return [{ path: 'oddsTables', message: `a ${mechanic} gives its units as they come: there are no odds`, code: 'NO_ODDS', params: { mechanic } }]
  if (oddsTables.length > TABLES_MAX) return [{ path: 'oddsTables', message: `must be at most ${TABLES_MAX}`, code: 'AT_MOST', params: { max: TABLES_MAX } }]
  oddsTables.forEach((table, i) => {
    const at = `oddsTables[${i}]`
    if (!isSafeId(table.name, LABEL_CHARACTERS_MAX)) report(`${at}.name`, `must have 1 to ${LABEL_CHARACTERS_MAX} characters and no control characters`, 'NAME', { max: LABEL_CHARACTERS_MAX })
    else if (oddsTables.findIndex(({ name }) => name === table.name) < i) report(`${at}.name`, 'another table has this name', 'TABLE_NAME_TWICE')
    audienceProblems(table.audience, `${at}.audience`, report)
    unreachable(oddsTables, i, report)
    entryProblems(table, prizes, at, exact, report)
  })
  return problems
}

function audienceProblems(audience: Audience, at: string, report: Report): void {
  for (const name of ['segmentsAny', 'tiers', 'riskPools'] as const) {
    if (audience[name].length > LABELS_MAX) report(`${at}.${name}`, `must be at most ${LABELS_MAX}`, 'AT_MOST', { max: LABELS_MAX })
    audience[name].forEach((label, i) => {
      if (!isSafeId(label, LABEL_CHARACTERS_MAX)) report(`${at}.${name}[${i}]`, `must have 1 to ${LABEL_CHARACTERS_MAX} characters and no control characters or braces`, 'ID', { max: LABEL_CHARACTERS_MAX })
    })
  }
  const { experiment, when } = audience
  if (experiment !== null) {
    const { name, fromBps, toBps } = experiment
    if (!isSafeId(name, LABEL_CHARACTERS_MAX)) report(`${at}.experiment.name`, `must have 1 to ${LABEL_CHARACTERS_MAX} characters and no control characters`, 'NAME', { max: LABEL_CHARACTERS_MAX })
    if (!Number.isInteger(fromBps) || fromBps < 0 || fromBps >= ARMS) report(`${at}.experiment.fromBps`, `must be from 0 to ${ARMS - 1}`, 'RANGE', { min: 0, max: ARMS - 1 })
    if (!Number.isInteger(toBps) || toBps <= fromBps || toBps > ARMS) report(`${at}.experiment.toBps`, `must be above fromBps, and at most ${ARMS}`, 'ARM_ORDER', { max: ARMS })
  }
  if (when !== null) {
    const { problem } = compileExpression(when)
    if (problem !== null) report(`${at}.when`, formatProblem(problem), 'EXPRESSION', { ...problem })
  }
  const said = audience.segmentsAny.length + audience.tiers.length + audience.riskPools.length
  if (said === 0 && experiment === null && when === null) report(at, "must say who: everybody's odds are those of the prizes themselves", 'TABLE_NO_AUDIENCE')
}

/** The audience but for its arm, in one spelling: what two tables have in common or not. */
const restOf = ({ segmentsAny, tiers, riskPools, experiment, when }: Audience): string =>
  JSON.stringify([...[segmentsAny, tiers, riskPools].map((labels) => [...new Set(labels)].sort()), experiment?.name ?? null, when])

/** The first table that fits decides: one behind another for the same audience is never asked. */
function unreachable(tables: readonly OddsTableDraft[], i: number, report: Report): void {
  const { audience } = tables[i]!
  const { experiment } = audience
  const rest = restOf(audience)
  const before = tables.findIndex((other, n) => {
    if (n >= i || restOf(other.audience) !== rest) return false
    const arm = other.audience.experiment
    return experiment === null || arm === null || (experiment.fromBps < arm.toBps && arm.fromBps < experiment.toBps)
  })
  if (before < 0) return
  if (experiment === null) report(`oddsTables[${i}].audience`, `oddsTables[${before}] has the same audience and comes before: this one would never decide`, 'TABLE_UNREACHABLE', { table: before + 1 })
  else report(`oddsTables[${i}].audience.experiment`, `its arm overlaps with that of oddsTables[${before}], which comes before`, 'ARM_OVERLAP', { table: before + 1 })
}

function entryProblems({ entries }: OddsTableDraft, prizes: readonly PrizeDraft[], at: string, exact: boolean, report: Report): void {
  if (entries.length === 0) report(`${at}.entries`, 'must have at least one: with none nobody of this audience could win; say so with a probability of 0', 'TABLE_EMPTY')
  if (entries.length > ENTRIES_MAX) {
    report(`${at}.entries`, `must be at most ${ENTRIES_MAX}`, 'AT_MOST', { max: ENTRIES_MAX })
    return
  }
  const seen = new Set<number>()
  entries.forEach(({ prize, probabilityPpb }, n) => {
    const place = placeOf(prizes, prize)
    if (typeof place === 'string') report(`${at}.entries[${n}].prize`, place, 'PRIZE_UNKNOWN')
    else if (seen.has(place)) report(`${at}.entries[${n}].prize`, 'is in this table already', 'PRIZE_TWICE')
    else seen.add(place)
    if (!Number.isInteger(probabilityPpb) || probabilityPpb < 0 || probabilityPpb > PPB) report(`${at}.entries[${n}].probabilityPpb`, `must be from 0 to ${PPB}`, 'RANGE', { min: 0, max: PPB })
  })
  const sum = entries.reduce((total, { probabilityPpb }) => total + probabilityPpb, 0)
  if (sum > PPB) report(`${at}.entries`, `the probabilities add up to ${sum}; at most ${PPB}`, 'ODDS_SUM', { sum })
  else if (exact && sum !== PPB) report(`${at}.entries`, `every draw wins: the probabilities must add up to ${PPB}, not ${sum}`, 'ODDS_EXACT', { sum })
}
