import type { ParticipantFacts } from '../../common/participant-facts.js'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import type { WonAs } from './domain/answer.js'

/** One request's draws as the script decided them: what the answer, the durable commit and the stream entry agree on. */
export interface DecidedDraws {
  readonly campaign: CampaignSnapshot
  readonly bucket: number
  /** The number under which the run of Redis that said so was verified; null where nobody may commit it. */
  readonly run: number | null
  readonly seq: number
  readonly participantId: string
  readonly idempotencyKey: string
  readonly fingerprint: string
  readonly createdAtMs: number
  /** The version of the campaign that decided; the snapshot's may have grown since, on a replay. */
  readonly campaignVersion: number
  readonly deviceId: string | null
  readonly ip: string | null
  readonly traceParent: string | null
  readonly draws: readonly DecidedDraw[]
  /** Of `campaignVersion`: 0 the prizes' own odds, n the n-th table. */
  readonly oddsTable: number
}

export interface DecidedDraw {
  readonly snowflake: bigint
  readonly ordinal: number
  readonly roll: number
  /** The won prize's position; 0 where lost. */
  readonly position: number
  /** Null where lost. */
  readonly wonAs: WonAs | null
  /** The unit's own, in minor units of the prize's currency; null where it is worth what its prize is. */
  readonly amountMinor: number | null
}

/** COMMITTED: in Postgres. UNAVAILABLE: not known; ask again. FENCED: the campaign's state was verified or rebuilt meanwhile. */
export type CommitResult = 'COMMITTED' | 'UNAVAILABLE' | 'FENCED'

export const DURABLE_WINS = Symbol('DURABLE_WINS')
/** Settlement provides it: draws may not import settlement. */
export interface DurableWins {
  /** Commits the won draws among these, idempotently. Resolves within config.winCommitTimeoutMs, never throws. */
  commit(decided: DecidedDraws): Promise<CommitResult>
  isDurable(snowflake: bigint): boolean
  /** False while so many wins wait for Postgres that those of new draws would only join the wait. */
  hasRoom(): boolean
}

export const SETTLEMENT_WAKE = Symbol('SETTLEMENT_WAKE')
export interface SettlementWake {
  wake(campaign: CampaignSnapshot, bucket: number): void
}

export const INCARNATION = Symbol('INCARNATION')
/** Whether the Redis that answers is the one that recovery vouched for. */
export interface Incarnation {
  isCurrent(): boolean
  /** A script, a gate or an epoch was missing: recovery should look. */
  doubt(reason: string): void
}

export type RejectionCode =
  | 'CAMPAIGN_NOT_FOUND'
  | 'IDEMPOTENCY_CONFLICT'
  | 'RECOVERING'
  | 'CAMPAIGN_NOT_STARTED'
  | 'CAMPAIGN_ENDED'
  | 'CAMPAIGN_PAUSED'
  | 'BLOCKED'
  | 'NOT_ELIGIBLE'
  | 'TOO_FREQUENT'
  | 'QUOTA_EXCEEDED'
  | 'NO_TICKETS'
  | 'SOLD_OUT'

export interface DrawRequest {
  readonly campaignId: string
  readonly userId: string
  readonly idempotencyKey: string
  readonly count: number
  readonly deviceId: string | null
  readonly ip: string | null
  /** No part of what an idempotency key covers: of a repeat they may differ, and the stored answer stands. */
  readonly facts: ParticipantFacts
}

export type DrawResult =
  | { readonly kind: 'accepted'; readonly draws: readonly DrawView[]; readonly replayed: boolean; readonly drawsLeft: number | null; readonly retryAfterMs: number | null }
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly message: string; readonly retryAfterMs: number | null }

export type DrawState = 'PENDING' | 'VALIDATING' | 'WINNING' | 'LOSING' | 'SETTLED'
export type AwardStatus = 'GRANTED' | 'FULFILLING' | 'FULFILLED' | 'FAILED' | 'REVOKED' | 'EXPIRED'

/** A draw as callers see it, wherever it was read. */
export interface DrawView {
  readonly id: string
  readonly campaignId: string
  readonly userId: string
  readonly idempotencyKey: string
  readonly ordinal: number
  readonly state: DrawState
  readonly outcome: 'WON' | 'LOST' | null
  readonly prizeId: string | null
  readonly award: AwardView | null
  readonly createdAt: Date
  readonly settledAt: Date | null
  /** How it was decided, for operators; null while the outcome may not be told. */
  readonly decidedBy: { readonly roll: number; readonly campaignVersion: number; readonly oddsTable: number; readonly epoch: number } | null
}

export interface AwardView {
  readonly id: string
  readonly drawId: string
  readonly prizeId: string
  readonly status: AwardStatus
  readonly amount: { readonly amountMinor: number; readonly currency: string } | null
  readonly createdAt: Date
}
