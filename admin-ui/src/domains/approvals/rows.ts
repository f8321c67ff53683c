import type { ChangeRequestQuery } from '../../generated/graphql.js'

type Shown = NonNullable<ChangeRequestQuery['changeRequest']>['diff'][number]

/** Of a list of risk entries that would be added: the entry, field by field. */
export interface NewEntry {
  readonly list: string
  readonly subject: string
  readonly value: string
  readonly reason: string
}

/** A value as the API keeps it: JSON, cut off where it is long; undefined: it is not there. */
export function valueOf(json: string | null | undefined): unknown {
  if (json == null) return undefined
  try {
    return JSON.parse(json) as unknown
  } catch {
    return json
  }
}

/** The entries that would come on lists, for a table of their own; null where the change is another. */
export function entriesOf(operation: string, diff: readonly Shown[]): NewEntry[] | null {
  if (operation !== 'addRiskEntries') return null
  const entries = diff.map(({ after }) => valueOf(after))
  return entries.every((entry) => typeof entry === 'object' && entry !== null && 'value' in entry) ? entries as NewEntry[] : null
}
