/** What Postgres says of one prize. `inBuckets`: by the ledger, what settlement has not yet moved to the winners. */
export interface PrizeLedger {
  readonly position: number
  readonly prizeId: string
  readonly granted: number
  readonly vault: number
  readonly inBuckets: number
  /** AWARD movements less RETURN movements. */
  readonly awarded: number
}

/** A movement that Redis may or may not have had: its buckets' marks tell. */
export interface PendingMovement {
  readonly ledgerId: string
  readonly position: number
  /** Whether it brings in, or takes out, units of the campaign, rather than moving them inside it. */
  readonly crossesBorder: boolean
}

export interface StockFacts {
  readonly prizes: readonly PrizeLedger[]
  readonly pending: readonly PendingMovement[]
  /** Transfers whose units lie in the vault, by the ledger, of those that were asked for. */
  readonly returned: ReadonlySet<string>
}

/** What the buckets say, at one moment; all by position. */
export interface StockReadings {
  readonly buckets: ReadonlyArray<{
    readonly bucket: number
    readonly units: ReadonlyMap<number, number>
    readonly applied: ReadonlyMap<string, number>
  }>
  readonly inTransit: ReadonlyMap<number, number>
  /** Bound for the vault, by transfer. */
  readonly toVault: ReadonlyMap<string, { readonly position: number; readonly units: number }>
  /** Decided and not settled at that moment; also what stands in the dead letters. */
  readonly reserved: ReadonlyMap<number, number>
  /** Decided after that moment, and settled in the meantime. */
  readonly settledLater: ReadonlyMap<number, number>
}

export interface PrizeCount extends PrizeLedger {
  readonly units: number
  readonly inTransit: number
  readonly reserved: number
  /** What the buckets should hold, or have given out unsettled, less what they do; 0 where stock is conserved. */
  readonly missing: number
  readonly negative: readonly number[]
}

/** Holds the ledger against the buckets, prize by prize. */
export function countStock(facts: StockFacts, readings: StockReadings): PrizeCount[] {
  return facts.prizes.map((prize) => {
    const { position } = prize
    let pendingUnits = 0
    let pendingGrants = 0
    for (const movement of facts.pending) {
      if (movement.position !== position) continue
      for (const bucket of readings.buckets) {
        const units = bucket.applied.get(movement.ledgerId) ?? 0
        pendingUnits += units
        if (movement.crossesBorder) pendingGrants += units
      }
    }
    const units = readings.buckets.reduce((sum, bucket) => sum + (bucket.units.get(position) ?? 0), 0)
    let inTransit = readings.inTransit.get(position) ?? 0
    for (const [id, transfer] of readings.toVault) {
      if (transfer.position === position && !facts.returned.has(id)) inTransit += transfer.units
    }
    const reserved = readings.reserved.get(position) ?? 0
    const expected = prize.inBuckets + pendingUnits + (readings.settledLater.get(position) ?? 0)
    return {
      ...prize,
      granted: prize.granted + pendingGrants,
      vault: prize.vault - (pendingUnits - pendingGrants),
      units,
      inTransit,
      reserved,
      missing: expected - units - inTransit - reserved,
      negative: readings.buckets.filter((bucket) => (bucket.units.get(position) ?? 0) < 0).map((bucket) => bucket.bucket),
    }
  })
}
