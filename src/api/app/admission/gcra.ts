import { LRUCache } from 'lru-cache'

export interface RateLimit {
  readonly key: string
  readonly perSecondMax: number
  /** How many seconds' worth may come at once; 1 unless given. */
  readonly secondsAtOnce?: number
}

// Sums of fractions of a second come out a little above what they should be.
const TOLERANCE_MS = 0.001

/**
 * Rates by the generic cell rate algorithm (ITU-T I.371): a number a bucket, no timers. A second's worth (or more) may come at
 * once, the rest evenly. The buckets used longest ago are forgotten first: a bucket that is forgotten is full again.
 */
export class Gcra<L extends RateLimit = RateLimit> {
  /** When the bucket's next request is due, were they evenly spaced; ms of `now`. */
  readonly #due: LRUCache<string, number>

  constructor({ bucketsMax }: { readonly bucketsMax: number }, private readonly now: () => number = () => performance.now()) {
    this.#due = new LRUCache({ max: bucketsMax })
  }

  /**
   * Counts a request in every bucket and answers 0; or, where one of them is empty, counts it in none and answers the
   * milliseconds (whole, at least 1) until all could admit it.
   */
  admit(limits: readonly L[]): number {
    const now = this.now()
    let waitMs = TOLERANCE_MS
    let narrowest: L | undefined
    for (const limit of limits) {
      const { key, perSecondMax, secondsAtOnce = 1 } = limit
      const ahead = (this.#due.get(key) ?? now) - now - (secondsAtOnce * 1_000 - 1_000 / perSecondMax)
      if (ahead <= waitMs) continue
      waitMs = ahead
      narrowest = limit
    }
    if (narrowest !== undefined) {
      this.onRefused?.(narrowest)
      return Math.ceil(waitMs - TOLERANCE_MS)
    }
    for (const { key, perSecondMax } of limits) this.#due.set(key, Math.max(this.#due.get(key) ?? now, now) + 1_000 / perSecondMax)
    this.onCounted?.(limits, 1)
    return 0
  }

  /** A request that was admitted does not count. */
  giveBack(limits: readonly L[]): void {
    for (const { key, perSecondMax } of limits) {
      const due = this.#due.get(key)
      if (due !== undefined) this.#due.set(key, due - 1_000 / perSecondMax)
    }
    this.onCounted?.(limits, -1)
  }

  /** All processes together have come so far: the bucket's next request is due in so many ms. */
  isAhead(key: string, aheadMs: number): void {
    this.#due.set(key, this.now() + aheadMs)
  }

  /** Told of every request that was admitted (1) or given back (-1), where others count them too. */
  onCounted: ((limits: readonly L[], count: 1 | -1) => void) | undefined

  /** Told of every request that was refused, and of the limit that keeps it waiting the longest. */
  onRefused: ((limit: L) => void) | undefined
}
