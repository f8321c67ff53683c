import { AppError } from '../../../common/errors.js'

/** Runs at most `runningMax` tasks at a time and lets `waitingMax` more wait; refuses the rest with OVERLOADED. */
export class Bounded {
  private running = 0
  private readonly waiting: Array<() => void> = []

  constructor(private readonly runningMax: number, private readonly waitingMax: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running >= this.runningMax) {
      if (this.waiting.length >= this.waitingMax) throw new AppError('OVERLOADED', 'Too many sign-ins at the same time', { retryAfterMs: 1_000 })
      // The one that ends hands its place over, so nobody can slip in between.
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    } else this.running += 1
    try {
      return await task()
    } finally {
      const next = this.waiting.shift()
      if (next === undefined) this.running -= 1
      else next()
    }
  }
}
