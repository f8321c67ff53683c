type Waiting<T> = { resolve: (result: IteratorResult<T, undefined>) => void; reject: (error: Error) => void }

/**
 * What happens, as an async iterator for one subscriber. A subscriber that does not keep up loses the oldest values.
 * `return` ends a `next` that is waiting, which an async generator's would not.
 */
export class Channel<T> implements AsyncIterableIterator<T, undefined> {
  readonly #values: T[] = []
  #waiting: Waiting<T> | undefined
  #error: Error | undefined
  #ended = false

  /** @param onEnd called once, however it ends */
  constructor(private readonly valuesMax: number, private readonly onEnd: () => void) {}

  push(value: T): void {
    if (this.#ended) return
    const waiting = this.#taken()
    if (waiting !== undefined) return waiting.resolve({ done: false, value })
    if (this.#values.length === this.valuesMax) this.#values.shift()
    this.#values.push(value)
  }

  /** What was pushed is still read; then the iterator is done, or throws `error`. */
  end(error?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.onEnd()
    const waiting = this.#taken()
    if (waiting === undefined) return
    this.#error = undefined
    if (error === undefined) waiting.resolve({ done: true, value: undefined })
    else waiting.reject(error)
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#values.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#ended) {
      const error = this.#error
      this.#error = undefined
      return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error)
    }
    return new Promise((resolve, reject) => { this.#waiting = { resolve, reject } })
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#values.length = 0
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #taken(): Waiting<T> | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    return waiting
  }
}
