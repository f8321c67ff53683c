import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import type { AwardActionResult, AwardRecord, Prize } from '../../generated/admin.graphql.js'
import { CampaignService } from '../../modules/campaigns/campaign.service.js'
import type { AwardActionResult as ResultView, AwardRecord as RecordView } from '../../modules/fulfilment/fulfilment.types.js'
import { toPrize } from './campaign-mapping.js'

/** As the schema has it; `history` is asked for on its own. */
export type PresentedAward = Omit<AwardRecord, 'history'>

/** Awards with their prizes: a published campaign keeps its prizes. */
@Injectable()
export class AwardPresenter {
  constructor(private readonly campaigns: CampaignService) {}

  async present(ctx: Context, awards: readonly RecordView[]): Promise<PresentedAward[]> {
    const prizes = new Map<string, Prize>()
    for (const campaignId of new Set(awards.map((award) => award.campaignId))) {
      for (const prize of (await this.campaigns.get(ctx, campaignId))?.prizes ?? []) prizes.set(prize.id, toPrize(prize))
    }
    return awards.map(({ prizeId, id, drawId, campaignId, userId, status, version, amount, createdAt, updatedAt, fulfilment }) => {
      const prize = prizes.get(prizeId)
      if (prize === undefined) throw new Error(`The prize ${prizeId} of award ${id} is nowhere`)
      return { id, drawId, campaignId, userId, prize, status, version, amount, createdAt, updatedAt, fulfilment }
    })
  }

  async presentOne(ctx: Context, award: RecordView): Promise<AwardRecord> {
    return (await this.present(ctx, [award]))[0] as AwardRecord
  }

  async presentResults(ctx: Context, results: readonly ResultView[]): Promise<AwardActionResult[]> {
    const awards = await this.present(ctx, results.flatMap(({ award }) => award ?? []))
    const byId = new Map(awards.map((award) => [award.id, award as AwardRecord]))
    return results.map(({ id, refusal }) => ({ id, refusal, award: byId.get(id) ?? null }))
  }
}
