import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { isSafeId } from '../../common/ids.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import type { CampaignSnapshot, TicketRules } from '../campaigns/domain/snapshot.js'
import { effectiveStatus } from '../campaigns/domain/status.js'
import { SnapshotService } from '../campaigns/snapshot.service.js'
import { RiskService } from '../risk/risk.service.js'
import { dateOf, dayEnd, localDays } from './domain/calendar.js'
import { balanceOf } from './domain/ticket-lots.js'
import {
  beginClaim, type ClaimPlace, countShares, countStreak, type FoundClaim, hasSignedIn, insertClaim, shareKey, signInDate, signInKey,
} from './ticket-claim.store.js'
import type { TicketGrant } from './ticket.store.js'
import { TicketService } from './ticket.service.js'

export type ClaimRule = 'SIGN_IN' | 'SHARE'

/** In order of precedence. */
export type ClaimRefusal =
  | 'CAMPAIGN_NOT_FOUND' | 'CAMPAIGN_NOT_STARTED' | 'CAMPAIGN_ENDED' | 'CAMPAIGN_PAUSED' | 'BLOCKED' | 'NO_SUCH_RULE' | 'ALREADY_CLAIMED' | 'LIMIT_REACHED'

export interface ClaimRequest {
  readonly campaignId: string
  readonly userId: string
  readonly rule: ClaimRule
  readonly idempotencyKey: string
}

export type ClaimResult =
  | {
    readonly kind: 'claimed'
    readonly tickets: number
    readonly expiresAt: Date | null
    /** Of a sign-in: local days in a row, this one included. */
    readonly streakDays: number | null
    readonly balance: number
    readonly replayed: boolean
  }
  | { readonly kind: 'rejected'; readonly code: ClaimRefusal; readonly message: string; readonly retryAfterMs: number | null }

const MESSAGES: Readonly<Record<ClaimRefusal, string>> = {
  CAMPAIGN_NOT_FOUND: 'There is no such campaign.',
  CAMPAIGN_NOT_STARTED: 'The campaign has not started.',
  CAMPAIGN_ENDED: 'The campaign has ended.',
  CAMPAIGN_PAUSED: 'The campaign is paused.',
  BLOCKED: 'This participant may not take part.',
  NO_SUCH_RULE: 'The campaign gives no tickets for this.',
  ALREADY_CLAIMED: 'The participant has signed in today.',
  LIMIT_REACHED: 'The participant has had all the tickets that this gives.',
}

const rejected = (code: ClaimRefusal, retryAfterMs: number | null = null): ClaimResult =>
  ({ kind: 'rejected', code, message: MESSAGES[code], retryAfterMs })

type Claimed = { readonly grant: TicketGrant; readonly streakDays: number | null; readonly replayed: boolean }

/** What one kind of claim decides by. */
interface Terms {
  readonly campaign: CampaignSnapshot
  readonly rules: TicketRules | null
  readonly place: ClaimPlace
  readonly nowMs: number
  readonly tomorrowMs: number
}

/**
 * Tickets that a campaign's rules give to who asks. The ledger decides, one claim of a participant after the other: a sign-in
 * has one row for each local date, whatever keys it is sent with. Redis has them right after, as it has granted ones.
 */
@Injectable()
export class TicketClaimService {
  constructor(
    private readonly snapshots: SnapshotService,
    private readonly sql: SqlService,
    private readonly tickets: TicketService,
    private readonly risk: RiskService,
  ) {}

  /** Throws BAD_USER_INPUT, CONFLICT (the key claimed by another rule) and OVERLOADED (perhaps claimed, not yet usable: same key again). */
  async claim(ctx: Context, request: ClaimRequest, nowMs = Date.now()): Promise<ClaimResult> {
    validate(request)
    const campaign = await this.snapshots.get(ctx.tenantId, request.campaignId)
    if (campaign === null) return rejected('CAMPAIGN_NOT_FOUND')
    const days = localDays(campaign.timezone, nowMs)
    const place = { campaignId: campaign.id, userId: request.userId, date: dateOf(days.day), claimKey: request.idempotencyKey }
    const terms = { campaign, rules: campaign.ticketRules, place, nowMs, tomorrowMs: days.nextMs }
    // No device and no address claims: the participant does.
    const { blocked } = await this.risk.verdict(campaign, { userId: request.userId, deviceId: null, ip: null })
    const outcome = await this.sql.tenant(ctx.tenantId, async (sql): Promise<Claimed | ClaimResult> => {
      const before = await beginClaim(sql, ctx.tenantId, place)
      if (before !== null) return this.#replay(sql, ctx.tenantId, request, before)
      const closed = statusRefusal(campaign, nowMs)
      if (closed !== null) return closed
      if (blocked) return rejected('BLOCKED')
      return request.rule === 'SIGN_IN' ? this.#signIn(sql, ctx.tenantId, terms) : this.#share(sql, ctx.tenantId, terms)
    })
    if ('kind' in outcome) return outcome
    const { grant, streakDays, replayed } = outcome
    const lots = await this.tickets.apply(campaign, grant)
    return { kind: 'claimed', tickets: grant.amount, expiresAt: grant.expiresAt, streakDays, balance: balanceOf(lots), replayed }
  }

  /** Local days in a row with a sign-in; yesterday's counts until today is over. Throws NOT_FOUND. */
  async signInStreak(ctx: Context, campaignId: string, userId: string, nowMs = Date.now()): Promise<number> {
    const campaign = await this.snapshots.get(ctx.tenantId, campaignId)
    if (campaign === null) throw new AppError('NOT_FOUND', 'There is no such campaign.', { field: 'campaignId' })
    const { day } = localDays(campaign.timezone, nowMs)
    return this.sql.tenant(ctx.tenantId, async (sql) => {
      const streak = (last: number) => countStreak(sql, ctx.tenantId, campaign.id, userId, dateOf(last))
      return (await streak(day)) || (await streak(day - 1))
    }, { readOnly: true, guarded: true })
  }

  async #replay(sql: SqlClient, tenantId: string, { rule, campaignId }: ClaimRequest, { grant, ledgerKey }: FoundClaim): Promise<Claimed> {
    const date = signInDate(ledgerKey)
    if ((date !== null) !== (rule === 'SIGN_IN')) {
      throw new AppError('CONFLICT', 'This idempotency key was used for another claim.', { field: 'input.idempotencyKey' })
    }
    const streakDays = date === null ? null : await countStreak(sql, tenantId, campaignId, grant.participantId, date)
    return { grant, streakDays, replayed: true }
  }

  async #signIn(sql: SqlClient, tenantId: string, { campaign, rules, place, nowMs, tomorrowMs }: Terms): Promise<Claimed | ClaimResult> {
    const rule = rules?.signIn ?? null
    if (rule === null) return rejected('NO_SUCH_RULE')
    if (await hasSignedIn(sql, tenantId, place)) return rejected('ALREADY_CLAIMED', tomorrowMs - nowMs)
    const { day } = localDays(campaign.timezone, nowMs)
    const streakDays = 1 + (await countStreak(sql, tenantId, place.campaignId, place.userId, dateOf(day - 1)))
    const bonus = rule.streakBonuses.find(({ days }) => days === streakDays)?.tickets ?? 0
    const grant = await insertClaim(sql, tenantId, place, {
      ledgerKey: signInKey(place.date),
      amount: rule.tickets + bonus,
      reason: bonus === 0 ? 'sign-in' : `sign-in, ${streakDays} days in a row`,
      expiresAt: expiryOf(campaign, rule.expiresAfterDays, nowMs),
    })
    return grant === null ? rejected('LIMIT_REACHED') : { grant, streakDays, replayed: false }
  }

  async #share(sql: SqlClient, tenantId: string, { campaign, rules, place, nowMs, tomorrowMs }: Terms): Promise<Claimed | ClaimResult> {
    const rule = rules?.share ?? null
    if (rule === null) return rejected('NO_SUCH_RULE')
    const past = await countShares(sql, tenantId, place)
    if (rule.totalMax !== null && past.total >= rule.totalMax) return rejected('LIMIT_REACHED')
    if (past.today >= rule.perDayMax) return rejected('LIMIT_REACHED', tomorrowMs - nowMs)
    const expiresAt = expiryOf(campaign, rule.expiresAfterDays, nowMs)
    const grant = await insertClaim(sql, tenantId, place, { ledgerKey: shareKey(place), amount: rule.tickets, reason: 'share', expiresAt })
    return grant === null ? rejected('LIMIT_REACHED') : { grant, streakDays: null, replayed: false }
  }
}

const expiryOf = ({ timezone }: CampaignSnapshot, days: number | null, nowMs: number): Date | null =>
  (days === null ? null : new Date(dayEnd(timezone, nowMs, days)))

function statusRefusal(campaign: CampaignSnapshot, nowMs: number): ClaimResult | null {
  switch (effectiveStatus(campaign, nowMs)) {
    case 'ACTIVE': return null
    case 'PAUSED': return rejected('CAMPAIGN_PAUSED')
    case 'ENDED': case 'ARCHIVED': return rejected('CAMPAIGN_ENDED')
    case 'RECOVERING': throw new AppError('OVERLOADED', 'The campaign is being restored. Send the claim again with the same idempotency key.', { retryAfterMs: 1_000 })
    case 'DRAFT': case 'IN_REVIEW': case 'SCHEDULED': return rejected('CAMPAIGN_NOT_STARTED', Math.max(0, campaign.startsAtMs - nowMs))
  }
}

function validate(request: ClaimRequest): void {
  if (!isSafeId(request.userId)) throw badInput('input.userId', 'must be 1 to 128 characters, none of them a control character or a brace')
  if (!isSafeId(request.idempotencyKey, 64)) throw badInput('input.idempotencyKey', 'must be 1 to 64 characters, none of them a control character or a brace')
}
