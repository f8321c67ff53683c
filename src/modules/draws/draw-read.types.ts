import type { DrawView } from './draws.types.js'

export interface DrawPage {
  readonly edges: ReadonlyArray<{ readonly cursor: string; readonly draw: DrawView }>
  readonly hasNextPage: boolean
  readonly endCursor: string | null
}
export interface DrawQuery {
  readonly campaignId: string
  readonly userId: string | null
  /** Of `userId`, without whom nothing has it. */
  readonly idempotencyKey: string | null
  readonly outcome: 'WON' | 'LOST' | null
  readonly first: number
  readonly after: string | null
}
export interface Winner { readonly maskedUserId: string; readonly prizeName: string; readonly at: Date }
