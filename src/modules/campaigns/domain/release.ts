/** What becomes of a step's units that were not won when the next step is due: they stay to be won, or go back to the vault. */
export type CarryOver = 'ROLL_OVER' | 'VOID'

/** Local wall times, HH:MM; `to` may be 24:00. */
export type LocalWindow = Readonly<{ from: string; to: string }>

/** All of a prize's stock, spread evenly. Exactly one of `times`, `everySeconds` and `dailyAt` is given. */
export interface EvenRelease {
  /** Null: the campaign's start. */
  readonly fromMs: number | null
  /** Null: the campaign's end. Nothing is released at it, or after. */
  readonly toMs: number | null
  /** So many steps, the first at the beginning. */
  readonly times: number | null
  /** From the beginning of each window on. */
  readonly everySeconds: number | null
  /** Local wall times of each day, HH:MM. */
  readonly dailyAt: readonly string[] | null
  /** The parts of each local day in which there is time at all; null: all of it. Not with `dailyAt`. */
  readonly windows: readonly LocalWindow[] | null
}

/** How a prize's stock leaves the vault. A prize without one is released whole when its campaign is published. */
export interface Release {
  readonly carryOver: CarryOver
  /** Exactly one of the two is given. What the steps leave stays in the vault, to be released by hand. */
  readonly steps: ReadonlyArray<Readonly<{ atMs: number; units: number }>> | null
  readonly evenly: EvenRelease | null
}

/** The same release with its members in one order, whatever a database or a caller made of it: two that are alike read alike. */
export const orderedRelease = ({ carryOver, steps, evenly }: Release): Release => ({
  carryOver,
  steps: steps?.map(({ atMs, units }) => ({ atMs, units })) ?? null,
  evenly: evenly === null ? null : {
    fromMs: evenly.fromMs, toMs: evenly.toMs, times: evenly.times, everySeconds: evenly.everySeconds, dailyAt: evenly.dailyAt,
    windows: evenly.windows?.map(({ from, to }) => ({ from, to })) ?? null,
  },
})
