import { Inject, Injectable } from '@nestjs/common'
import { type Context, isTest } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import type { Params, Reason } from '../../common/reasons.js'
import { isSafeId } from '../../common/ids.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { bucketKeys, bucketOf } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { defineScript } from '../../platform/redis/script.js'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import { isName } from '../campaigns/domain/validate.js'
import { SnapshotService } from '../campaigns/snapshot.service.js'
import { INCARNATION, type Incarnation } from './draws.types.js'
import { localDays } from './domain/calendar.js'
import { balanceOf, type TicketLot, usableLots } from './domain/ticket-lots.js'
import { BALANCE_MAX, GRANTED_LOTS_MAX, type GrantRefusal, grantOnce, markApplied, type TicketGrant, unappliedGrants } from './ticket.store.js'
import { TestWorldService } from './test-world/test-world.service.js'

const grantTickets = defineScript(new URL('./lua/grant-tickets-2.lua', import.meta.url))
const AMOUNT_MAX = 1_000_000
const REASON_MAX = 200
const EXPIRY_MS_MAX = Date.UTC(2200, 0, 1)
const SWEEP_MAX = 500

export interface GrantRequest {
  readonly campaignId: string
  readonly userId: string
  readonly amount: number
  readonly reason: string
  readonly idempotencyKey: string
  /** Usable before this moment; null: for ever. */
  readonly expiresAt: Date | null
}

const REFUSALS: Readonly<Record<GrantRefusal, readonly [field: string, message: string, reason: Reason, params?: Params]>> = {
  TOO_MANY: ['input.amount', `would give the participant more than ${BALANCE_MAX} tickets`, 'TICKETS_FULL', { max: BALANCE_MAX }],
  TOO_MANY_LOTS: ['input.expiresAt', `the participant has tickets of ${GRANTED_LOTS_MAX} different expiries; take one of them`, 'TICKET_LOTS', { max: GRANTED_LOTS_MAX }],
  EXPIRED: ['input.expiresAt', 'must be in the future', 'FUTURE'],
}

/**
 * Tickets are granted in Postgres first and applied to Redis after, once for each ledger row: a crash in between is
 * finished by the same key sent again, by the sweep, or by a rebuild.
 */
@Injectable()
export class TicketService {
  constructor(
    private readonly snapshots: SnapshotService,
    private readonly sql: SqlService,
    private readonly redis: RedisService,
    @Inject(INCARNATION) private readonly incarnation: Incarnation,
    private readonly worlds: TestWorldService,
  ) {}

  /** Throws BAD_USER_INPUT, NOT_FOUND, CONFLICT (the key was used for another grant) and OVERLOADED (granted, not yet usable: same key again). */
  async grant(ctx: Context, request: GrantRequest): Promise<{ userId: string; balance: number }> {
    validate(request)
    if (isTest(ctx)) return this.#grantInTest(ctx, request)
    const campaign = await this.snapshots.get(ctx.tenantId, request.campaignId)
    if (campaign === null) throw noSuchCampaign()
    const grant = await this.sql.tenant(ctx.tenantId, (sql) => grantOnce(sql, ctx.tenantId, request))
    if (typeof grant === 'string') throw badInput(...REFUSALS[grant])
    const isSame = grant.amount === request.amount && grant.reason === request.reason
      && grant.expiresAt?.getTime() === request.expiresAt?.getTime()
    if (!isSame) throw usedForAnother()
    return { userId: request.userId, balance: balanceOf(await this.apply(campaign, grant)) }
  }

  /** Makes a grant of the ledger usable, once. Resolves to the participant's lots; throws OVERLOADED where that must wait. */
  async apply(campaign: CampaignSnapshot, grant: TicketGrant): Promise<TicketLot[]> {
    const lots = (await this.#apply(campaign, grant)) ?? (await this.#applyAnew(campaign, grant))
    if (lots === null) throw beingRestored()
    await this.sql.tenant(campaign.tenantId, (sql) => markApplied(sql, [grant.id]))
    return lots
  }

  /** Applies what was granted and not applied for 5 s. Returns how many rows it finished. */
  async sweep(campaign: CampaignSnapshot): Promise<number> {
    const left = await this.sql.tenant(campaign.tenantId, (sql) => unappliedGrants(sql, campaign.id, SWEEP_MAX))
    const done: string[] = []
    for (const grant of left) if ((await this.#apply(campaign, grant)) !== null) done.push(grant.id)
    if (done.length > 0) await this.sql.tenant(campaign.tenantId, (sql) => markApplied(sql, done))
    return done.length
  }

  /** The test world's ledger is its participant's hash. */
  async #grantInTest(ctx: Context, request: GrantRequest): Promise<{ userId: string; balance: number }> {
    const { campaignId, userId, amount, reason, idempotencyKey, expiresAt } = request
    const world = await this.worlds.open(ctx.tenantId, campaignId)
    if (world === null) throw noSuchCampaign()
    await this.worlds.enter(world, userId)
    if (!(await this.worlds.isFirst(world, userId, `grant:${idempotencyKey}`, `${amount}|${reason}|${expiresAt?.getTime() ?? ''}`))) throw usedForAnother()
    if (expiresAt !== null && expiresAt.getTime() <= Date.now()) throw badInput(...REFUSALS.EXPIRED)
    const lots = await this.#apply(world, { id: `grant:${idempotencyKey}`, participantId: userId, amount, reason, expiresAt })
    if (lots === null) throw beingRestored()
    return { userId, balance: balanceOf(lots) }
  }

  /** The gate may be of a newer epoch than this process has heard of. */
  async #applyAnew(campaign: CampaignSnapshot, grant: TicketGrant): Promise<TicketLot[] | null> {
    const fresh = await this.snapshots.reload(campaign.tenantId, campaign.id, performance.now())
    return fresh === null || fresh.epoch === campaign.epoch ? null : this.#apply(fresh, grant)
  }

  async #apply(campaign: CampaignSnapshot, grant: TicketGrant): Promise<TicketLot[] | null> {
    if (!this.incarnation.isCurrent()) return null
    const keys = bucketKeys(campaign, campaign.epoch, bucketOf(campaign, grant.participantId))
    const participant = keys.participants + grant.participantId
    const expiresMs = grant.expiresAt?.getTime() ?? 0
    const reply = await grantTickets.run(this.redis.client, [keys.gate, participant], [campaign.epoch, grant.id, grant.amount, expiresMs])
    const [code, never, lots, freeDay] = reply as [string, number, string, string]
    if (code !== 'OK') return null
    const nowMs = Date.now()
    return usableLots({ never, lots, freeDay: freeDay === '' ? null : Number(freeDay) }, campaign, localDays(campaign.timezone, nowMs), nowMs)
  }
}

const noSuchCampaign = () => new AppError('NOT_FOUND', 'There is no such campaign.', { field: 'input.campaignId' })
const usedForAnother = () => new AppError('CONFLICT', 'This idempotency key was used for another grant.', { field: 'input.idempotencyKey', reason: 'KEY_USED' })
const beingRestored = () =>
  new AppError('OVERLOADED', 'The campaign is being restored. Send the grant again with the same idempotency key.', { retryAfterMs: 1_000 })

function validate(request: GrantRequest): void {
  if (!isSafeId(request.userId)) throw badInput('input.userId', 'must be 1 to 128 characters, none of them a control character or a brace', 'ID', { max: 128 })
  if (!isSafeId(request.idempotencyKey, 64)) throw badInput('input.idempotencyKey', 'must be 1 to 64 characters, none of them a control character or a brace')
  if (!Number.isInteger(request.amount) || request.amount < 1 || request.amount > AMOUNT_MAX) throw badInput('input.amount', `must be 1 to ${AMOUNT_MAX}`, 'RANGE', { min: 1, max: AMOUNT_MAX })
  if (request.expiresAt !== null && !(request.expiresAt.getTime() < EXPIRY_MS_MAX)) throw badInput('input.expiresAt', 'must be before the year 2200', 'YEARS', { from: 2000, to: 2200 })
  if (!isName(request.reason, REASON_MAX)) throw badInput('input.reason', `must be 1 to ${REASON_MAX} characters, none of them a control character`, 'NAME', { max: REASON_MAX })
}
