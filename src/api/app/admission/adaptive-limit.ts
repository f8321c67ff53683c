export interface AdaptiveLimitOptions {
  readonly min: number
  readonly max: number
  /** What half of the draws may take at the most, from their turn to their answer, ms. */
  readonly targetMs: number
}

/** So many answers, or so long, make one verdict. */
const WINDOW = { answers: 100, ms: 100 }
const GROWTH = 1.1
const DECREASE = 0.85
/** Where fewer were at work at the same time, nobody knows what more would have done. */
const USED_SHARE = 0.7

/**
 * How many draws may be at work at the same time, by additive increase and multiplicative decrease on their latency (Chiu and Jain,
 * 1989; growth is by a tenth, for a process that has just started): while half of a window's draws are answered within the
 * target it grows, and where they are not it shrinks, whatever it is that has become slow.
 */
export class AdaptiveLimit {
  #limit: number
  #took: number[] = []
  #mostAtWork = 0
  #windowEndsAt = 0

  constructor(private readonly options: AdaptiveLimitOptions) {
    this.#limit = Math.min(options.max, options.min * 2)
  }

  get value(): number {
    return Math.floor(this.#limit)
  }

  /** A draw was answered after `tookMs`, at `now`, and `atWork` were at work until then. */
  answered(tookMs: number, atWork: number, now: number): void {
    if (this.#took.length === 0) this.#windowEndsAt = now + WINDOW.ms
    this.#took.push(tookMs)
    if (atWork > this.#mostAtWork) this.#mostAtWork = atWork
    if (this.#took.length >= WINDOW.answers || now >= this.#windowEndsAt) this.#judge()
  }

  #judge(): void {
    const middle = this.#took.sort((a, b) => a - b)[this.#took.length >> 1]!
    const { min, max, targetMs } = this.options
    if (middle > targetMs) this.#limit = Math.max(min, this.#limit * DECREASE)
    else if (this.#mostAtWork >= this.#limit * USED_SHARE) this.#limit = Math.min(max, Math.max(this.#limit + 1, this.#limit * GROWTH))
    this.#took = []
    this.#mostAtWork = 0
  }
}
