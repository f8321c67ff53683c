import { Inject, Injectable } from '@nestjs/common'
import { isUuid } from '../../common/ids.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import type { CampaignSnapshot } from './domain/snapshot.js'
import { readConfigurations } from './snapshot.store.js'

const VISIBLE_MAX = 100
const NO_MAX = 0x7fff_ffff

/**
 * Campaigns as test worlds have them: the configuration as it stands at this moment, a draft's too, under a seed of its
 * own. Asked of Postgres each time: who changes a draft and tries it sees the change, and test keys come rarely.
 */
@Injectable()
export class TestCampaignService {
  constructor(@Inject(CONFIG) private readonly config: RuntimeConfig, private readonly sql: SqlService) {}

  /** Null for what does not exist, or is another tenant's. */
  async get(tenantId: string, campaignId: string): Promise<CampaignSnapshot | null> {
    return isUuid(campaignId) ? this.#one(tenantId, 'id', campaignId) : null
  }

  /** As `get`, for the number in a draw's id. */
  async byNo(tenantId: string, no: number): Promise<CampaignSnapshot | null> {
    return Number.isInteger(no) && no >= 1 && no <= NO_MAX ? this.#one(tenantId, 'no', no) : null
  }

  async bySlug(tenantId: string, slug: string): Promise<CampaignSnapshot | null> {
    return slug.length <= 64 && /^[a-z0-9-]+$/.test(slug) ? this.#one(tenantId, 'slug', slug) : null
  }

  /** All that are not archived, newest first; 100 at most. */
  visible(tenantId: string): Promise<CampaignSnapshot[]> {
    return this.#read(tenantId, 'all', VISIBLE_MAX)
  }

  async #one(tenantId: string, by: 'id' | 'slug' | 'no', value: string | number): Promise<CampaignSnapshot | null> {
    return (await this.#read(tenantId, by, value))[0] ?? null
  }

  #read(tenantId: string, by: Parameters<typeof readConfigurations>[3], value: string | number): Promise<CampaignSnapshot[]> {
    return this.sql.tenant(tenantId, (sql) => readConfigurations(sql, this.config.secretKey, tenantId, by, value), { readOnly: true })
  }
}
