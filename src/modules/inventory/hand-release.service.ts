import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { isUuid } from '../../common/ids.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { CampaignChangesService, type ChangedCampaign, savedAnyway } from '../campaigns/campaign-changes.service.js'
import type { Mechanic, PacketPlan } from '../campaigns/domain/snapshot.js'
import { effectiveStatus } from '../campaigns/domain/status.js'
import { isPoppedPrize } from '../campaigns/domain/validate-popped.js'
import { checkKeyAndReason, noSuchPrize, recovering } from './adjustment-input.js'
import type { StockRelease } from './inventory.types.js'
import { handReleases, handReleaseKeys, insertMovements, sqlOf } from './ledger.store.js'
import { vaultUnits } from './release-step.store.js'
import { ReleaseService } from './release.service.js'

const INT_MAX = 0x7fff_ffff
// jsonb, written from this very type.
const isPopped = (mechanic: Mechanic, { isFallback, packets }: { isFallback: boolean; packets: unknown }) =>
  isPoppedPrize(mechanic, { isFallback, packets: packets as PacketPlan | null })

/** Units that no schedule waits for, out of the vault at an operator's word; once per idempotency key. */
@Injectable()
export class HandReleaseService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: CampaignChangesService,
    private readonly release: ReleaseService,
  ) {}

  /** Returns the campaign's id. Throws NOT_FOUND, BAD_USER_INPUT (with what is free), CONFLICT (the key was used otherwise), OVERLOADED. */
  async releaseStock(ctx: Context, wanted: StockRelease): Promise<string> {
    const { prizeId, units } = wanted
    if (!Number.isInteger(units) || units < 1 || units > INT_MAX) throw badInput('units', `must be from 1 to ${INT_MAX}`, 'RANGE', { min: 1, max: INT_MAX })
    checkKeyAndReason(wanted)
    const { tenantId } = ctx
    const find = (tx: Tx) => tx.prize.findUnique({ where: { tenantId_id: { tenantId, id: prizeId } } })
    const prize = isUuid(prizeId) ? await this.prisma.tenant(tenantId, find) : null
    if (prize === null || prize.removedAt !== null) throw noSuchPrize()
    const { campaignId, position } = prize
    const campaign = await this.prisma.tenant(tenantId, async (tx) => {
      const row = await this.changes.begin(tx, ctx, campaignId)
      if (await this.#wasReleased(tx, row, wanted)) return row
      const status = effectiveStatus({ status: row.status, startsAtMs: row.startsAt.getTime(), endsAtMs: row.endsAt.getTime() }, Date.now())
      if (row.status === 'RECOVERING') throw recovering()
      if (row.epoch === 0) throw badInput('prizeId', 'the campaign is not published; its stock is released by then', 'NOT_PUBLISHED')
      if (status === 'ENDED' || status === 'ARCHIVED') throw badInput('prizeId', 'the campaign has ended; its stock stays in the vault', 'ENDED')
      if (isPopped(row.mechanic, prize)) throw badInput('prizeId', 'its units are popped at moments of their own: raise its stock with adjustStock instead', 'STOCK_POPPED')
      const sql = sqlOf(tx)
      const { inVault, planned } = await vaultUnits(sql, row, prizeId)
      if (units > inVault - planned) {
        throw badInput('units', `${units} units were to be released, and ${inVault - planned} lie in the vault beside the ${planned} that the schedule waits for`, 'VAULT_FREE', { asked: units, free: inVault - planned, planned })
      }
      const by = { operatorId: ctx.caller.kind === 'operator' ? ctx.caller.operatorId : null, reason: wanted.reason }
      await insertMovements(sql, row, handReleases({ id: prizeId, position }, units, row.bucketCount, wanted.idempotencyKey), by)
      return this.changes.record(tx, ctx, row, campaignId, 'campaign.stock-released', {}, { reason: wanted.reason, about: { prizeId, units } })
    })
    await savedAnyway(async () => void (await this.release.fill(tenantId, campaignId)))
    await this.changes.announce(campaign)
    return campaignId
  }

  async #wasReleased(tx: Tx, { tenantId, id: campaignId }: ChangedCampaign, wanted: StockRelease): Promise<boolean> {
    const { prizeId, units, reason, idempotencyKey } = wanted
    const rows = await tx.stockLedger.findMany({ where: { tenantId, campaignId, idempotencyKey: { in: handReleaseKeys(idempotencyKey) } } })
    if (rows.length === 0) return false
    const before = rows.reduce((sum, { quantity }) => sum + quantity, 0)
    if (before !== units || rows.some((row) => row.prizeId !== prizeId || row.reason !== reason)) {
      throw new AppError('CONFLICT', 'idempotencyKey: was used for another release', { field: 'idempotencyKey', reason: 'KEY_USED' })
    }
    return true
  }
}
