export interface AnsweredDraw {
  readonly id: string
  readonly outcome: 'WON' | 'LOST'
  readonly prizeId: string | null
  /** Of the award, in minor units; 0 where it has none. */
  readonly amountMinor: number
}

export interface Acknowledged extends AnsweredDraw {
  readonly draw: number
  /** Answers that did not say `replayed`: more than one is a draw made twice. */
  fresh: number
}

/** The rush's own books: what the server said of each key, held against everything that it says later. */
export class Ledger {
  readonly #acknowledged = new Map<number, Acknowledged>()
  readonly #repeated = new Set<number>()
  /** Answers given again under a key that had been answered, and how many of them were the same. */
  repeats = 0
  repeatsCaught = 0
  /** Amounts of the acknowledged awards, and of those that the server lists. */
  toldMinor = 0
  listedMinor = 0
  /** What differed, in words; the first hundred. */
  readonly differences: string[] = []
  differenceCount = 0

  get acknowledged(): ReadonlyMap<number, Acknowledged> {
    return this.#acknowledged
  }

  accept(draw: number, answered: AnsweredDraw, replayed: boolean): void {
    const first = this.#acknowledged.get(draw)
    if (first === undefined) {
      this.#acknowledged.set(draw, { draw, ...answered, fresh: replayed ? 0 : 1 })
      this.toldMinor += answered.amountMinor
      return
    }
    this.repeats++
    this.#repeated.add(draw)
    if (!replayed) first.fresh++
    const same = describe(first) === describe(answered)
    if (same && first.fresh <= 1) this.repeatsCaught++
    else if (same) this.differ(`draw ${draw} (${first.id}) was answered as new ${first.fresh} times`)
    else this.differ(`draw ${draw}: first ${describe(first)}, then ${describe(answered)}`)
  }

  differ(what: string): void {
    this.differenceCount++
    if (this.differences.length < 100) this.differences.push(what)
  }
}

export const describe = ({ id, outcome, prizeId, amountMinor }: AnsweredDraw) =>
  `${id} ${outcome}${prizeId === null ? '' : ` ${prizeId}`}${amountMinor === 0 ? '' : ` of ${amountMinor}`}`
