import { Injectable } from '@nestjs/common'
import { SqlService } from '../../platform/prisma/sql.service.js'
import type { KnownCampaign, PublishedCampaign, StreamRef } from './settlement.types.js'

interface Row {
  tenant_id: string
  campaign_id: string
  campaign_no: number
  status: string
  epoch: number
  bucket_count: number
  version: number
  redis_run: number
  risk_version: number
}

@Injectable()
export class PublishedStore {
  constructor(private readonly sql: SqlService) {}

  /** Every campaign of every tenant that has, or may have, state in Redis. */
  async all(): Promise<KnownCampaign[]> {
    const { rows } = await this.sql.system((sql) =>
      sql.query<Row>(`SELECT tenant_id, campaign_id, campaign_no, status::text AS status, epoch, bucket_count, version, redis_run, risk_version
        FROM system_published_campaigns()`),
    )
    return rows.map((row) => ({
      tenantId: row.tenant_id,
      place: { id: row.campaign_id, no: row.campaign_no, bucketCount: row.bucket_count },
      status: row.status,
      epoch: row.epoch,
      version: row.version,
      riskVersion: row.risk_version,
      redisRun: row.redis_run,
    }))
  }

  /** Campaigns that are to have more buckets; few. */
  async growing(): Promise<Growing> {
    const { rows } = await this.sql.system((sql) =>
      sql.query<{ campaign_id: string; bucket_count: number }>('SELECT campaign_id, bucket_count FROM system_growing_campaigns()'))
    return new Map(rows.map((row) => [row.campaign_id, row.bucket_count]))
  }
}

/** By campaign: how many buckets it is to have. */
export type Growing = ReadonlyMap<string, number>

/** The streams of a campaign under its present epoch. */
export const streamsOf = ({ tenantId, place, epoch }: PublishedCampaign): StreamRef[] =>
  Array.from({ length: place.bucketCount }, (_, bucket) => ({ tenantId, campaign: place, epoch, bucket }))
