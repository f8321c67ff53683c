import type { CampaignPulseQuery } from '../../generated/graphql.js'

export type PrizeStock = CampaignPulseQuery['inventory'][number]

/** Units that can still be won: in the vault, in the buckets, and between them. */
export const unitsLeft = ({ vault, inBuckets, inTransit }: PrizeStock): number => vault + inBuckets + inTransit

/** Units that somebody has won, settled or not. */
export const unitsWon = ({ reserved, awarded }: PrizeStock): number => reserved + awarded

export const sum = (stock: readonly PrizeStock[], of: (prize: PrizeStock) => number): number =>
  stock.reduce((total, prize) => total + of(prize), 0)
