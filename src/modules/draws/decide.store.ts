import { Injectable } from '@nestjs/common'
import { failpoint } from '../../common/failpoint.js'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import { type Allowance, shareOf } from '../inventory/domain/allowance.js'
import { bucketKeys } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { defineScript } from '../../platform/redis/script.js'
import { parseAnswer, parseOutcomes, type Outcome, type StoredAnswer } from './domain/answer.js'
import type { LocalDays } from './domain/calendar.js'
import { freeTickets } from './domain/ticket-lots.js'
import type { RejectionCode } from './draws.types.js'

const decide = defineScript(new URL('./lua/decide-6.lua', import.meta.url))

export interface PrizeTerms {
  readonly position: number
  readonly winsPerUser: number | null
  readonly unlockAfterDraws: number | null
  /** All the units that are to be had in all buckets together, seen under `stockGeneration`; null: nobody has looked. */
  readonly unitsMost: number | null
  readonly unlockAfterStreakDays: number | null
  /** Of this participant, on one local day. */
  readonly winsPerUserDaily: number | null
  /** What one unit uses up of the allowances, by code. */
  readonly uses: ReadonlyArray<{ readonly code: number; readonly units: number }>
}

export interface DecisionAllowance extends Allowance {
  /** All that is left of it in all buckets together, seen under `stockGeneration`; null: nobody has looked. */
  readonly unitsMost: number | null
}

/** At most `units` are due in all buckets together, before the ms `untilMs` (null: for ever), under that stock generation. */
export interface DueKnowledge {
  readonly generation: string
  readonly units: number
  readonly untilMs: number | null
}

/** All that one decision depends on beside what Redis holds. */
export interface Decision {
  readonly campaign: CampaignSnapshot
  readonly riskVersion: number
  readonly bucket: number
  readonly stockGeneration: string
  readonly denied: 'BLOCKED' | 'NOT_ELIGIBLE' | null
  /** Set where a device's or an address's window is full; -1: it never has room for so many draws. */
  readonly frequentRetryAfterMs: number | null
  readonly participantId: string
  readonly idempotencyKey: string
  readonly fingerprint: string
  readonly snowflakes: readonly bigint[]
  readonly days: LocalDays
  readonly firstCome: boolean
  readonly candidates: readonly number[]
  /** Positions, in the order in which they are tried. */
  readonly fallbacks: readonly number[]
  readonly terms: readonly PrizeTerms[]
  readonly windows: ReadonlyArray<{ readonly windowSeconds: number; readonly drawsMax: number }>
  readonly deviceId: string | null
  readonly ip: string | null
  readonly traceParent: string | null
  readonly rolls: readonly number[]
  /** Of `days.day`. */
  readonly allowances: readonly DecisionAllowance[]
  readonly guarantee: { readonly afterLosses: number; readonly position: number } | null
  /** Stock is popped: candidates say nothing, and `terms` are those of all its prizes. Null: by candidates. */
  readonly popped: DueKnowledge | 'ONE_BUCKET' | 'UNKNOWN' | null
  /** Of the campaign's version: 0 the prizes' own odds, n the n-th table. */
  readonly oddsTable: number
}

/** `run`: the number under which this run of Redis was verified. `stockGeneration`: the gate's. */
export type Verdict =
  | { readonly kind: 'decided'; readonly createdAtMs: number; readonly seq: number; readonly outcomes: readonly Outcome[]; readonly drawsLeft: number | null; readonly run: number; readonly stockGeneration: string }
  | { readonly kind: 'replay'; readonly answer: StoredAnswer; readonly drawsLeft: number | null; readonly run: number }
  | { readonly kind: 'need'; readonly position: number; readonly units: number }
  | { readonly kind: 'need-due'; readonly units: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'day'; readonly nowMs: number }
  | { readonly kind: 'recovering' }
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly retryAfterMs: number | null }

const orNone = (limit: number | null): number => limit ?? -1
const positiveOrNull = (value: string | number | undefined): number | null =>
  (value === undefined || Number(value) < 0 ? null : Number(value))

function dueText(popped: Decision['popped']): string {
  if (popped === null || popped === 'UNKNOWN') return ''
  return popped === 'ONE_BUCKET' ? '*' : `${popped.generation}|${popped.units}|${popped.untilMs ?? ''}`
}

/**
 * Puts one decision to Redis. Throws ScriptMissingError where Redis has lost its scripts, the driver's errors, and BrokenCircuitError
 * where Redis was not asked, since it has failed too often.
 */
@Injectable()
export class DecideStore {
  constructor(private readonly redis: RedisService) {}

  async decide(d: Decision): Promise<Verdict> {
    const keys = bucketKeys(d.campaign, d.campaign.epoch, d.bucket)
    failpoint('decide.before')
    const visit = () => decide.run(this.redis.client, [
      keys.gate, keys.stock, keys.participants + d.participantId, keys.stream, keys.pend, keys.due,
    ], [
      d.campaign.epoch, d.campaign.version, d.riskVersion, d.stockGeneration,
      d.denied ?? '', d.frequentRetryAfterMs ?? '',
      d.idempotencyKey, d.fingerprint, d.snowflakes.join(','),
      d.days.day, d.days.startMs, d.days.nextMs, d.days.afterNextMs,
      orNone(d.campaign.drawsPerUserTotal), orNone(d.campaign.drawsPerUserDaily), orNone(d.campaign.winsPerUser),
      d.campaign.requiresTickets ? 1 : 0, d.firstCome ? 1 : 0,
      d.candidates.join(','), d.fallbacks.length === 0 ? 0 : d.fallbacks.join(','),
      d.terms.map((prize) => `${prize.position}:${orNone(prize.winsPerUser)}:${prize.unlockAfterDraws ?? 0}:${orNone(prize.unitsMost)}`).join(';'),
      d.windows.map((window) => `${window.windowSeconds}:${window.drawsMax}`).join(';'),
      d.participantId, d.deviceId ?? '', d.ip ?? '', d.traceParent ?? '', d.rolls.join(','),
      d.terms.flatMap((prize) => (prize.winsPerUserDaily === null ? [] : [`${prize.position}:${prize.winsPerUserDaily}`])).join(';'),
      d.allowances.map(({ code, limit, unitsMost }) => `${code}:${shareOf(limit, d.campaign.bucketCount, d.bucket)}:${orNone(unitsMost)}`).join(';'),
      d.terms.flatMap(({ position, uses }) => uses.map(({ code, units }) => `${position}:${code}:${units}`)).join(';'),
      d.guarantee === null ? '' : `${d.guarantee.afterLosses}:${d.guarantee.position}`,
      freeTickets(d.campaign),
      d.terms.flatMap(({ position, unlockAfterStreakDays: days }) => (days === null ? [] : [`${position}:${days}`])).join(';'),
      d.popped === null ? 0 : 1, dueText(d.popped),
      d.oddsTable,
    ])
    const reply = (await this.redis.guarded(visit)) as [string, ...Array<string | number>]
    failpoint('decide.after')
    return parseReply(reply)
  }

  /** The gate's stock generation: what is counted after this read counts for as long as the generation stays. */
  async stockGeneration(campaign: CampaignSnapshot, bucket: number): Promise<string> {
    return (await this.redis.client.hget(bucketKeys(campaign, campaign.epoch, bucket).gate, 'g')) ?? ''
  }
}

function parseReply([code, a, b, c, e, f, g = '']: [string, ...Array<string | number>]): Verdict {
  switch (code) {
    case 'OK':
      return { kind: 'decided', createdAtMs: Number(a), seq: Number(b), outcomes: parseOutcomes(String(c)), drawsLeft: positiveOrNull(e), run: Number(f), stockGeneration: String(g) }
    case 'REPLAY':
      return { kind: 'replay', answer: parseAnswer(String(a)), drawsLeft: positiveOrNull(b), run: Number(c) }
    case 'NEED':
      return { kind: 'need', position: Number(a), units: Number(b) }
    case 'NEED_DUE':
      return { kind: 'need-due', units: Number(a) }
    case 'STALE':
      return { kind: 'stale' }
    case 'DAY':
      return { kind: 'day', nowMs: Number(a) }
    case 'RECOVERING':
      return { kind: 'recovering' }
    default:
      return { kind: 'rejected', code: code as RejectionCode, retryAfterMs: positiveOrNull(a) }
  }
}
