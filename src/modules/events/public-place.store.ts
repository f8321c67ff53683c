import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { SqlService } from '../../platform/prisma/sql.service.js'
import type { Change } from './domain/changes.js'
import type { PublicPlace } from './domain/envelopes.js'

const CAMPAIGNS_MAX = 10_000

/** Finds what a row does not tell and its public id needs: the campaign's number, and an award's bucket. */
@Injectable()
export class PublicPlaceStore {
  // A campaign's number never changes.
  readonly #numbers = new LRUCache<string, number>({ max: CAMPAIGNS_MAX })

  constructor(private readonly sql: SqlService) {}

  /** In the order of `changes`. `known`: buckets by draw id that the caller has seen. Null where somebody has removed the rows since. */
  async resolve(changes: readonly Change[], known: ReadonlyMap<string, number>): Promise<Array<PublicPlace | null>> {
    const numbers = new Map<string, number>()
    const buckets = new Map(known)
    const asked = new Map<string, { campaigns: Set<string>; draws: Map<string, string> }>()
    for (const { table, after } of changes) {
      const number = this.#numbers.get(after.campaign_id)
      if (number !== undefined) numbers.set(after.campaign_id, number)
      if (table === 'draw') buckets.set(after.id, after.bucket)
      if (number !== undefined && buckets.has(after.id)) continue
      let tenant = asked.get(after.tenant_id)
      if (tenant === undefined) asked.set(after.tenant_id, (tenant = { campaigns: new Set(), draws: new Map() }))
      if (number === undefined) tenant.campaigns.add(after.campaign_id)
      if (!buckets.has(after.id)) tenant.draws.set(after.id, after.participant_id)
    }
    for (const [tenantId, { campaigns, draws }] of asked) {
      await this.#ask(tenantId, campaigns, draws, numbers, buckets)
    }
    return changes.map(({ after }) => {
      const campaignNo = numbers.get(after.campaign_id)
      const bucket = buckets.get(after.id)
      return campaignNo === undefined || bucket === undefined ? null : { campaignNo, bucket }
    })
  }

  async #ask(
    tenantId: string, campaigns: ReadonlySet<string>, draws: ReadonlyMap<string, string>,
    numbers: Map<string, number>, buckets: Map<string, number>,
  ): Promise<void> {
    await this.sql.tenant(
      tenantId,
      async (sql) => {
        if (campaigns.size > 0) {
          const { rows } = await sql.query<{ id: string; no: number }>(
            'SELECT id, no FROM campaign WHERE tenant_id = $1 AND id = ANY ($2::uuid[])', [tenantId, [...campaigns]],
          )
          for (const { id, no } of rows) {
            numbers.set(id, no)
            this.#numbers.set(id, no)
          }
        }
        if (draws.size > 0) {
          const { rows } = await sql.query<{ id: string; bucket: number }>(
            `SELECT d.id::text AS id, d.bucket FROM draw d JOIN unnest($2::bigint[], $3::text[]) a (id, participant_id)
             ON d.id = a.id AND d.participant_id = a.participant_id WHERE d.tenant_id = $1`,
            [tenantId, [...draws.keys()], [...draws.values()]],
          )
          for (const { id, bucket } of rows) buckets.set(id, bucket)
        }
      },
      { readOnly: true },
    )
  }
}
