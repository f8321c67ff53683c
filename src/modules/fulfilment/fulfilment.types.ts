import type { FulfilmentKind, StockFate } from '../campaigns/domain/fulfilment.js'

export type AwardStatus = 'GRANTED' | 'FULFILLING' | 'FULFILLED' | 'FAILED' | 'REVOKED' | 'EXPIRED'

export interface Address {
  readonly recipient: string
  readonly phone: string | null
  /** ISO 3166, two capital letters. */
  readonly country: string
  readonly region: string | null
  readonly city: string
  readonly postalCode: string | null
  readonly line1: string
  readonly line2: string | null
}

/** An award as the desk sees it. */
export interface AwardRecord {
  /** Public. */
  readonly id: string
  readonly drawId: string
  readonly campaignId: string
  readonly prizeId: string
  readonly userId: string
  readonly status: AwardStatus
  readonly version: number
  readonly amount: { readonly amountMinor: number; readonly currency: string } | null
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Null where the product does not fulfil the prize, or has not begun to. */
  readonly fulfilment: AwardTask | null
}

export interface AwardTask {
  readonly kind: FulfilmentKind
  /** How often it was issued. */
  readonly round: number
  /** Of this round. */
  readonly attempt: number
  /** When it goes on by itself: the next attempt, or the end of the time to claim. */
  readonly dueAt: Date | null
  readonly lastError: string | null
  readonly reference: string | null
}

export interface AwardEvent {
  readonly from: AwardStatus
  readonly to: AwardStatus
  readonly version: number
  readonly reason: string | null
  readonly round: number | null
  readonly attempt: number | null
  readonly actorKind: string
  readonly actorId: string | null
  readonly at: Date
}

export interface AwardListing {
  readonly campaignId: string
  readonly status: AwardStatus | null
  readonly prizeId: string | null
  readonly userId: string | null
  readonly first: number
  readonly after: string | null
}

export interface AwardPage {
  readonly awards: readonly AwardRecord[]
  readonly hasNextPage: boolean
}

/**
 * Why an award stayed as it was. NOT_ALLOWED: its status does not permit it. NOT_SETTLED, IN_DELIVERY, RECOVERING: not
 * at this moment, ask again under another key. NO_FULFILMENT: the product does not know how to deliver it.
 */
export type AwardRefusal = 'NOT_FOUND' | 'NOT_ALLOWED' | 'NOT_SETTLED' | 'IN_DELIVERY' | 'RECOVERING' | 'NO_FULFILMENT'

export interface AwardActionResult {
  readonly id: string
  /** Null: done. */
  readonly refusal: AwardRefusal | null
  /** As it is now. */
  readonly award: AwardRecord | null
}

export interface TakeBack {
  readonly ids: readonly string[]
  readonly reason: string
  readonly stock: StockFate
  readonly idempotencyKey: string
}

/** What an award's owner sees of its way. */
export interface AwardClaim {
  readonly awardId: string
  readonly drawId: string
  readonly status: AwardStatus
  readonly kind: FulfilmentKind | null
  /** Until when an address may be given. */
  readonly claimBy: Date | null
  readonly address: Address | null
}

/** What of a campaign could not be delivered, and waits for somebody. */
export interface FailedAwards {
  readonly campaignId: string
  readonly campaignName: string
  readonly awards: number
}
