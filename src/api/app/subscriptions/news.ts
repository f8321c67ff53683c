/**
 * What `now` lists, newest first, that `before` did not; the oldest first. Entries have no identity, so equal ones are
 * counted. What is older than every known entry is no news: it moved up because another went away.
 */
export function news<T>(before: readonly T[], now: readonly T[], nameOf: (entry: T) => string): T[] {
  const known = new Map<string, number>()
  for (const entry of before) known.set(nameOf(entry), (known.get(nameOf(entry)) ?? 0) + 1)
  let fresh: T[] = []
  let overlaps = false
  for (const entry of now.toReversed()) {
    const left = known.get(nameOf(entry)) ?? 0
    if (left === 0) {
      fresh.push(entry)
      continue
    }
    known.set(nameOf(entry), left - 1)
    if (!overlaps) fresh = []
    overlaps = true
  }
  return fresh
}
