import type { AuditRowFragment } from '../../generated/graphql.js'
import { diffOf, type FieldChange } from '../../lib/diff.js'

type Json = Readonly<Record<string, unknown>>

/** What every entry has, and says nothing about the change. */
const MARKS = new Set(['version', 'approved', 'seedHash', 'revealedSeed', 'position'])

interface Change {
  readonly before: Json | null
  readonly after: Json | null
  /** The campaign's after it; null where its row did not change. */
  readonly version: number | null
  /** Field by field; none where something was made, or is gone as a whole. */
  readonly fields: readonly FieldChange[]
  /** The request that another operator has approved, and who had asked for it. */
  readonly approved: { readonly changeRequestId: string; readonly authorId: string } | null
}

const read = (json: string | null | undefined): Json | null => (json == null ? null : JSON.parse(json) as Json)
const withoutMarks = (value: Json): Json => Object.fromEntries(Object.entries(value).filter(([name]) => !MARKS.has(name)))

export function changeOf({ before: was, after: is }: Pick<AuditRowFragment, 'before' | 'after'>): Change {
  const [before, after] = [read(was), read(is)]
  const approved = after?.approved as Change['approved'] | undefined
  const version = typeof after?.version === 'number' ? after.version : null
  const fields = before === null || after === null ? [] : diffOf(withoutMarks(before), withoutMarks(after))
  return { before, after, version, fields, approved: approved ?? null }
}
