/** Of the draws' two lanes, NORMAL is refused first. */
export const PRESSED_LANES = ['NORMAL', 'PRIORITY'] as const
export type PressedLane = (typeof PRESSED_LANES)[number]

/** What fills Redis. */
export interface Pressure {
  /** Decided and not settled, of all campaigns. */
  readonly entries: number
  /** Of Redis' `maxmemory`, 0 to 1; 0 where it has none. */
  readonly memoryShare: number
}

export interface PressureChange {
  readonly lane: PressedLane
  /** Null: draws are accepted again. */
  readonly reason: 'BACKLOG' | 'MEMORY' | null
}

/** What PRIORITY may have beyond the bound: half as much again, as of everything else (ADR 32). */
const ENTRIES_FACTOR = { NORMAL: 1, PRIORITY: 1.5 } as const
/** Draws come back when so much of what shut them out is left, so that they do not stutter. */
const REOPEN_FACTOR = 0.8
/** A rebuild and the transfers of stock need room; a Redis that is full refuses everybody. */
const MEMORY_SHARE_MAX = { NORMAL: 0.9, PRIORITY: 0.97 } as const
const MEMORY_REOPEN_BELOW = 0.03

/** Whether draws are still to be decided while settlement does not follow: each would be one more entry that Redis has to hold. */
export class BackPressure {
  readonly #reasons: Record<PressedLane, PressureChange['reason']> = { NORMAL: null, PRIORITY: null }

  constructor(private readonly entriesMax: number) {}

  refuses(lane: PressedLane): boolean {
    return this.#reasons[lane] !== null
  }

  /** Looks at what there is now, and tells what has become different. */
  judge(pressure: Pressure): PressureChange[] {
    const changes: PressureChange[] = []
    for (const lane of PRESSED_LANES) {
      const before = this.#reasons[lane]
      const reason = this.#reasonOf(lane, pressure, before !== null)
      this.#reasons[lane] = reason
      if ((reason === null) !== (before === null)) changes.push({ lane, reason })
    }
    return changes
  }

  #reasonOf(lane: PressedLane, { entries, memoryShare }: Pressure, refused: boolean): PressureChange['reason'] {
    const entriesMax = this.entriesMax * ENTRIES_FACTOR[lane] * (refused ? REOPEN_FACTOR : 1)
    if (entries >= entriesMax) return 'BACKLOG'
    return memoryShare >= MEMORY_SHARE_MAX[lane] - (refused ? MEMORY_REOPEN_BELOW : 0) ? 'MEMORY' : null
  }
}
