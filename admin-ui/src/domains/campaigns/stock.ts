import type { CampaignPulseQuery } from '../../generated/graphql.js'
import { share } from '../../lib/format.js'

export type PrizeStock = CampaignPulseQuery['inventory'][number]

/** Units that can still be won: in the vault, in the buckets, and between them. */
export const unitsLeft = ({ vault, inBuckets, inTransit }: PrizeStock): number => vault + inBuckets + inTransit

const LOW_PERCENT = 10

/** Whether somebody should look after what is left. What was never there is not low. */
export const isLow = (left: number, granted: number): boolean => granted > 0 && share(left, granted) < LOW_PERCENT

/** Units that somebody has won, settled or not. */
export const unitsWon = ({ reserved, awarded }: PrizeStock): number => reserved + awarded

export const sum = (stock: readonly PrizeStock[], of: (prize: PrizeStock) => number): number =>
  stock.reduce((total, prize) => total + of(prize), 0)
