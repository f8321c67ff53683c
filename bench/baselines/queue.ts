export const QUEUE = 'baseline-draws'
export const JOBS_AT_ONCE = 20

export interface DrawJob {
  readonly id: string
  readonly campaignId: string
  readonly userId: string
  readonly idempotencyKey: string
  readonly outcome: string
  readonly prizeId: string | null
}
