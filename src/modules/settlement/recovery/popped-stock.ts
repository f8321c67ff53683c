import { Injectable } from '@nestjs/common'
import { bucketKeys } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { inTurn, type LotUnit, lotUnits, shareOf, unitName } from '../../inventory/domain/lot.js'
import { unitsLeft } from '../domain/popped-left.js'
import type { TakenStock } from './rebuild.store.js'

const UNITS_PER_COMMAND = 1_000

/** Puts popped units into the buckets of a new epoch: made again from the seed, less those that were won and those that were taken back. */
@Injectable()
export class PoppedStock {
  constructor(private readonly redis: RedisService, private readonly logger: Logger) {}

  /** `awarded`: by position and amount, as RebuildStore.takeStock says. `units`: by position, as many as the ledger says are left. */
  async rebuild(
    campaign: CampaignSnapshot, awarded: TakenStock['popped'], units: TakenStock['units'], goOn: () => void,
  ): Promise<void> {
    for (const [position, won] of awarded) {
      const made: LotUnit[] = []
      for (const lot of campaign.lots.filter((one) => one.position === position)) {
        for (const unit of await lotUnits(campaign.seed, campaign.id, lot)) made.push(unit)
      }
      goOn()
      const expected = units.get(position) ?? 0
      const { left, unknown } = unitsLeft(inTurn(made), won, Math.max(0, expected))
      if (unknown > 0 || left.length !== expected) {
        this.logger.error({ campaignId: campaign.id, position, expected, left: left.length, unknown }, 'Popped units of a prize do not add up with its awards and its ledger')
      }
      for (let bucket = 0; bucket < campaign.bucketCount; bucket++) {
        goOn()
        await this.#put(campaign, bucket, position, shareOf(left, bucket, campaign.bucketCount))
      }
    }
  }

  async #put(campaign: CampaignSnapshot, bucket: number, position: number, units: readonly LotUnit[]): Promise<void> {
    const keys = bucketKeys(campaign, campaign.epoch, bucket)
    for (let from = 0; from < units.length; from += UNITS_PER_COMMAND) {
      await this.redis.client.zadd(keys.due, ...units.slice(from, from + UNITS_PER_COMMAND).flatMap((unit) => [unit.ms, unitName(unit)]))
    }
    const amount = units.reduce((sum, { amountMinor }) => sum + (amountMinor ?? 0), 0)
    await this.redis.client.hset(keys.stock, `p${position}`, units.length, `z${position}`, amount)
  }
}
