export interface DrainPermitsOptions {
  readonly min: number
  readonly max: number
  /** What half of the batches may take at the most, from the wait for a connection to the commit, ms. */
  readonly targetMs: number
  readonly now?: () => number
}

/** So many batches make one verdict; of many drains at once, one of each. */
const WINDOW_BATCHES_MIN = 4
const SLOW_FACTOR = 0.7
const FAILED_FACTOR = 0.5
/** Where no turn has waited for so long, one drain retires; then the next. */
const IDLE_MS = 500

/**
 * How many streams a process drains at the same time. By additive increase and multiplicative decrease (Chiu and Jain, 1989): one more
 * for each window in which a turn had to wait and half of the batches were written within the target; fewer at once where they were not,
 * and half as many where the database did not take one. What nobody waits for retires one by one, down to the floor.
 */
export class DrainPermits {
  readonly #now: () => number
  #limit: number
  #took: number[] = []
  /** A turn waits now, or has waited in this window. */
  #waits = false
  #hasWaited = false
  /** Nobody has waited since, or one drain has retired then. */
  #idleAt: number

  constructor(private readonly options: DrainPermitsOptions) {
    this.#now = options.now ?? (() => performance.now())
    this.#limit = options.min
    this.#idleAt = this.#now()
  }

  get value(): number {
    this.#retire()
    return Math.floor(this.#limit)
  }

  /** Whether a stream could be drained, were there one more. To be told whenever that may have changed. */
  wanted(waits: boolean): void {
    this.#retire()
    if (this.#waits && !waits) this.#idleAt = this.#now()
    this.#waits = waits
    this.#hasWaited ||= waits
  }

  /** A batch was written, and took so long. */
  wrote(tookMs: number): void {
    this.#took.push(tookMs)
    if (this.#took.length >= Math.max(WINDOW_BATCHES_MIN, this.value)) this.#judge()
  }

  /** The database did not take a batch. */
  failed(): void {
    this.#limit = Math.max(this.options.min, this.#limit * FAILED_FACTOR)
    this.#begin()
  }

  #judge(): void {
    const middle = this.#took.sort((a, b) => a - b)[this.#took.length >> 1]!
    const { min, max, targetMs } = this.options
    if (middle > targetMs) this.#limit = Math.max(min, this.#limit * SLOW_FACTOR)
    else if (this.#hasWaited) this.#limit = Math.min(max, Math.floor(this.#limit) + 1)
    this.#begin()
  }

  #begin(): void {
    this.#took = []
    this.#hasWaited = this.#waits
  }

  #retire(): void {
    if (this.#waits) return
    const idle = Math.floor((this.#now() - this.#idleAt) / IDLE_MS)
    if (idle < 1) return
    this.#idleAt += idle * IDLE_MS
    this.#limit = Math.max(this.options.min, this.#limit - idle)
  }
}
