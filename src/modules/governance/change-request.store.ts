import type { Prisma } from '../../generated/prisma/client.js'
import type { Params } from '../../common/reasons.js'
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
export function stateOf({ state, expiresAt, leaseUntil }: Pick<ChangeRequestRow, 'state' | 'expiresAt' | 'leaseUntil'>, now: Date): ChangeState {
  // Whoever was making it has gone: it waits again, and may be decided or taken back.
  if (state === 'APPLYING' && leaseUntil !== null && leaseUntil <= now) return 'PENDING'
  return state === 'PENDING' && expiresAt <= now ? 'EXPIRED' : state
}

export function toView(stored: ChangeRequestRow): ChangeRequest {
  const { input, leaseUntil: _lease, ...row } = stored
  // As it is stored: lists are long, and nothing that is read of it here is a date.
  const change = input as unknown as ProposedChange
  const diff = row.diff as unknown as FieldChange[]
  return {
    ...row,
    params: paramsOf(change, diff),
    prizeId: change.operation === 'adjustStock' ? change.wanted.prizeId : null,
    // Text and jsonb, written from these very types.
    operation: row.operation as ProposedChange['operation'],
    kinds: row.kinds as ChangeKind[],
    diff,
    state: stateOf(stored, new Date()),
  }
}

/** Of a change of stock, whose one path names the prize. */
const prizeIn = (diff: readonly FieldChange[]): string => /^prizes\[(.*)\]\.\w+$/s.exec(diff[0]?.path ?? '')?.[1] ?? ''

function paramsOf(change: ProposedChange, diff: readonly FieldChange[]): Params {
  switch (change.operation) {
    case 'adjustStock': return { prize: prizeIn(diff), units: change.wanted.delta }
    case 'releaseStock': return { prize: prizeIn(diff), units: change.wanted.units }
    case 'addRiskEntries': return { entries: change.entries.length }
    case 'removeRiskEntry': return removed(diff)
    case 'setApiKeyLimit': return { key: /^apiKeys\[(.*)\]\.\w+$/s.exec(diff[0]?.path ?? '')?.[1] ?? '' }
    default: return {}
  }
}

/** Of the entry that would go: its only field is the whole of it. */
function removed(diff: readonly FieldChange[]): Params {
  const text = diff[0]?.before
  if (text == null || !text.endsWith('}')) return {}
  const { list, value } = JSON.parse(text) as { list: string; value: string }
  return { list, value }
}

export const changeOf = ({ input }: Pick<ChangeRequestRow, 'input'>): ProposedChange => thaw<ProposedChange>(input)

/** Rows in a state as `stateOf` tells it. */
export function whereState(state: ChangeState, now: Date): Prisma.ChangeRequestWhereInput {
  if (state === 'PENDING') return { OR: [{ state, expiresAt: { gt: now } }, { state: 'APPLYING', leaseUntil: { lte: now } }] }
  if (state === 'APPLYING') return { state, OR: [{ leaseUntil: null }, { leaseUntil: { gt: now } }] }
  if (state === 'EXPIRED') return { OR: [{ state }, { state: 'PENDING', expiresAt: { lte: now } }] }
  return { state }
}
