/** What two people made of the same thing: values by their paths; a path that one of them has not is not there. */
export type Fields = ReadonlyMap<string, unknown>

export interface Difference {
  readonly path: string
  readonly before: unknown
  readonly mine: unknown
  readonly theirs: unknown
  /** Who changed it: where it is both, somebody has to choose. */
  readonly by: 'me' | 'them' | 'both'
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The fields in which mine and theirs are not the same, with what both began from. */
export function differences(before: Fields, mine: Fields, theirs: Fields): Difference[] {
  return [...new Set([...theirs.keys(), ...mine.keys()])].flatMap((path): Difference[] => {
    const [was, ours, others] = [before.get(path), mine.get(path), theirs.get(path)]
    if (same(ours, others)) return []
    return [{ path, before: was, mine: ours, theirs: others, by: same(was, others) ? 'me' : same(was, ours) ? 'them' : 'both' }]
  })
}
