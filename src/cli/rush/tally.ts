/** Counts and times of a rush. */
export class Tally {
  /** By outcome: WON, LOST, replayed, or the code of a rejection. */
  readonly outcomes = new Map<string, number>()
  /** By reason: what had no answer that time and was sent again. */
  readonly deferrals = new Map<string, number>()
  readonly unansweredDraws: number[] = []
  retries = 0
  #latenciesMs = new Float64Array(1 << 14)
  #count = 0
  #lastAnswerAt = 0

  /** Answers so far. */
  get count(): number {
    return this.#count
  }

  /** Of performance.now(). */
  get lastAnswerAt(): number {
    return this.#lastAnswerAt
  }

  answered(outcome: string, latencyMs: number): void {
    add(this.outcomes, outcome)
    if (this.#count === this.#latenciesMs.length) {
      const grown = new Float64Array(this.#count * 2)
      grown.set(this.#latenciesMs)
      this.#latenciesMs = grown
    }
    this.#latenciesMs[this.#count++] = latencyMs
    this.#lastAnswerAt = performance.now()
  }

  deferred(reason: string): void {
    add(this.deferrals, reason)
  }

  unanswered(draw: number): void {
    this.unansweredDraws.push(draw)
  }

  /** Nearest rank, in ms; 0 where nothing was measured. */
  percentiles<K extends string>(wanted: Readonly<Record<K, number>>): Record<K, number> {
    const sorted = this.#latenciesMs.slice(0, this.#count).sort()
    const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
    return Object.fromEntries(Object.entries<number>(wanted).map(([name, share]) => [name, at(share)])) as Record<K, number>
  }
}

const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)
