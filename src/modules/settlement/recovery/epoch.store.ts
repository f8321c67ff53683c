import { Injectable } from '@nestjs/common'
import { type SqlClient, SqlService } from '../../../platform/prisma/sql.service.js'
import type { CampaignRef } from '../draw-rows.store.js'
import type { PublishedCampaign } from '../settlement.types.js'
import type { AuditAction } from '../../../common/audit-actions.js'

const ACTION_BEGUN = 'campaign.recovery-begun'
const ACTION_ENDED = 'campaign.recovered'

/** Another worker has begun another rebuild of the campaign: this one is worth nothing any more. */
export class OvertakenError extends Error {
  constructor(campaignId: string) {
    super(`Campaign ${campaignId} has a newer epoch than this rebuild`)
    this.name = 'OvertakenError'
  }
}

async function audit(sql: SqlClient, campaign: CampaignRef, action: AuditAction, before: object, after: object): Promise<void> {
  await sql.query(
    `INSERT INTO audit_log (tenant_id, actor_kind, actor_id, action, subject_kind, subject_id, campaign_id, before, after)
     VALUES ($1, 'system', 'recovery', $2, 'campaign', $3::text, $3::text::uuid, $4, $5)`,
    [campaign.tenantId, action, campaign.campaignId, JSON.stringify(before), JSON.stringify(after)],
  )
}

@Injectable()
export class EpochStore {
  constructor(private readonly sql: SqlService) {}

  /**
   * Makes the epoch grow: from here on nothing of an older one can be written, and what was about to be has been waited
   * for. The status to come back to stands in the audit log, so that an interrupted rebuild does not forget it.
   * A campaign that is to have more buckets has them from the new epoch on. Returns it; it is above `beyond` too. Throws OvertakenError when the campaign's epoch is not the one that was seen.
   */
  begin({ tenantId, place, epoch }: PublishedCampaign, reason: string, beyond = 0): Promise<number> {
    return this.sql.tenant(tenantId, async (sql) => {
      const { rows } = await sql.query<{ status: string; epoch: number }>(
        'SELECT status::text AS status, epoch FROM campaign WHERE tenant_id = $1 AND id = $2 FOR UPDATE',
        [tenantId, place.id],
      )
      const row = rows[0]
      if (row?.epoch !== epoch) throw new OvertakenError(place.id)
      const next = Math.max(epoch, beyond) + 1
      await sql.query(
        `UPDATE campaign SET status = 'RECOVERING', epoch = $3, bucket_count = greatest(bucket_count, bucket_count_wanted), bucket_count_wanted = NULL
         WHERE tenant_id = $1 AND id = $2`,
        [tenantId, place.id, next],
      )
      if (row.status !== 'RECOVERING') {
        const campaign = { tenantId, campaignId: place.id }
        await audit(sql, campaign, ACTION_BEGUN, { status: row.status, epoch }, { status: 'RECOVERING', epoch: next, reason })
      }
      return next
    })
  }

  /** Gives the campaign its status back, unless somebody gave it another. Throws OvertakenError. */
  end({ tenantId, place }: PublishedCampaign, epoch: number): Promise<void> {
    return this.sql.tenant(tenantId, async (sql) => {
      const { rows } = await sql.query<{ status: string; epoch: number }>(
        'SELECT status::text AS status, epoch FROM campaign WHERE tenant_id = $1 AND id = $2 FOR UPDATE',
        [tenantId, place.id],
      )
      if (rows[0]?.epoch !== epoch) throw new OvertakenError(place.id)
      if (rows[0].status !== 'RECOVERING') return
      const kept = await sql.query<{ status: string | null }>(
        `SELECT before ->> 'status' AS status FROM audit_log
         WHERE tenant_id = $1 AND subject_kind = 'campaign' AND subject_id = $2 AND action = $3 ORDER BY id DESC LIMIT 1`,
        [tenantId, place.id, ACTION_BEGUN],
      )
      // Nobody can have drawn before its start or after its end, whatever the status says; the gate knows both times.
      const status = kept.rows[0]?.status ?? 'ACTIVE'
      await sql.query('UPDATE campaign SET status = $3::campaign_status WHERE tenant_id = $1 AND id = $2', [tenantId, place.id, status])
      await audit(sql, { tenantId, campaignId: place.id }, ACTION_ENDED, { status: 'RECOVERING' }, { status, epoch })
    })
  }
}
