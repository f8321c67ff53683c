export interface WalletItem {
  /** The award's decimal id: its draw's. */
  readonly awardId: string
  readonly campaignId: string
  readonly prizeId: string
  readonly status: string
  readonly awardVersion: number
  readonly amount: { readonly amountMinor: number; readonly currency: string } | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface WalletCredit {
  /** Decimal. */
  readonly awardId: string
  readonly participantId: string
  readonly amountMinor: number
  readonly currency: string
}

export interface WalletBalance {
  readonly currency: string
  readonly amountMinor: number
}

/** A campaign in which a participant has awards. */
export interface WalletCampaign {
  readonly campaignId: string
  readonly awards: number
  readonly lastAt: Date
}

export interface WalletMovement {
  readonly id: string
  readonly movement: 'CREDIT' | 'REVERSAL'
  /** Negative where it went out again. */
  readonly amount: { readonly amountMinor: number; readonly currency: string }
  /** Public. */
  readonly awardId: string
  readonly campaignId: string
  readonly campaignName: string
  readonly prizeName: string
  readonly createdAt: Date
}

export interface WalletMovementPage {
  readonly edges: ReadonlyArray<{ readonly cursor: string; readonly node: WalletMovement }>
  readonly hasNextPage: boolean
}
