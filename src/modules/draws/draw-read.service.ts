import { Inject, Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { type Context, isTest } from '../../common/context.js'
import { awardIdOf, decodeDrawId, encodeDrawId } from '../../common/draw-id.js'
import { AppError, badInput } from '../../common/errors.js'
import { isSafeId } from '../../common/ids.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import { SnapshotService } from '../campaigns/snapshot.service.js'
import { viewDecided } from './domain/draw-view.js'
import { maskUserId } from './domain/mask.js'
import { type ParticipantView, viewParticipant } from './domain/participant-view.js'
import { DrawMemory } from './draw-memory.js'
import { type DrawFilter, drawExists, type DrawRow, findDraw, listDraws, listWinners, type WinnerRow } from './draw-read.store.js'
import type { DrawPage, DrawQuery, Winner } from './draw-read.types.js'
import { type DecidedDraw, type DecidedDraws, DURABLE_WINS, type DrawView, type DurableWins, INCARNATION, type Incarnation } from './draws.types.js'
import { TestReadService } from './test-world/test-read.service.js'
import { type ParticipantCounts, UnsettledStore } from './unsettled.store.js'

const PAGE_MAX = 100
const WINNERS_MAX = 100
const WINNERS_AGE_MS = 1_000
const READ = { readOnly: true, guarded: true } as const

/** Process → Redis → Postgres: an answered draw can be read at once, before it is settled. */
@Injectable()
export class DrawReadService {
  readonly #winners = new LRUCache<string, Promise<Winner[]>>({ max: 1_000, ttl: WINNERS_AGE_MS })

  constructor(
    private readonly snapshots: SnapshotService,
    private readonly unsettled: UnsettledStore,
    private readonly memory: DrawMemory,
    private readonly sql: SqlService,
    @Inject(DURABLE_WINS) private readonly durableWins: DurableWins,
    @Inject(INCARNATION) private readonly incarnation: Incarnation,
    private readonly tests: TestReadService,
  ) {}

  /** Null for what does not exist, is another tenant's, or (for a participant) another participant's. Throws OVERLOADED where that cannot be known now. */
  async draw(ctx: Context, publicId: string): Promise<DrawView | null> {
    if (isTest(ctx)) return this.tests.draw(ctx, publicId)
    const parts = decodeDrawId(publicId)
    if (parts === null) return null
    const draw = this.memory.find(ctx.tenantId, publicId) ?? (await this.#find(ctx, parts))
    return draw === null || (ctx.caller.kind === 'participant' && ctx.caller.userId !== draw.userId) ? null : draw
  }

  /** Newest first, settled or not. Throws NOT_FOUND, BAD_USER_INPUT, and OVERLOADED while the campaign is being restored. */
  async draws(ctx: Context, query: DrawQuery): Promise<DrawPage> {
    if (!Number.isInteger(query.first) || query.first < 1 || query.first > PAGE_MAX) throw badInput('first', `must be 1 to ${PAGE_MAX}`)
    if (isTest(ctx)) return this.tests.draws(ctx, query)
    const cursor = query.after === null ? null : decodeDrawId(query.after)
    if (query.after !== null && cursor === null) throw badInput('after', 'is not a cursor of this list')
    if (query.idempotencyKey !== null && query.userId === null) throw badInput('idempotencyKey', 'is looked for among one participant’s: say userId too')
    const isUnsafe = [query.userId, query.idempotencyKey].some((name) => name !== null && !isSafeId(name))
    if (isUnsafe) return { edges: [], hasNextPage: false, endCursor: null }
    const campaign = await this.#campaign(ctx, query.campaignId)
    if (!this.#isWhole(campaign)) throw beingRestored()
    const { userId, idempotencyKey, outcome } = query
    const filter: DrawFilter = { campaignId: campaign.id, userId, idempotencyKey, outcome, before: cursor?.snowflake ?? null }

    const fits = ({ snowflake, position }: DecidedDraw) =>
      (filter.before === null || snowflake < filter.before) && (filter.outcome === null || (filter.outcome === 'WON') === (position !== 0))
    // Redis before Postgres: what is settled in between is found there.
    const waiting = query.userId === null
      ? await this.unsettled.ofCampaign(campaign, query.first + 1, fits)
      : await this.unsettled.ofParticipant(campaign, query.userId)
    const rows = await this.sql.tenant(ctx.tenantId, (sql) => listDraws(sql, filter, query.first + 1), READ)
    const found = new Map(rows.map((row) => [row.id, viewRow(campaign, row)]))
    // A durable win is a row: it was found, or lies below the page. Without a look at Postgres for each, the others are not durable.
    for (const decided of waiting) {
      if (idempotencyKey !== null && decided.idempotencyKey !== idempotencyKey) continue
      const views = viewDecided(decided, this.#known(decided))
      decided.draws.forEach((draw, n) => {
        const view = views[n]!
        const name = draw.snowflake.toString()
        if (fits(draw) && !found.has(name) && (filter.outcome === null || view.outcome === filter.outcome)) found.set(name, view)
      })
    }
    const sorted = [...found].sort(([a], [b]) => (BigInt(a) < BigInt(b) ? 1 : -1)).map(([, draw]) => draw)
    const edges = sorted.slice(0, query.first).map((draw) => ({ cursor: draw.id, draw }))
    return { edges, hasNextPage: sorted.length > query.first, endCursor: edges.at(-1)?.cursor ?? null }
  }

  /** Throws NOT_FOUND, and OVERLOADED while the campaign is being restored. A participant that never drew has all of its draws left. */
  async participant(ctx: Context, campaignId: string, userId: string): Promise<ParticipantView> {
    if (!isSafeId(userId)) throw badInput('userId', 'must be 1 to 128 characters, none of them a control character or a brace', 'ID', { max: 128 })
    if (isTest(ctx)) return this.tests.participant(ctx, campaignId, userId)
    const campaign = await this.#campaign(ctx, campaignId)
    return viewParticipant(campaign, userId, await this.#counts(campaign, userId), Date.now())
  }

  /** Durable wins, newest first, with masked names; up to a second old. Throws NOT_FOUND and BAD_USER_INPUT. */
  async recentWinners(ctx: Context, campaignId: string, first: number): Promise<Winner[]> {
    if (!Number.isInteger(first) || first < 1 || first > WINNERS_MAX) throw badInput('first', `must be 1 to ${WINNERS_MAX}`)
    if (isTest(ctx)) return this.tests.recentWinners(ctx, campaignId, first)
    const campaign = await this.#campaign(ctx, campaignId)
    const known = this.#winners.get(campaign.id)
    const loading = known ?? this.sql.tenant(ctx.tenantId, (sql) => listWinners(sql, campaign.id, WINNERS_MAX), READ)
      .then((rows) => rows.map(viewWinner))
    if (known === undefined) {
      this.#winners.set(campaign.id, loading)
      loading.catch(() => this.#winners.delete(campaign.id))
    }
    return (await loading).slice(0, first)
  }

  async #find(ctx: Context, { snowflake, campaignNo, bucket }: NonNullable<ReturnType<typeof decodeDrawId>>): Promise<DrawView | null> {
    const campaign = await this.#withBucket(await this.snapshots.byNo(campaignNo), ctx, bucket)
    if (campaign === null) return null
    const waiting = await this.unsettled.find(campaign, bucket, snowflake)
    if (waiting !== null) {
      const views = viewDecided(waiting, this.#known(waiting) || (await this.#isRow(ctx, waiting)))
      return views.find(({ id }) => decodeDrawId(id)?.snowflake === snowflake) ?? null
    }
    const row = await this.sql.tenant(ctx.tenantId, (sql) => findDraw(sql, campaign.id, snowflake), READ)
    if (row === null) {
      if (!this.#isWhole(campaign)) throw beingRestored()
      return null
    }
    const view = viewRow(campaign, row)
    this.memory.remember(ctx.tenantId, [view])
    return view
  }

  /** The campaign, as new as it must be to have the bucket: it may have been given more than this process has heard of. */
  async #withBucket(campaign: CampaignSnapshot | null, ctx: Context, bucket: number): Promise<CampaignSnapshot | null> {
    if (campaign === null || campaign.tenantId !== ctx.tenantId) return null
    if (bucket < campaign.bucketCount) return campaign
    const fresh = await this.snapshots.reload(campaign.tenantId, campaign.id)
    return fresh !== null && bucket < fresh.bucketCount ? fresh : null
  }

  async #counts(campaign: CampaignSnapshot, userId: string): Promise<ParticipantCounts> {
    const askedAt = performance.now()
    const counts = this.#isWhole(campaign) ? await this.unsettled.counts(campaign, userId) : null
    if (counts !== null) return counts
    // The gate may be of a newer epoch than this process has heard of.
    const fresh = await this.snapshots.reload(campaign.tenantId, campaign.id, askedAt)
    const again = fresh !== null && this.#isWhole(fresh) ? await this.unsettled.counts(fresh, userId) : null
    if (again === null) throw beingRestored()
    return again
  }

  /** Whether Redis holds all that it should: what it lacks while it is restored would be told as never having been. */
  #isWhole(campaign: CampaignSnapshot): boolean {
    return campaign.status !== 'RECOVERING' && this.incarnation.isCurrent()
  }

  /** A win that waits for its commit is PENDING, whoever asks: only a row in Postgres makes it one that can be told. */
  #known({ campaign, draws }: DecidedDraws): boolean {
    return campaign.durability === 'FAST' || draws.every(({ position, snowflake }) => position === 0 || this.durableWins.isDurable(snowflake))
  }

  /** The wins of one request are committed together: one tells of all. */
  #isRow(ctx: Context, { participantId, draws }: DecidedDraws): Promise<boolean> {
    const { snowflake } = draws.find(({ position }) => position !== 0)!
    return this.sql.tenant(ctx.tenantId, (sql) => drawExists(sql, participantId, snowflake), READ)
  }

  async #campaign(ctx: Context, campaignId: string): Promise<CampaignSnapshot> {
    const campaign = await this.snapshots.get(ctx.tenantId, campaignId)
    if (campaign === null) throw new AppError('NOT_FOUND', 'There is no such campaign.', { field: 'campaignId' })
    return campaign
  }
}

const beingRestored = () => new AppError('OVERLOADED', 'The campaign is being restored. Ask again in a moment.', { retryAfterMs: 1_000 })

const viewWinner = ({ participantId, prizeName, createdAt }: WinnerRow): Winner =>
  ({ maskedUserId: maskUserId(participantId), prizeName, at: createdAt })

const amountOf = ({ amountMinor, amountCurrency: currency }: DrawRow) =>
  (amountMinor === null || currency === null ? null : { amountMinor, currency })

function viewRow(campaign: CampaignSnapshot, row: DrawRow): DrawView {
  const id = encodeDrawId({ snowflake: BigInt(row.id), campaignNo: campaign.no, bucket: row.bucket })
  return {
    id,
    campaignId: row.campaignId,
    userId: row.participantId,
    idempotencyKey: row.idempotencyKey,
    ordinal: row.ordinal,
    state: row.state,
    outcome: row.outcome,
    prizeId: row.prizeId,
    award: row.awardStatus === null || row.prizeId === null ? null : {
      id: awardIdOf(id),
      drawId: id,
      prizeId: row.prizeId,
      status: row.awardStatus,
      amount: amountOf(row),
      createdAt: row.createdAt,
    },
    createdAt: row.createdAt,
    settledAt: row.settledAt,
    decidedBy: { roll: row.roll, campaignVersion: row.campaignVersion, oddsTable: row.oddsTable, epoch: row.epoch },
  }
}
