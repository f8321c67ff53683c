import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import { isSafeId, isUuid } from '../../common/ids.js'
import { checkFirst } from '../../common/row-cursor.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { countFailed, listAwards, readAwards, readHistory } from './award.store.js'
import { keyOfAward } from './domain/award-key.js'
import type { AwardEvent, AwardListing, AwardPage, AwardRecord, FailedAwards } from './fulfilment.types.js'

/** Rounds are an operator's doing, and each has a handful of attempts: more than this nobody reads. */
const EVENTS_MAX = 500
const FAILED_MAX = 1_000
const CAMPAIGNS_MAX = 100
const FAILED_AFTER_END_MS = 30 * 24 * 60 * 60_000

/** Awards, for their desk. */
@Injectable()
export class AwardReadService {
  constructor(private readonly sql: SqlService) {}

  /** Null for what does not exist, or is another tenant's. */
  async get({ tenantId }: Context, id: string): Promise<AwardRecord | null> {
    const key = keyOfAward(id)
    if (key === null) return null
    const found = await this.sql.tenant(tenantId, (sql) => readAwards(sql, tenantId, [key]), { readOnly: true })
    const award = found.get(key) ?? null
    return award?.id === id ? award : null
  }

  /** Newest first. Throws BAD_USER_INPUT. A campaign that does not exist has none. */
  async list({ tenantId }: Context, wanted: AwardListing): Promise<AwardPage> {
    const { campaignId, prizeId, userId, first, after, status } = wanted
    checkFirst(first)
    const before = after === null ? null : keyOfAward(after)
    if (after !== null && before === null) throw badInput('after', 'is no cursor of this list')
    const nothing = !isUuid(campaignId) || (prizeId !== null && !isUuid(prizeId)) || (userId !== null && !isSafeId(userId))
    if (nothing) return { awards: [], hasNextPage: false }
    const filter = { campaignId, status, prizeId, userId, before }
    const rows = await this.sql.tenant(tenantId, (sql) => listAwards(sql, tenantId, filter, first + 1), { readOnly: true })
    return { awards: rows.slice(0, first), hasNextPage: rows.length > first }
  }

  /** Campaigns with failed awards, most first, 100 at most; awards are counted up to 1000. Those that ended long ago are left out. */
  async failed({ tenantId }: Context): Promise<FailedAwards[]> {
    const endedAfter = new Date(Date.now() - FAILED_AFTER_END_MS)
    const limits = { countMax: FAILED_MAX, limit: CAMPAIGNS_MAX }
    return this.sql.tenant(tenantId, (sql) => countFailed(sql, tenantId, endedAfter, limits), { readOnly: true })
  }

  /** The oldest first. */
  async history({ tenantId }: Context, id: string): Promise<AwardEvent[]> {
    const key = keyOfAward(id)
    return key === null ? [] : this.sql.tenant(tenantId, (sql) => readHistory(sql, tenantId, key, EVENTS_MAX), { readOnly: true })
  }
}
