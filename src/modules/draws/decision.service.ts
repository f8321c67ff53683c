import { Injectable } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../common/errors.js'
import { bucketOf } from '../../platform/redis/keys.js'
import { isRedisUnavailable, isReplyError } from '../../platform/redis/redis-errors.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { currentTraceParent } from '../../platform/telemetry/tracing.js'
import type { CampaignSnapshot, SnapshotPrize } from '../campaigns/domain/snapshot.js'
import { SnapshotService } from '../campaigns/snapshot.service.js'
import type { Allowance } from '../inventory/domain/allowance.js'
import { InventoryService } from '../inventory/inventory.service.js'
import { RiskService } from '../risk/risk.service.js'
import type { RiskVerdict } from '../risk/risk.types.js'
import { LRUCache } from 'lru-cache'
import { AudienceService } from './audience.service.js'
import { DecideStore, type Decision, type DueKnowledge, type PrizeTerms } from './decide.store.js'
import { fingerprint, type Outcome } from './domain/answer.js'
import { Calendars } from './domain/calendar.js'
import type { Odds } from './domain/audience.js'
import { candidate, firstComeCandidates, mechanicRules, rulesOf, spendingOn } from './domain/odds.js'
import { roll } from './domain/roll.js'
import type { DecidedDraws, DrawRequest, RejectionCode } from './draws.types.js'
import { NodeLeaseService } from './node-lease.service.js'
import { ExhaustedPrizes, type Marks } from './memory/exhausted-prizes.js'
import { RedisVisits } from './memory/redis-visits.js'
import type { VelocityHold } from './velocity-hold.js'

// Stale snapshots, a new day, fetches for each prize of a ten-fold draw: each asks again; none does so for ever.
const ATTEMPTS_MAX = 40
const GATE_WAIT_MS_MAX = 32
const EPOCH_LOOKS_MAX = 2
/** What a prize that is gone costs at the least where nobody remembers it: the generation, a look for stock, and asking again. */
const VISITS_PER_SEARCH = 3
const DUE_KNOWN_MAX = 50_000

export interface Decided {
  readonly kind: 'decided'
  readonly decided: DecidedDraws
  /** Known to be in Postgres: rebuilt from there. */
  readonly durable: boolean
  readonly replayed: boolean
  readonly drawsLeft: number | null
}
export type DecisionResult = Decided | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly retryAfterMs: number | null }

/** The campaign by a read that began at `since` (by performance.now()) or later; null where there is none any more. */
export type Reload = (campaign: CampaignSnapshot, since: number) => Promise<CampaignSnapshot | null>

/** Rolls, asks the script, and brings what the script says it lacks: a newer snapshot, the right day, stock from elsewhere. */
@Injectable()
export class DecisionService {
  readonly #calendars = new Calendars()
  /** What is due of popped stock, by campaign, epoch and bucket: most draws come between two moments, and look nowhere. */
  readonly #due = new LRUCache<string, DueKnowledge>({ max: DUE_KNOWN_MAX })

  constructor(
    private readonly snapshots: SnapshotService,
    private readonly risk: RiskService,
    private readonly audience: AudienceService,
    private readonly inventory: InventoryService,
    private readonly store: DecideStore,
    private readonly lease: NodeLeaseService,
    private readonly exhausted: ExhaustedPrizes,
    private readonly visits: RedisVisits,
    private readonly metrics: Metrics,
  ) {}

  /** `hold`: taken under `firstRisk`; kept where the draws were decided, or may have been. */
  async decide(
    first: CampaignSnapshot, request: DrawRequest, firstRisk: RiskVerdict, hold: VelocityHold,
    reload: Reload = (known, since) => this.snapshots.reload(known.tenantId, known.id, since),
  ): Promise<DecisionResult> {
    let campaign = first
    let risk = firstRisk
    let nowMs = Date.now()
    let epochLooks = 0
    const snowflakes = Array.from({ length: request.count }, () => this.lease.nextId())
    const rolls = this.#rolls(campaign, request)
    const isTest = first.test === true
    /** What this very request found to be left of what it lacked. */
    const found = new Map<number, number>()
    // A test world may have begun anew, under the same names.
    if (isTest) this.exhausted.forget(campaign, bucketOf(campaign, request.userId))

    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      // With a newer epoch the campaign may have more buckets.
      const bucket = bucketOf(campaign, request.userId)
      const marks = this.exhausted.of(campaign, bucket)
      const decision = this.#decision({
        campaign, risk, bucket, request, frequentRetryAfterMs: hold.retryAfterMs, snowflakes, rolls, marks, found, nowMs,
      })
      const askedAt = performance.now()
      if (!isTest) this.visits.made.inc()
      const verdict = await this.metrics.stage('decide', {}, () => this.store.decide(decision), !isTest).catch((error: unknown) => {
        // It may have been decided and only its answer been lost.
        if (isRedisUnavailable(error) && !isReplyError(error)) hold.keep()
        throw error
      })
      switch (verdict.kind) {
        case 'decided': {
          hold.keep()
          this.exhausted.heard(campaign, bucket, verdict.stockGeneration)
          if (attempt === 0 && !isTest && marks.unitsMost.size > 0) this.#countSaved(this.audience.oddsFor(campaign, request), rolls, marks)
          const decided = decidedOf(
            decision, verdict.run, campaign.version, decision.oddsTable, verdict.seq, verdict.createdAtMs, snowflakes, rolls,
            verdict.outcomes,
          )
          return { kind: 'decided', decided, durable: false, replayed: false, drawsLeft: verdict.drawsLeft }
        }
        case 'replay': {
          const { answer } = verdict
          // Decided by this very call, whose first answer the driver lost.
          if (answer.snowflakes[0] === snowflakes[0]) hold.keep()
          const version = answer.campaignVersion ?? campaign.version
          const where = { ...decision, bucket: answer.bucket ?? bucket }
          const decided = decidedOf(
            where, verdict.run, version, answer.oddsTable, answer.seq ?? 0, answer.createdAtMs, answer.snowflakes, answer.rolls,
            answer.outcomes,
          )
          return { kind: 'decided', decided, durable: answer.seq === null, replayed: true, drawsLeft: verdict.drawsLeft }
        }
        case 'rejected':
          return verdict
        case 'recovering': {
          // The gate may be of a newer epoch than this process has heard of. A shared read may have begun before that: look twice.
          const fresh = epochLooks++ < EPOCH_LOOKS_MAX ? await reload(campaign, askedAt) : null
          if (fresh === null || fresh.status === 'RECOVERING') return { kind: 'rejected', code: 'RECOVERING', retryAfterMs: null }
          campaign = fresh
          // A snapshot has the rules of the verdict that was taken on it.
          risk = await this.risk.verdict(campaign, request)
          await hold.take(campaign, risk)
          break
        }
        case 'stale': {
          const fresh = await reload(campaign, askedAt)
          if (fresh === null) return { kind: 'rejected', code: 'CAMPAIGN_NOT_FOUND', retryAfterMs: null }
          const before = { version: campaign.version, riskVersion: risk.version }
          campaign = fresh
          // The snapshot says which lists are the newest: the verdict reads them where they are not known.
          risk = await this.risk.verdict(campaign, request)
          await hold.take(campaign, risk)
          // Then it is the gate that is old: whoever made the change is about to write it.
          if (campaign.version === before.version && risk.version === before.riskVersion) {
            await sleep(Math.min(2 ** attempt, GATE_WAIT_MS_MAX))
          }
          break
        }
        case 'day':
          nowMs = verdict.nowMs
          break
        case 'need': {
          if (!isTest) this.visits.made.inc(VISITS_PER_SEARCH - 1)
          const generation = await this.store.stockGeneration(campaign, bucket)
          const allowance = decision.allowances.find(({ code }) => code === verdict.position)
          await this.#fetch(campaign, bucket, allowance ?? verdict.position, verdict.units, generation, found)
          break
        }
        case 'need-due': {
          const generation = await this.store.stockGeneration(campaign, bucket)
          const due = await this.inventory.fetchDue(campaign, bucket, verdict.units)
          if (due !== null) this.#due.set(dueName(campaign, bucket), { generation, ...due })
        }
      }
    }
    throw new AppError('OVERLOADED', 'The draw could not be decided now. Send it again with the same idempotency key.', { retryAfterMs: 100 })
  }

  /** Brings as many of the units into the bucket as there are; where there are fewer anywhere, notes how many. */
  async #fetch(
    campaign: CampaignSnapshot, bucket: number, wanted: number | Allowance, units: number,
    stockGeneration: string, found: Map<number, number>,
  ): Promise<void> {
    const name = typeof wanted === 'number' ? wanted : wanted.code
    // Of money, all or none: fewer units than the prizes cost are of no use, and what is left may be many.
    const step = typeof wanted === 'number' ? 1 : units
    for (let need = units; need > 0; need -= step) {
      if ((await this.inventory.fetch(campaign, bucket, wanted, need)) === 'FETCHED') return
      found.set(name, need - 1)
      this.exhausted.note(campaign, bucket, stockGeneration, name, need - 1)
    }
  }

  /** Each prize that was rolled and is remembered to be gone would have been looked for. */
  #countSaved({ prizes }: Odds, rolls: readonly number[], { unitsMost }: Marks): void {
    const rolled = new Set(rolls.map((one) => candidate(prizes, one)?.position ?? 0))
    const gone = new Set([...rolled].filter((position) => unitsMost.get(position) === 0))
    if (gone.size > 0) this.visits.saved('exhausted_prize', gone.size * VISITS_PER_SEARCH)
  }

  #rolls(campaign: CampaignSnapshot, request: DrawRequest): number[] {
    return Array.from({ length: request.count }, (_, ordinal) =>
      roll(campaign.seed, campaign.id, request.userId, request.idempotencyKey, ordinal))
  }

  #decision(given: {
    campaign: CampaignSnapshot; risk: RiskVerdict; bucket: number; request: DrawRequest; frequentRetryAfterMs: number | null
    snowflakes: readonly bigint[]; rolls: readonly number[]; marks: Marks; found: ReadonlyMap<number, number>; nowMs: number
  }): Decision {
    const { campaign, request, rolls, marks: { unitsMost, stockGeneration } } = given
    const { firstCome } = mechanicRules(campaign.mechanic)
    const popped = campaign.lots.length > 0
    // Of the snapshot at hand, and so anew where that was stale.
    const { table, prizes } = this.audience.oddsFor(campaign, request)
    // Of what other requests found, only what is gone altogether steers a first-come draw: how many units somebody saw of a
    // prize once must not decide what is won now.
    const gone = firstCome ? [...unitsMost].filter(([, most]) => most === 0) : []
    const chosen = popped ? rolls.map(() => null) : firstCome
      ? firstComeCandidates(prizes, rolls, new Map([...gone, ...given.found]))
      : rolls.map((rolled) => candidate(prizes, rolled))
    const days = this.#calendars.at(campaign.timezone, given.nowMs)
    const rules = rulesOf(campaign)
    const { guarantee } = rules
    // Only what these draws can come to: instead of nothing there is no fallback, and what no prize in question uses up is not asked for.
    const fallbacks = popped || chosen.some((prize) => prize !== null) ? rules.fallbacks : []
    const named = [...(popped ? campaign.prizes : chosen), ...fallbacks, guarantee].filter((prize) => prize !== null)
    // Most draws lose by their roll, and ask for no prize at all.
    const { terms, allowances } = named.length === 0 ? NO_PRIZES : termsOf(campaign, named, days.day, unitsMost)
    return {
      campaign,
      riskVersion: given.risk.version,
      bucket: given.bucket,
      stockGeneration,
      denied: given.risk.blocked ? 'BLOCKED' : this.audience.isEligible(campaign, request) ? null : 'NOT_ELIGIBLE',
      frequentRetryAfterMs: given.frequentRetryAfterMs,
      participantId: request.userId,
      idempotencyKey: request.idempotencyKey,
      fingerprint: fingerprint(request.count, request.deviceId),
      snowflakes: given.snowflakes,
      days,
      firstCome,
      candidates: chosen.map((prize) => prize?.position ?? 0),
      fallbacks: fallbacks.map(({ position }) => position),
      terms,
      windows: given.risk.allowed ? [] : this.risk.rules(campaign).filter(({ subject }) => subject === 'PARTICIPANT'),
      deviceId: request.deviceId,
      ip: request.ip,
      traceParent: currentTraceParent(),
      rolls,
      allowances,
      guarantee: guarantee === null ? null : { afterLosses: campaign.guaranteeAfterLosses!, position: guarantee.position },
      popped: !popped ? null : campaign.bucketCount === 1 ? 'ONE_BUCKET' : (this.#due.get(dueName(campaign, given.bucket)) ?? 'UNKNOWN'),
      oddsTable: table,
    }
  }
}

const NO_PRIZES: Pick<Decision, 'terms' | 'allowances'> = { terms: [], allowances: [] }

/** What the script must know of the prizes in question, and of what they use up on that day. */
function termsOf(
  campaign: CampaignSnapshot, named: readonly SnapshotPrize[], day: number, unitsMost: ReadonlyMap<number, number>,
): Pick<Decision, 'terms' | 'allowances'> {
  const involved = new Map(named.map((prize) => [prize.position, prize]))
  const spending = spendingOn(campaign, day)
  const terms = [...involved.values()].map((prize): PrizeTerms =>
    ({ ...prize, unitsMost: unitsMost.get(prize.position) ?? null, uses: spending.uses.get(prize.position) ?? [] }))
  const used = new Set(terms.flatMap(({ uses }) => uses.map(({ code }) => code)))
  const allowances = spending.allowances.filter(({ code }) => used.has(code))
    .map((allowance) => ({ ...allowance, unitsMost: unitsMost.get(allowance.code) ?? null }))
  return { terms, allowances }
}

const dueName = (campaign: CampaignSnapshot, bucket: number) => `${campaign.id}/${campaign.epoch}/${bucket}`

function decidedOf(
  { campaign, bucket, participantId, idempotencyKey, fingerprint: print, deviceId, ip, traceParent }: Decision,
  run: number, campaignVersion: number, oddsTable: number, seq: number, createdAtMs: number,
  snowflakes: readonly bigint[], rolls: readonly number[], outcomes: readonly Outcome[],
): DecidedDraws {
  return {
    campaign, bucket, run, seq, participantId, idempotencyKey, fingerprint: print, createdAtMs, campaignVersion, oddsTable,
    deviceId, ip, traceParent,
    draws: snowflakes.map((snowflake, ordinal) => ({
      snowflake, ordinal,
      roll: rolls[ordinal] ?? 0,
      position: outcomes[ordinal]?.position ?? 0,
      wonAs: outcomes[ordinal]?.wonAs ?? null,
      amountMinor: outcomes[ordinal]?.amountMinor ?? null,
    })),
  }
}
