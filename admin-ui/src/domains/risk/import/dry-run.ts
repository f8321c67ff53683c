import type { RiskEntryInput } from '../../../generated/graphql.js'
import { type CsvRow, parseCsv } from '../../../lib/csv.js'
import { LISTS, SUBJECTS } from '../lists.js'

/** `expiresAt` is known only so that it is refused by name: an entry has no end, and one that was meant to have would stay for ever. */
const COLUMNS = ['list', 'subject', 'value', 'reason', 'campaignId', 'expiresAt'] as const
const NEEDED = ['list', 'subject', 'value', 'reason'] as const satisfies readonly Column[]
const VALUE_CHARACTERS_MAX = 128
const REASON_CHARACTERS_MAX = 500
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
const V4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}(?:/(?:3[0-2]|[12]?\\d))?$`)
const V6 = /^(?=[^/]*:)[0-9a-f:.]+(?:\/(?:12[0-8]|1[01]\d|\d?\d))?$/i
// What the API takes for an id: none of control, and no braces. U+FFFD is what could not be read.
const UNSAFE = /[\p{Cc}{}\uFFFD]/u

type Column = typeof COLUMNS[number]
type ProblemKind = 'list' | 'subject' | 'empty' | 'id' | 'ip' | 'long' | 'campaign' | 'expires' | 'repeated' | 'unreadable'

export interface RowProblem {
  readonly line: number
  readonly column: Column
  readonly kind: ProblemKind
  /** What stands there; of a repetition, the line that it repeats. */
  readonly given: string
}

export interface ReadEntry {
  readonly line: number
  readonly input: RiskEntryInput
}

export interface DryRun {
  readonly rows: number
  readonly entries: readonly ReadEntry[]
  readonly problems: readonly RowProblem[]
  /** Columns that the header lacks: then nothing was read. */
  readonly missing: readonly Column[]
  /** From this line on it is no CSV, and nothing was read. */
  readonly brokenAt: number | null
}

const NOTHING = { rows: 0, entries: [], problems: [], missing: [], brokenAt: null } as const satisfies DryRun

/** What an import would send, and each row that it would not, by its line. `campaigns`: those there are; null where not all are known. */
export function dryRun(text: string, campaigns: ReadonlySet<string> | null): DryRun {
  const { rows: [header, ...rows], brokenAt } = parseCsv(text)
  if (brokenAt !== null) return { ...NOTHING, brokenAt }
  if (header === undefined) return NOTHING
  const names = header.cells.map((name) => COLUMNS.find((column) => column.toLowerCase() === name.trim().toLowerCase()))
  const missing = NEEDED.filter((column) => !names.includes(column))
  if (missing.length > 0) return { ...NOTHING, rows: rows.length, missing }
  const entries: ReadEntry[] = []
  const problems: RowProblem[] = []
  const seen = new Map<string, number>()
  for (const row of rows) {
    const at = (column: Column) => row.cells[names.indexOf(column)] ?? ''
    const found = problemOf(row, at, campaigns)
    if (found !== null) {
      problems.push(found)
      continue
    }
    const input = inputOf(at)
    const key = JSON.stringify([input.campaignId, input.list, input.subject, input.value])
    const other = seen.get(key)
    if (other === undefined) entries.push({ line: row.line, input })
    else problems.push({ line: row.line, column: 'value', kind: 'repeated', given: String(other) })
    seen.set(key, other ?? row.line)
  }
  return { rows: rows.length, entries, problems, missing, brokenAt }
}

const named = <T extends string>(all: readonly T[], given: string): T | undefined => all.find((each) => each === given.trim().toUpperCase())

/** The first thing that is wrong with a row. */
function problemOf({ line }: CsvRow, at: (column: Column) => string, campaigns: ReadonlySet<string> | null): RowProblem | null {
  const problem = (column: Column, kind: ProblemKind): RowProblem => ({ line, column, kind, given: at(column) })
  const [value, reason, campaign] = [at('value'), at('reason').trim(), at('campaignId').trim()]
  if (named(LISTS, at('list')) === undefined) return problem('list', 'list')
  if (named(SUBJECTS, at('subject')) === undefined) return problem('subject', 'subject')
  if (value.trim() === '') return problem('value', 'empty')
  if (named(SUBJECTS, at('subject')) === 'IP') {
    if (!V4.test(value.trim()) && !V6.test(value.trim())) return problem('value', 'ip')
  } else if (value.length > VALUE_CHARACTERS_MAX || UNSAFE.test(value)) return problem('value', 'id')
  if (reason === '') return problem('reason', 'empty')
  if (reason.length > REASON_CHARACTERS_MAX) return problem('reason', 'long')
  if (reason.includes('\uFFFD')) return problem('reason', 'unreadable')
  if (campaign !== '' && (!UUID.test(campaign) || campaigns?.has(campaign.toLowerCase()) === false)) return problem('campaignId', 'campaign')
  return at('expiresAt').trim() === '' ? null : problem('expiresAt', 'expires')
}

const inputOf = (at: (column: Column) => string): RiskEntryInput => ({
  campaignId: at('campaignId').trim() === '' ? null : at('campaignId').trim().toLowerCase(),
  // Both were found a moment ago.
  list: named(LISTS, at('list'))!, subject: named(SUBJECTS, at('subject'))!, value: at('value'), reason: at('reason').trim(),
})
