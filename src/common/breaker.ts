/** The other side has failed so often that it was not asked. */
export class BrokenCircuitError extends Error {
  constructor() {
    super('The other side has failed several times in a row and was not asked')
    this.name = 'BrokenCircuitError'
  }
}

export type BreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN'

export interface BreakerOptions {
  /** After so many failures in a row it opens. */
  readonly failuresMax: number
  /** How long it is then open, before one call finds out whether the other side is back, ms. */
  readonly openMs: number
  /** Which errors are the other side's failures; others pass, and say that it answers. */
  readonly countsError: (error: unknown) => boolean
  /** Which results are failures. None, unless it is given. */
  readonly countsResult?: (result: unknown) => boolean
  readonly onChange?: (state: BreakerState) => void
  /** ms of a clock that nobody can set. */
  readonly now?: () => number
}

/**
 * Keeps callers from waiting for what does not answer. While it is open all are refused at once; then one call at a time tries,
 * and the others are still refused until it has succeeded. Its work must end in bounded time.
 */
export class Breaker {
  readonly #now: () => number
  #state: BreakerState = 'CLOSED'
  #failures = 0
  #openedAt = 0

  constructor(private readonly options: BreakerOptions) {
    this.#now = options.now ?? (() => performance.now())
  }

  get state(): BreakerState {
    return this.#state
  }

  /** Rejects with BrokenCircuitError where `work` was not begun. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state !== 'CLOSED' && !this.#mayTry()) return Promise.reject(new BrokenCircuitError())
    return begin(work).then(this.#answered as (result: T) => T, this.#failed)
  }

  readonly #answered = (result: unknown): unknown => {
    if (this.options.countsResult?.(result) === true) this.#count()
    else this.#close()
    return result
  }

  readonly #failed = (error: unknown): never => {
    if (this.options.countsError(error)) this.#count()
    else this.#close()
    throw error
  }

  #mayTry(): boolean {
    if (this.#state === 'HALF_OPEN' || this.#now() - this.#openedAt < this.options.openMs) return false
    this.#become('HALF_OPEN')
    return true
  }

  #count(): void {
    // What was begun before it opened says nothing new.
    if (this.#state === 'OPEN') return
    this.#failures++
    if (this.#state === 'CLOSED' && this.#failures < this.options.failuresMax) return
    this.#openedAt = this.#now()
    this.#become('OPEN')
  }

  #close(): void {
    this.#failures = 0
    if (this.#state !== 'CLOSED') this.#become('CLOSED')
  }

  #become(state: BreakerState): void {
    this.#state = state
    this.options.onChange?.(state)
  }
}

/** What throws at once has failed as what rejects. */
function begin<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work()
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)))
  }
}
