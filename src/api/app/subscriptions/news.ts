/**
 * What `now` lists, newest first, that `before` did not; the oldest first. Entries have no identity, so equal ones are
 * counted. What comes after the last known entry is old: it moved up because another went away.
 */
export function news<T>(before: readonly T[], now: readonly T[], nameOf: (entry: T) => string): T[] {
  const known = new Map<string, number>()
  for (const entry of before) known.set(nameOf(entry), (known.get(nameOf(entry)) ?? 0) + 1)
  const fresh: T[] = []
  let freshBeforeKnown = 0
  let overlaps = false
  for (const entry of now) {
    const left = known.get(nameOf(entry)) ?? 0
    if (left === 0) fresh.push(entry)
    else {
      known.set(nameOf(entry), left - 1)
      overlaps = true
      freshBeforeKnown = fresh.length
    }
  }
  return (overlaps ? fresh.slice(0, freshBeforeKnown) : fresh).reverse()
}
