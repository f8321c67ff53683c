import { same } from './same.js'

/** What two people made of the same thing: values by their paths; a path that one of them has not is not there. */
export type Fields = ReadonlyMap<string, unknown>
export type Side = 'mine' | 'theirs'

export interface Difference {
  readonly path: string
  readonly before: unknown
  readonly mine: unknown
  readonly theirs: unknown
  /** Who changed it: where it is both, somebody has to choose. */
  readonly by: 'me' | 'them' | 'both'
}

/** The fields of a form that has no form within it. */
export const fieldsIn = (form: object): Fields => new Map(Object.entries(form))

/** The fields in which mine and theirs are not the same, with what both began from. */
export function differences(before: Fields, mine: Fields, theirs: Fields): Difference[] {
  return [...new Set([...theirs.keys(), ...mine.keys()])].flatMap((path): Difference[] => {
    const [was, ours, others] = [before.get(path), mine.get(path), theirs.get(path)]
    if (same(ours, others)) return []
    return [{ path, before: was, mine: ours, theirs: others, by: same(was, others) ? 'me' : same(was, ours) ? 'them' : 'both' }]
  })
}

/** Theirs, with what was chosen of mine. */
export const mergedFields = <T extends object>(mine: T, theirs: T, ofMine: ReadonlySet<string>): T =>
  ({ ...theirs, ...Object.fromEntries(Object.entries(mine).filter(([field]) => ofMine.has(field))) })

/** The fields that are another than they were. */
export const changedFields = <T extends object>(base: T, mine: T): Partial<T> =>
  Object.fromEntries(Object.entries(mine).filter(([field, value]) => !same(value, base[field as keyof T]))) as Partial<T>
