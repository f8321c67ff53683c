/** A value of a form that can be compared by its JSON. */
type Plain = string | number | boolean | null | readonly Plain[]
export type Fields = Readonly<Record<string, Plain>>

export interface Moved {
  readonly field: string
  readonly base: Plain | undefined
  readonly mine: Plain | undefined
  readonly theirs: Plain | undefined
}

const same = (one: Plain | undefined, other: Plain | undefined) => JSON.stringify(one) === JSON.stringify(other)

/** What two writers made of the same thing: what either changed, where they do not agree. */
export const movedFields = (base: Fields, mine: Fields, theirs: Fields): Moved[] =>
  [...new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)])]
    .map((field) => ({ field, base: base[field], mine: mine[field], theirs: theirs[field] }))
    .filter((moved) => !same(moved.mine, moved.theirs))

/** Theirs, but for the fields that I changed. */
export const mergedFields = <T extends Fields>(base: T, mine: T, theirs: T): T =>
  ({ ...theirs, ...Object.fromEntries(Object.entries(mine).filter(([field, value]) => !same(value, base[field]))) })

/** The fields that are another than they were. */
export const changedFields = <T extends Fields>(base: T, mine: T): Partial<T> =>
  Object.fromEntries(Object.entries(mine).filter(([field, value]) => !same(value, base[field]))) as Partial<T>
