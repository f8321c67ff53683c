import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../../src/common/ids.js'
import type { SqlService } from '../../src/platform/prisma/sql.service.js'
import { uniqueName } from './fixtures.js'

export interface CampaignRows {
  readonly campaignId: string
  readonly campaignNo: number
  readonly prizeId: string
}

/** A tenant's bare row, for tests of what lies below the product's doors. */
export async function tenantRow(sql: SqlService): Promise<string> {
  const tenantId = newId()
  await sql.tenant(tenantId, (client) => client.query('INSERT INTO tenant (id, slug, name) VALUES ($1, $2, $2)', [tenantId, uniqueName('tenant')]))
  return tenantId
}

/** A published campaign's bare rows, with one prize. Redis knows nothing of it. */
export async function campaignRow(sql: SqlService, tenantId: string): Promise<CampaignRows> {
  const [campaignId, prizeId] = [newId(), newId()]
  return sql.tenant(tenantId, async (client) => {
    const { rows } = await client.query<{ no: number }>(
      `INSERT INTO campaign (tenant_id, id, slug, name, mechanic, status, starts_at, ends_at, epoch)
       VALUES ($1, $2, $3, $3, 'LOTTERY', 'ACTIVE', now(), now() + interval '1 hour', 1) RETURNING no`,
      [tenantId, campaignId, uniqueName('campaign')],
    )
    await client.query(
      `INSERT INTO prize (tenant_id, id, campaign_id, position, name, probability_ppb, stock_total) VALUES ($1, $2, $3, 1, 'Prize', 1000, 100000)`,
      [tenantId, prizeId, campaignId],
    )
    return { campaignId, campaignNo: rows[0]!.no, prizeId }
  })
}

/** What `check` gives, as soon as it no longer throws; its last error after `timeoutMs`. */
export async function eventually<T>(check: () => Promise<T>, timeoutMs = 15_000): Promise<T> {
  const giveUpAtMs = Date.now() + timeoutMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() >= giveUpAtMs) throw error
      await sleep(25)
    }
  }
}
