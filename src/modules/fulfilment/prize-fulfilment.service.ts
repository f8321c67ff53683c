import { isDeepStrictEqual } from 'node:util'
import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError, badInput, movedMeanwhile } from '../../common/errors.js'
import { isUuid } from '../../common/ids.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { type Fulfilment, fulfilmentProblems, readFulfilment } from '../campaigns/domain/fulfilment.js'
import { AuditLogService } from '../tenancy/audit-log.service.js'
import { FulfilmentService } from './fulfilment.service.js'

interface Found { campaign_id: string; epoch: number; name: string; fulfilment: unknown }

/** How a published campaign's prize is fulfilled: also changed when the campaign is over, since its awards still are on their way. */
@Injectable()
export class PrizeFulfilmentService {
  constructor(private readonly sql: SqlService, private readonly audit: AuditLogService, private readonly wakes: FulfilmentService) {}

  /**
   * Awards whose task exists keep their kind and their time to claim; a new address of a webhook holds for their next try.
   * `expected`: as who asks saw it; undefined: whatever it is. Returns the prize's campaign.
   * Throws NOT_FOUND, BAD_USER_INPUT for a draft, which is changed by updateCampaign, and CONFLICT where it is another than expected.
   */
  async set(ctx: Context, prizeId: string, fulfilment: Fulfilment | null, expected?: Fulfilment | null): Promise<string> {
    const { tenantId } = ctx
    fulfilmentProblems(fulfilment, 'fulfilment', (...problem) => { throw badInput(...problem) })
    const campaignId = await this.sql.tenant(tenantId, async (sql) => {
      const find = (lock: string) => sql.query<Found>(
        `SELECT p.campaign_id, c.epoch, p.name, p.fulfilment FROM prize p JOIN campaign c ON c.tenant_id = p.tenant_id AND c.id = p.campaign_id
         WHERE p.tenant_id = $1 AND p.id = $2 AND p.removed_at IS NULL ${lock}`, [tenantId, prizeId])
      // With the campaign, so that no update of it writes back what it read before.
      const [found] = isUuid(prizeId) ? (await find('FOR NO KEY UPDATE OF c')).rows : []
      if (found === undefined) throw new AppError('NOT_FOUND', 'No such prize')
      if (found.epoch === 0) throw badInput('prizeId', 'its campaign is a draft: updateCampaign changes its prizes', 'NOT_PUBLISHED')
      const before = readFulfilment((await find('')).rows[0]?.fulfilment)
      if (expected !== undefined && !isDeepStrictEqual(readFulfilment(expected), before)) {
        throw movedMeanwhile('How the prize is fulfilled has been changed meanwhile', ['fulfilment'])
      }
      await sql.query('UPDATE prize SET fulfilment = $3 WHERE tenant_id = $1 AND id = $2', [tenantId, prizeId, fulfilment === null ? null : JSON.stringify(fulfilment)])
      const { campaign_id: campaignId, name } = found
      await this.audit.recordSql(sql, ctx, {
        action: 'prize.fulfilment-set', subjectKind: 'prize', subjectId: prizeId, campaignId,
        before: { name, fulfilment: before }, after: { name, fulfilment },
      })
      return campaignId
    })
    this.wakes.wake(tenantId)
    return campaignId
  }
}
