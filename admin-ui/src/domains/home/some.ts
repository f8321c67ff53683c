import type { CampaignRowFragment } from '../../generated/graphql.js'

/** Cards of one status. */
export const SHOWN_MAX = 12

/** Campaigns of one status, as far as they are read. */
export interface Some {
  readonly campaigns: readonly CampaignRowFragment[]
  readonly isCut: boolean
}

/** How many there are beside those that are shown, or at the least; null: none. */
export function besides({ campaigns, isCut }: Some, shown: number): { readonly count: number; readonly orMore: boolean } | null {
  const count = campaigns.length - shown
  return count > 0 ? { count, orMore: isCut } : null
}
