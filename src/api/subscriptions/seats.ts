/** Places that are given out up to a number, of all and of each holder's. */
export class Seats {
  #taken = 0
  readonly #byHolder = new Map<string, number>()

  constructor(private readonly limits: { readonly max: number; readonly perHolderMax: number }) {}

  get full(): boolean {
    return this.#taken >= this.limits.max
  }

  /** What gives the place back (once, however often it is called); null when there is none. */
  take(holder: string): (() => void) | null {
    const own = this.#byHolder.get(holder) ?? 0
    if (this.full || own >= this.limits.perHolderMax) return null
    this.#taken++
    this.#byHolder.set(holder, own + 1)
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#taken--
      const left = (this.#byHolder.get(holder) ?? 1) - 1
      if (left === 0) this.#byHolder.delete(holder)
      else this.#byHolder.set(holder, left)
    }
  }
}
