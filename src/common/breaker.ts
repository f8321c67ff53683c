/** The other side has failed so often that it was not asked. */
export class BrokenCircuitError extends Error {
  constructor() {
    super('The other side has failed several times in a row and was not asked')
    this.name = 'BrokenCircuitError'
  }
}

/** HALF_OPEN: one call at a time tries. */
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
  /** ms of a clock that nobody can set. */
  readonly now?: () => number
}

/**
 * Keeps callers from waiting for what does not answer. While it is open all are refused at once; then one call at a time tries,
 * and the others are still refused until it has succeeded. Its work must end in bounded time.
 */
export class Breaker {
  readonly #now: () => number
  readonly #watchers: Array<(state: BreakerState) => void> = []
  #state: BreakerState = 'CLOSED'
  #trying = false
  #failures = 0
  #openedAt = 0

  constructor(private readonly options: BreakerOptions) {
    this.#now = options.now ?? (() => performance.now())
  }

  get state(): BreakerState {
    return this.#state
  }

  /** Whether callers are refused, until somebody was answered: a call, or a probe. */
  get isOpen(): boolean {
    return this.#state === 'OPEN' || this.#trying
  }

  /** Calls back at every change of the state. */
  watch(callback: (state: BreakerState) => void): void {
    this.#watchers.push(callback)
  }

  /** Rejects with BrokenCircuitError where `work` was not begun. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state !== 'CLOSED' && !this.#mayTry()) return Promise.reject(new BrokenCircuitError())
    return begin(work).then(this.#answered as (result: T) => T, this.#failed)
  }

  /** Somebody who asks now and then was answered: once its time is over, it need not wait for a call to be half open. */
  probed(): void {
    if (this.#state === 'OPEN' && this.#isOver()) this.#become('HALF_OPEN')
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

  #isOver(): boolean {
    return this.#now() - this.#openedAt >= this.options.openMs
  }

  #mayTry(): boolean {
    if (this.#trying || (this.#state === 'OPEN' && !this.#isOver())) return false
    this.#trying = true
    this.#become('HALF_OPEN')
    return true
  }

  #count(): void {
    // What was begun before it opened says nothing new.
    if (this.#state === 'OPEN') return
    this.#failures++
    if (this.#state === 'CLOSED' && this.#failures < this.options.failuresMax) return
    this.#trying = false
    this.#openedAt = this.#now()
    this.#become('OPEN')
  }

  #close(): void {
    this.#failures = 0
    this.#trying = false
    this.#become('CLOSED')
  }

  #become(state: BreakerState): void {
    if (this.#state === state) return
    this.#state = state
    for (const watcher of this.#watchers) watcher(state)
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
