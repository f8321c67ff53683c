/**
 * How many of the answers of the last minutes were what they should be, in constant memory: slots of equal length, of which the oldest
 * is forgotten when a new one begins. The window is between `slots - 1` and `slots` of them long.
 */
export class SuccessWindow {
  readonly #good: Uint32Array
  readonly #bad: Uint32Array
  #at = 0
  #endsAt: number
  #goodSum = 0
  #badSum = 0

  constructor(private readonly slots: number, private readonly slotMs: number, nowMs: number) {
    this.#good = new Uint32Array(slots)
    this.#bad = new Uint32Array(slots)
    this.#endsAt = nowMs + slotMs
  }

  /** Looks at no clock: it belongs to the slot that `advance` has begun last. */
  count(isGood: boolean): void {
    if (isGood) {
      this.#good[this.#at]!++
      this.#goodSum++
    } else {
      this.#bad[this.#at]!++
      this.#badSum++
    }
  }

  /** Begins the slots that `nowMs` asks for. After a long sleep everything is forgotten. */
  advance(nowMs: number): void {
    for (let begun = 0; this.#endsAt <= nowMs && begun < this.slots; begun++) {
      this.#at = (this.#at + 1) % this.slots
      this.#goodSum -= this.#good[this.#at]!
      this.#badSum -= this.#bad[this.#at]!
      this.#good[this.#at] = 0
      this.#bad[this.#at] = 0
      this.#endsAt += this.slotMs
    }
    if (this.#endsAt <= nowMs) this.#endsAt = nowMs + this.slotMs
  }

  get answers(): number {
    return this.#goodSum + this.#badSum
  }

  /** From 0 to 1; 1 where there were none. */
  get successRate(): number {
    return this.answers === 0 ? 1 : this.#goodSum / this.answers
  }
}
