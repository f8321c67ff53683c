import { awardIdOf, encodeDrawId, encodeTestDrawId } from '../../../common/draw-id.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import type { AwardView, DecidedDraws, DrawView } from '../draws.types.js'

/** Decided draws as their caller sees them. A win that is not yet durable is PENDING: it may not be told. */
export function viewDecided(decided: DecidedDraws, winsAreTold: boolean): DrawView[] {
  const encode = decided.campaign.test === true ? encodeTestDrawId : encodeDrawId
  return decided.draws.map((draw) => {
    const id = encode({ snowflake: draw.snowflake, campaignNo: decided.campaign.no, bucket: decided.bucket })
    const won = draw.position !== 0
    const told = !won || winsAreTold
    const prize = won && told ? (decided.campaign.prizes.find(({ position }) => position === draw.position) ?? null) : null
    const createdAt = new Date(decided.createdAtMs)
    return {
      id,
      campaignId: decided.campaign.id,
      userId: decided.participantId,
      idempotencyKey: decided.idempotencyKey,
      ordinal: draw.ordinal,
      state: !told ? 'PENDING' : won ? 'WINNING' : 'LOSING',
      outcome: !told ? null : won ? 'WON' : 'LOST',
      prizeId: prize?.id ?? null,
      award: prize === null ? null : viewAward(id, prize, draw.amountMinor, createdAt),
      createdAt,
      settledAt: null,
      decidedBy: told
        ? { roll: draw.roll, campaignVersion: decided.campaignVersion, oddsTable: decided.oddsTable, epoch: decided.campaign.epoch }
        : null,
    }
  })
}

function viewAward(drawId: string, prize: CampaignSnapshot['prizes'][number], amountMinor: number | null, createdAt: Date): AwardView {
  const amount = prize.value === null || amountMinor === null ? prize.value : { ...prize.value, amountMinor }
  return { id: awardIdOf(drawId), drawId, prizeId: prize.id, status: 'GRANTED', amount, createdAt }
}
