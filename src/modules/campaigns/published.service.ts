import { Injectable } from '@nestjs/common'
import { SqlService } from '../../platform/prisma/sql.service.js'
import type { CampaignStatus } from './domain/snapshot.js'

/** A published campaign of any tenant: enough to name its keys and to judge its status. */
export interface PublishedPlace {
  readonly tenantId: string
  readonly id: string
  readonly no: number
  readonly status: CampaignStatus
  readonly epoch: number
  readonly bucketCount: number
  readonly startsAtMs: number
  readonly endsAtMs: number
}

interface Row {
  tenant_id: string
  campaign_id: string
  campaign_no: number
  status: CampaignStatus
  epoch: number
  bucket_count: number
  starts_at: Date
  ends_at: Date
}

@Injectable()
export class PublishedService {
  constructor(private readonly sql: SqlService) {}

  /** All tenants' published campaigns, until a day after their end: for sweeps. */
  async list(): Promise<PublishedPlace[]> {
    const { rows } = await this.sql.system((sql) => sql.query<Row>(
      `SELECT tenant_id, campaign_id, campaign_no, status, epoch, bucket_count, starts_at, ends_at FROM system_published_campaigns()
       WHERE status <> 'ENDED' OR ends_at > now() - interval '1 day' ORDER BY campaign_no`,
    ), { readOnly: true })
    return rows.map((row) => ({
      tenantId: row.tenant_id,
      id: row.campaign_id,
      no: row.campaign_no,
      status: row.status,
      epoch: row.epoch,
      bucketCount: row.bucket_count,
      startsAtMs: row.starts_at.getTime(),
      endsAtMs: row.ends_at.getTime(),
    }))
  }
}
