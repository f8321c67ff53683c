import type { CampaignPrize } from '../campaigns/campaigns.types.js'
import type { Transfer } from './domain/transfer.js'

export type FetchResult = 'FETCHED' | 'GONE'

/** So many popped units are due in all buckets together, and no more before `untilMs`; null: never. */
export interface DueCount {
  readonly units: number
  readonly untilMs: number | null
}

/** One bucket at one moment (one atomic reading). Maps by prize position, transfer id and ledger id. */
export interface BucketCut {
  readonly bucket: number
  /** False where Redis has no state of this epoch. */
  readonly exists: boolean
  readonly stock: ReadonlyMap<number, number>
  /** The last number given out in the bucket's stream. */
  readonly seq: number
  readonly transfers: number
  /** Taken here, not yet known to be put elsewhere. A transfer may be both pending here and received there: it counts once, as received. */
  readonly pending: readonly Transfer[]
  readonly received: ReadonlyMap<string, number>
  /** Rows of the stock ledger that this bucket has had: units put in, or taken out where negative. */
  readonly applied: ReadonlyMap<string, number>
}

export type BucketUnits = Readonly<{ index: number; partition: number; remaining: number }>
export type InventoryPrize = CampaignPrize & { readonly campaignId: string }

export interface PrizeInventory {
  readonly prize: InventoryPrize
  readonly granted: number
  readonly vault: number
  readonly inBuckets: number
  readonly inTransit: number
  /** Won in Redis, not yet in Postgres. */
  readonly reserved: number
  readonly awarded: number
  readonly buckets: readonly BucketUnits[]
}

export interface ReleaseStepView {
  readonly prizeId: string
  readonly no: number
  readonly due: Date
  readonly units: number
  /** SKIPPED: the next step's turn came first (VOID). CANCELLED: the campaign ended, or the stock was reduced. */
  readonly state: 'PENDING' | 'RELEASED' | 'SKIPPED' | 'CANCELLED'
  readonly doneAt: Date | null
  readonly voided: number
}

export interface StockRelease {
  readonly prizeId: string
  readonly units: number
  readonly reason: string
  readonly idempotencyKey: string
}

export interface StockAdjustment {
  readonly prizeId: string
  readonly delta: number
  readonly reason: string
  readonly idempotencyKey: string
}

/** A prize whose stock is to change, and its campaign. */
export interface StockSubject {
  readonly campaignId: string
  readonly version: number
  /** Not a draft: its stock is promised to participants. */
  readonly published: boolean
  readonly name: string
  readonly stockTotal: number
}

/** Where units lie, as the ledger names it. */
export interface StockPlace {
  readonly kind: 'OUTSIDE' | 'VAULT' | 'BUCKET' | 'AWARDED'
  readonly bucket: number | null
}

/** A row of the ledger, for people. */
export interface StockMovement {
  readonly id: string
  readonly prizeId: string
  readonly prizeName: string
  readonly movement: 'GRANT' | 'RELEASE' | 'RESTOCK' | 'REDUCE' | 'TRANSFER' | 'RETURN'
  readonly units: number
  readonly from: StockPlace
  readonly to: StockPlace
  readonly reason: string | null
  /** Null for what the product does by itself. */
  readonly operatorId: string | null
  readonly operatorName: string | null
  readonly createdAt: Date
  /** Null while Redis has yet to have it. */
  readonly appliedAt: Date | null
}

export interface StockMovementPage {
  readonly edges: ReadonlyArray<{ readonly cursor: string; readonly node: StockMovement }>
  readonly hasNextPage: boolean
}

/** Which movements are wanted, and from where on. */
export interface StockListing {
  readonly campaignId: string
  /** Null: of every prize. */
  readonly prizeId: string | null
  readonly first: number
  readonly after: string | null
}
