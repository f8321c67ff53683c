/** Of the time that passes, for telling callers that they are refused. */
const SHARE = 0.1
/** Of each turn of the event loop at least: a process that has nothing else to do answers them all. */
const TURN_MS_MIN = 0.5
const TURN_MS_MAX = 5

export interface PacedRefusalsOptions {
  /** Beyond so many that wait, one is told at once: their connections cost more than the answer. */
  readonly waitingMax: number
  readonly now?: () => number
  /** Calls in the next turn of the event loop. */
  readonly soon?: (run: () => void) => void
}

/**
 * Tells refusals in a tenth of the process' time. Callers who ask again at once, however they were refused, would else have all of it: the
 * cheaper a refusal, the more of them there are, and the draws at work wait behind them in every turn of the event loop.
 */
export class PacedRefusals {
  readonly #waiting = new Set<() => void>()
  readonly #now: () => number
  readonly #soon: (run: () => void) => void
  readonly #run = () => { this.#tell() }
  #toldAt = 0
  #isComing = false

  constructor(private readonly options: PacedRefusalsOptions) {
    this.#now = options.now ?? (() => performance.now())
    this.#soon = options.soon ?? ((run) => { setImmediate(run) })
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Calls `refuse` in its turn, or at once where too many wait. */
  push(refuse: () => void): void {
    if (this.#waiting.size >= this.options.waitingMax) return refuse()
    this.#waiting.add(refuse)
    if (this.#isComing) return
    this.#isComing = true
    this.#toldAt = this.#now()
    this.#soon(this.#run)
  }

  /** The oldest first. */
  #tell(): void {
    const began = this.#now()
    const until = began + Math.min(TURN_MS_MAX, Math.max(TURN_MS_MIN, (began - this.#toldAt) * SHARE))
    for (const refuse of this.#waiting) {
      this.#waiting.delete(refuse)
      refuse()
      if (this.#now() >= until) break
    }
    this.#toldAt = this.#now()
    this.#isComing = this.#waiting.size > 0
    if (this.#isComing) this.#soon(this.#run)
  }
}
