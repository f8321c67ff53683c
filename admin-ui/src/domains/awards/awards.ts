import { queryOptions } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { ApiError } from '../../api/errors.js'
import {
  AwardDocument, ExpireAwardsDocument, ReissueAwardsDocument, RevokeAwardsDocument,
  type AwardDetailFragment, type AwardStatus, type DeskResultFragment, type StockFate,
} from '../../generated/graphql.js'
import type { Tone } from '../../ui/badge.js'

export const STATUSES = ['GRANTED', 'FULFILLING', 'FULFILLED', 'FAILED', 'REVOKED', 'EXPIRED'] as const satisfies readonly AwardStatus[]

export const TONES: Readonly<Record<AwardStatus, Tone>> = {
  GRANTED: 'info', FULFILLING: 'info', FULFILLED: 'good', FAILED: 'bad', REVOKED: 'idle', EXPIRED: 'idle',
}

/** What can be done with an award, and from which states: as the API's rules have it, which has the last word. */
const FROM = {
  reissue: ['FAILED'],
  fulfilled: ['GRANTED', 'FULFILLING', 'FAILED'],
  fail: ['GRANTED', 'FULFILLING'],
  expire: ['GRANTED', 'FULFILLING', 'FAILED'],
  revoke: ['GRANTED', 'FULFILLING', 'FULFILLED', 'FAILED'],
} as const satisfies Record<string, readonly AwardStatus[]>
export type AwardAction = keyof typeof FROM

/** Those that can be done with many at once. */
export const BULK = ['reissue', 'expire', 'revoke'] as const satisfies readonly AwardAction[]
export type BulkAction = (typeof BULK)[number]
/** As many as the API takes at once. */
export const BULK_MAX = 1_000

export const mayHappen = (action: AwardAction, status: AwardStatus): boolean => FROM[action].some((each) => each === status)

/** Of all that was read about awards. */
export const AWARDS_KEY = ['awards'] as const

export const awardQuery = (id: string) =>
  queryOptions({
    queryKey: [...AWARDS_KEY, 'one', id],
    queryFn: async ({ signal }): Promise<AwardDetailFragment> => {
      const { award } = await run(AwardDocument, { id }, signal)
      if (award == null) throw new ApiError('NOT_FOUND', id)
      return award
    },
  })

interface Bulk { readonly ids: string[]; readonly reason: string; readonly stock: StockFate }

export async function runBulk(action: BulkAction, { stock, ...given }: Bulk, idempotencyKey: string): Promise<DeskResultFragment[]> {
  switch (action) {
    case 'reissue': return (await run(ReissueAwardsDocument, { ...given, idempotencyKey })).results
    case 'expire': return (await run(ExpireAwardsDocument, { ...given, stock, idempotencyKey })).results
    case 'revoke': return (await run(RevokeAwardsDocument, { ...given, stock, idempotencyKey })).results
  }
}

const PASSING = ['NOT_SETTLED', 'IN_DELIVERY', 'RECOVERING'] as const

/** Refused for the moment alone: asked again, under another key, it may be done. */
export const isPassing = ({ refusal }: DeskResultFragment): boolean => PASSING.some((each) => each === refusal)
