/** One bucket of one prize at a look. `demand`: draws that were decided there since the look before. */
export interface BucketNeed {
  readonly units: number
  readonly demand: number
}

export interface Move {
  readonly from: number
  readonly to: number
  readonly units: number
}

/** A bucket that lasts for so many more looks, at its pace, waits for nobody. */
const LOOKS_COVERED = 4
/** With fewer units a bucket than this, on the average, the last ones are fetched by who wins them, not carried around. */
const UNITS_PER_BUCKET_MIN = 8

/**
 * Which units to move before they are missed. `used`: units that left all buckets together since the look before. Each
 * bucket's fair part of what is left is that of its draws; a bucket gets it when it would run dry within LOOKS_COVERED
 * looks and has less than half of it, so that units do not wander between buckets that are nearly alike. Who gives keeps
 * its own fair part.
 */
export function planMoves(buckets: readonly BucketNeed[], used: number, movesMax: number): Move[] {
  const units = buckets.reduce((sum, bucket) => sum + bucket.units, 0)
  const demand = buckets.reduce((sum, bucket) => sum + bucket.demand, 0)
  if (used <= 0 || demand === 0 || units < buckets.length * UNITS_PER_BUCKET_MIN) return []
  // One draw each, in addition: a bucket without any is not emptied.
  const fair = buckets.map((bucket) => Math.floor((units * (bucket.demand + 1)) / (demand + buckets.length)))
  const needy = buckets
    .map((bucket, to) => ({ to, want: fair[to]! - bucket.units, lasts: bucket.units - (LOOKS_COVERED * used * bucket.demand) / demand }))
    .filter(({ to, lasts }) => lasts < 0 && buckets[to]!.units < fair[to]! / 2)
    .sort((a, b) => a.lasts - b.lasts || a.to - b.to)
  const spare = buckets.map((bucket, from) => Math.max(0, bucket.units - fair[from]!))
  const moves: Move[] = []
  for (const { to, want } of needy) {
    for (let left = want; left > 0 && moves.length < movesMax;) {
      const from = spare.reduce((best, some, at) => (some > spare[best]! ? at : best), 0)
      const some = Math.min(left, spare[from]!)
      if (some === 0) break
      moves.push({ from, to, units: some })
      spare[from] = spare[from]! - some
      left -= some
    }
  }
  return moves
}
