import { Inject, Injectable } from '@nestjs/common'
import { type Context, isTest } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { isSafeId } from '../../common/ids.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { bucketKeys, bucketOf } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { defineScript } from '../../platform/redis/script.js'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import { isName } from '../campaigns/domain/validate.js'
import { SnapshotService } from '../campaigns/snapshot.service.js'
import { INCARNATION, type Incarnation } from './draws.types.js'
import { TestWorldService } from './test-world/test-world.service.js'
import { BALANCE_MAX, findGrant, insertGrant, markApplied, type TicketGrant, unappliedGrants } from './ticket.store.js'

const grantTickets = defineScript(new URL('./lua/grant-tickets-2.lua', import.meta.url))
const AMOUNT_MAX = 1_000_000
const REASON_MAX = 200
const SWEEP_MAX = 500

export interface GrantRequest {
  readonly campaignId: string
  readonly userId: string
  readonly amount: number
  readonly reason: string
  readonly idempotencyKey: string
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
    const grant = await this.sql.tenant(ctx.tenantId, async (sql) =>
      (await insertGrant(sql, ctx.tenantId, request)) ?? (await findGrant(sql, ctx.tenantId, request)))
    if (grant === null) throw badInput('input.amount', `would give the participant more than ${BALANCE_MAX} tickets`)
    if (grant.amount !== request.amount || grant.reason !== request.reason) {
      throw usedForAnother()
    }
    const balance = await this.#apply(campaign, grant)
    if (balance === null) throw beingRestored()
    await this.sql.tenant(ctx.tenantId, (sql) => markApplied(sql, [grant.id]))
    return { userId: request.userId, balance }
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
    const { campaignId, userId, amount, reason, idempotencyKey } = request
    const world = await this.worlds.open(ctx.tenantId, campaignId)
    if (world === null) throw noSuchCampaign()
    await this.worlds.enter(world, userId)
    if (!(await this.worlds.isFirst(world, userId, `grant:${idempotencyKey}`, `${amount}|${reason}`))) throw usedForAnother()
    const balance = await this.#apply(world, { id: `grant:${idempotencyKey}`, participantId: userId, amount, reason })
    if (balance === null) throw beingRestored()
    return { userId, balance }
  }

  async #apply(campaign: CampaignSnapshot, grant: TicketGrant): Promise<number | null> {
    if (!this.incarnation.isCurrent()) return null
    const keys = bucketKeys(campaign, campaign.epoch, bucketOf(campaign, grant.participantId))
    const participant = keys.participants + grant.participantId
    const reply = await grantTickets.run(this.redis.client, [keys.gate, participant], [campaign.epoch, grant.id, grant.amount])
    const [code, balance] = reply as [string, number]
    return code === 'OK' ? balance : null
  }
}

const noSuchCampaign = () => new AppError('NOT_FOUND', 'There is no such campaign.', { field: 'input.campaignId' })
const usedForAnother = () => new AppError('CONFLICT', 'This idempotency key was used for another grant.', { field: 'input.idempotencyKey' })
const beingRestored = () =>
  new AppError('OVERLOADED', 'The campaign is being restored. Send the grant again with the same idempotency key.', { retryAfterMs: 1_000 })

function validate(request: GrantRequest): void {
  if (!isSafeId(request.userId)) throw badInput('input.userId', 'must be 1 to 128 characters, none of them a control character or a brace')
  if (!isSafeId(request.idempotencyKey, 64)) throw badInput('input.idempotencyKey', 'must be 1 to 64 characters, none of them a control character or a brace')
  if (!Number.isInteger(request.amount) || request.amount < 1 || request.amount > AMOUNT_MAX) throw badInput('input.amount', `must be 1 to ${AMOUNT_MAX}`)
  if (!isName(request.reason, REASON_MAX)) throw badInput('input.reason', `must be 1 to ${REASON_MAX} characters, none of them a control character`)
}
