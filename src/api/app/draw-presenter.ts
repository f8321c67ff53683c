import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { type Context, isTest } from '../../common/context.js'
import { decodeDrawId } from '../../common/draw-id.js'
import type { Draw } from '../../generated/app.graphql.js'
import { SnapshotService } from '../../modules/campaigns/snapshot.service.js'
import { TestCampaignService } from '../../modules/campaigns/test-campaign.service.js'
import { CodeReadService } from '../../modules/codes/code-read.service.js'
import type { AwardCode } from '../../modules/codes/codes.types.js'
import type { DrawView } from '../../modules/draws/draws.types.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { type AwardSecrets, exampleCode, toDraw, toPrize, type PublicPrize } from './mapping.js'

const REMOVED_MAX = 10_000
const REMOVED_AGE_MS = 60_000

/** Draws with the prizes that they won, those that have been taken out of their campaign since included. */
@Injectable()
export class DrawPresenter {
  readonly #removed = new LRUCache<string, PublicPrize>({ max: REMOVED_MAX, ttl: REMOVED_AGE_MS })

  constructor(
    private readonly snapshots: SnapshotService,
    private readonly tests: TestCampaignService,
    private readonly sql: SqlService,
    private readonly codes: CodeReadService,
  ) {}

  async present(ctx: Context, draws: readonly DrawView[]): Promise<Draw[]> {
    if (draws.every(({ prizeId }) => prizeId === null)) return draws.map((draw) => toDraw(draw, null))
    const prizes = await this.#prizes(ctx, draws)
    const secrets = this.#secrets(ctx, draws.filter(({ prizeId }) => prizeId !== null && prizes.get(prizeId)?.kind === 'COUPON_CODE'))
    return draws.map((draw) => {
      if (draw.prizeId === null) return toDraw(draw, null)
      const prize = prizes.get(draw.prizeId)
      if (prize === undefined) throw new Error(`The prize ${draw.prizeId} of draw ${draw.id} is nowhere`)
      return toDraw(draw, toPrize(prize), secrets.get(draw.id) ?? null)
    })
  }

  async presentOne(ctx: Context, draw: DrawView): Promise<Draw> {
    const [presented] = await this.present(ctx, [draw])
    return presented!
  }

  /** Of draws that won a coupon. However many of their codes the caller wants to see, they are read together, and not before. */
  #secrets(ctx: Context, draws: readonly DrawView[]): Map<string, AwardSecrets> {
    // What a test key wins has an id of another form, and no code of a pool.
    if (isTest(ctx)) return new Map(draws.map(({ id }) => [id, { code: async () => exampleCode(id), codeExpiresAt: async () => null }]))
    const awardIdOf = (draw: DrawView) => decodeDrawId(draw.id)!.snowflake
    let reading: Promise<Map<bigint, AwardCode>> | undefined
    const read = async (draw: DrawView) => (await (reading ??= this.codes.codes(ctx, draws.map(awardIdOf)))).get(awardIdOf(draw))
    return new Map(draws.map((draw) => [draw.id, {
      code: async () => (await read(draw))?.code ?? null,
      codeExpiresAt: async () => (await read(draw))?.expiresAt ?? null,
    }]))
  }

  async #prizes(ctx: Context, draws: readonly DrawView[]): Promise<Map<string, PublicPrize>> {
    const { tenantId } = ctx
    const campaigns = isTest(ctx) ? this.tests : this.snapshots
    const found = new Map<string, PublicPrize>()
    const won = draws.filter((draw): draw is DrawView & { prizeId: string } => draw.prizeId !== null)
    for (const campaignId of new Set(won.map((draw) => draw.campaignId))) {
      for (const prize of (await campaigns.get(tenantId, campaignId))?.prizes ?? []) found.set(prize.id, prize)
    }
    const missing = new Set(won.map(({ prizeId }) => prizeId).filter((id) => !found.has(id)))
    for (const id of missing) {
      const known = this.#removed.get(`${tenantId}/${id}`)
      if (known === undefined) continue
      found.set(id, known)
      missing.delete(id)
    }
    if (missing.size > 0) {
      for (const prize of await this.#read(tenantId, [...missing])) {
        found.set(prize.id, prize)
        this.#removed.set(`${tenantId}/${prize.id}`, prize)
      }
    }
    return found
  }

  async #read(tenantId: string, ids: readonly string[]): Promise<PublicPrize[]> {
    const { rows } = await this.sql.tenant(tenantId, (sql) => sql.query<PublicPrize>(
      `SELECT id, name, kind, image_url AS "imageUrl", CASE WHEN value_minor IS NULL THEN NULL
         ELSE jsonb_build_object('amountMinor', value_minor, 'currency', value_currency) END AS value
       FROM prize WHERE tenant_id = $1 AND id = ANY($2::uuid[])`,
      [tenantId, ids],
    ), { readOnly: true, guarded: true })
    return rows
  }
}
