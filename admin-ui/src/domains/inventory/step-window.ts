const BEFORE = 2
const SHOWN_MAX = 7

/** Of a long list in its order, the few around the first that is still to come; of one that is over, the last. */
export function around<T>(steps: readonly T[], isToCome: (step: T) => boolean): readonly T[] {
  if (steps.length <= SHOWN_MAX) return steps
  const next = steps.findIndex(isToCome)
  const from = next === -1 ? steps.length - SHOWN_MAX : Math.max(0, Math.min(next - BEFORE, steps.length - SHOWN_MAX))
  return steps.slice(from, from + SHOWN_MAX)
}
