import type { CampaignPulseQuery } from '../../generated/graphql.js'

export type PrizeStock = CampaignPulseQuery['inventory'][number]

/** Units that can still be won: in the vault, in the buckets, and between them. */
export const unitsLeft = ({ vault, inBuckets, inTransit }: PrizeStock): number => vault + inBuckets + inTransit

/** Units that somebody has won, settled or not. */
export const unitsWon = ({ reserved, awarded }: PrizeStock): number => reserved + awarded

export const sum = (stock: readonly PrizeStock[], of: (prize: PrizeStock) => number): number =>
  stock.reduce((total, prize) => total + of(prize), 0)

export interface Reading {
  readonly atMs: number
  readonly won: number
}

/** Wins a second between the first and the last of the readings; null while there is but one. */
export function winsPerSecond(readings: readonly Reading[]): number | null {
  const first = readings[0]
  const last = readings.at(-1)
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return null
  return Math.max(0, ((last.won - first.won) * 1_000) / (last.atMs - first.atMs))
}
