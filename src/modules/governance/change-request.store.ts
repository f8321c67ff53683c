import type { Prisma } from '../../generated/prisma/client.js'
import type { ChangeKind } from '../tenancy/tenancy.types.js'
import { thaw } from './domain/stored-input.js'
import type { FieldChange } from './domain/field-diff.js'
import type { ChangeRequest, ChangeState, ProposedChange } from './governance.types.js'

export const SELECT = {
  id: true, operation: true, kinds: true, campaignId: true, baseVersion: true, state: true, version: true, reason: true, summary: true,
  diff: true, input: true, authorId: true, decidedBy: true, decidedAt: true, decisionReason: true,
  createdAt: true, expiresAt: true, leaseUntil: true,
} as const satisfies Prisma.ChangeRequestSelect

export type ChangeRequestRow = Prisma.ChangeRequestGetPayload<{ select: typeof SELECT }>

/** PENDING that is past its time is EXPIRED, whether or not anybody has written so. */
export function stateOf(row: Pick<ChangeRequestRow, 'state' | 'expiresAt'>, now: Date): ChangeState {
  return row.state === 'PENDING' && row.expiresAt <= now ? 'EXPIRED' : row.state
}

export function toView({ input: _input, leaseUntil: _lease, ...row }: ChangeRequestRow): ChangeRequest {
  return {
    ...row,
    // Text and jsonb, written from these very types.
    operation: row.operation as ProposedChange['operation'],
    kinds: row.kinds as ChangeKind[],
    diff: row.diff as unknown as FieldChange[],
    state: stateOf(row, new Date()),
  }
}

export const changeOf = ({ input }: ChangeRequestRow): ProposedChange => thaw<ProposedChange>(input)

/** Rows in a state as `stateOf` tells it. */
export function whereState(state: ChangeState, now: Date): Prisma.ChangeRequestWhereInput {
  if (state === 'PENDING') return { state, expiresAt: { gt: now } }
  if (state === 'EXPIRED') return { OR: [{ state }, { state: 'PENDING', expiresAt: { lte: now } }] }
  return { state }
}
