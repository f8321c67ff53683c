import { Injectable } from '@nestjs/common'
import { SqlService } from '../../../platform/prisma/sql.service.js'
import { PublishedStore } from '../published.store.js'

export interface NamedCampaign {
  readonly tenantId: string
  readonly tenantSlug: string
  readonly id: string
  readonly slug: string
}

/** For operators of the installation: the published campaigns of every tenant, by their names. */
@Injectable()
export class PublishedCampaignsService {
  constructor(private readonly published: PublishedStore, private readonly sql: SqlService) {}

  async list(): Promise<NamedCampaign[]> {
    const byTenant = Map.groupBy(await this.published.all(), (campaign) => campaign.tenantId)
    const named: NamedCampaign[] = []
    for (const [tenantId, campaigns] of byTenant) {
      const { rows } = await this.sql.tenant(tenantId, (sql) => sql.query<NamedCampaign>(
        `SELECT c.tenant_id AS "tenantId", t.slug AS "tenantSlug", c.id, c.slug FROM campaign c JOIN tenant t ON t.id = c.tenant_id
         WHERE c.tenant_id = $1 AND c.id = ANY($2::uuid[]) ORDER BY c.slug`,
        [tenantId, campaigns.map((campaign) => campaign.place.id)],
      ), { readOnly: true })
      named.push(...rows)
    }
    return named.toSorted((a, b) => a.tenantSlug.localeCompare(b.tenantSlug))
  }
}
