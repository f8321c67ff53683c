import type { CampaignPlace } from '../../../platform/redis/keys.js'

/**
 * Shares `units` among `buckets` as evenly as can be. What is left over goes to the buckets from `offset` on, so that
 * the odd units of many prizes do not all lie in the first bucket. The shares add up to `units`.
 */
export function split(units: number, buckets: number, offset: number): number[] {
  const each = Math.floor(units / buckets)
  const over = units % buckets
  return Array.from({ length: buckets }, (_, bucket) => each + ((((bucket - offset) % buckets) + buckets) % buckets < over ? 1 : 0))
}

export const bucketPlace = (bucket: number): string => `bucket:${bucket}`

/** The bucket that a place of the stock ledger names; null for 'outside', 'vault' and 'awarded'. */
export function bucketOfPlace(place: string): number | null {
  const match = /^bucket:(\d{1,2})$/.exec(place)
  return match === null ? null : Number(match[1])
}

/** A campaign's Redis state under one epoch. */
export interface EpochPlace extends CampaignPlace {
  readonly epoch: number
}
