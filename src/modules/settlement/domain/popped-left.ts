import type { LotUnit } from '../../inventory/domain/lot.js'

export interface UnitsLeft {
  readonly left: readonly LotUnit[]
  /** Awards of amounts that no unit has: 0 where all is well. */
  readonly unknown: number
}

/**
 * What is left of a prize's popped units, all in turn: the earliest ones of the awarded amounts are gone (any two that were
 * due are worth the same to everybody, so that it does not matter which of them a bucket gave), and of the rest the last ones,
 * beyond `unitsMax`: those that were taken back. `awarded`: awards by amount; null: of units without an amount of their own.
 */
export function unitsLeft(units: readonly LotUnit[], awarded: ReadonlyMap<number | null, number>, unitsMax: number): UnitsLeft {
  const gone = new Map(awarded)
  const rest = units.filter(({ amountMinor }) => {
    const open = gone.get(amountMinor) ?? 0
    if (open > 0) gone.set(amountMinor, open - 1)
    return open === 0
  })
  return { left: rest.slice(0, unitsMax), unknown: [...gone.values()].reduce((sum, open) => sum + open, 0) }
}
