import { Injectable } from '@nestjs/common'
import { SqlService } from '../../../platform/prisma/sql.service.js'
import { bucketKeys } from '../../../platform/redis/keys.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { AcceptedDraws } from '../domain/accepted-draws.js'
import { RedisVisits } from './redis-visits.js'

const ENTRIES_PER_READ = 1_000
const ROWS_PER_READ = 5_000
const READ_TIMEOUT_MS = 30_000

/** What is in the streams and may be in Postgres too is told apart by its id. */
const UNSETTLED_MAX = 500_000

type Take = (participantId: string, key: string, ids: readonly string[]) => boolean

/** All that was accepted in a campaign: from its streams, and from Postgres. */
@Injectable()
export class ClosureStore {
  constructor(private readonly redis: RedisService, private readonly sql: SqlService, private readonly visits: RedisVisits) {}

  /**
   * Every accepted draw. Streams first: what has left one is in Postgres, which is read after. Null where there are more
   * than `drawsMax`, or where an entry could not be settled, so that only Redis knows of it.
   */
  async accepted(campaign: CampaignSnapshot, drawsMax: number): Promise<AcceptedDraws | null> {
    const found = AcceptedDraws.builder(drawsMax)
    const unsettled = new Set<string>()
    const take: Take = (participantId, key, ids) => {
      for (const id of ids) unsettled.add(id)
      return unsettled.size <= UNSETTLED_MAX && found.put(participantId, key, ids.length)
    }
    for (let bucket = 0; bucket < campaign.bucketCount; bucket++) if (!(await this.#unsettled(campaign, bucket, take))) return null
    return this.sql.tenant(campaign.tenantId, async (sql) => {
      const values = [campaign.tenantId, campaign.id]
      const dead = await sql.query('SELECT FROM dead_letter WHERE tenant_id = $1 AND campaign_id = $2 AND resolved_at IS NULL LIMIT 1', values)
      if (dead.rowCount > 0) return null
      await sql.query(
        `DECLARE accepted NO SCROLL CURSOR FOR SELECT id::text AS id, participant_id AS "participantId", idempotency_key AS key
         FROM draw WHERE tenant_id = $1 AND campaign_id = $2`,
        values,
      )
      for (;;) {
        const { rows } = await sql.query<{ id: string; participantId: string; key: string }>(`FETCH ${ROWS_PER_READ} FROM accepted`)
        for (const { id, participantId, key } of rows) if (!unsettled.has(id) && !found.put(participantId, key, 1)) return null
        if (rows.length < ROWS_PER_READ) return found.build()
      }
    }, { isolation: 'REPEATABLE READ', readOnly: true, statementTimeoutMs: READ_TIMEOUT_MS })
  }

  async #unsettled(campaign: CampaignSnapshot, bucket: number, take: Take): Promise<boolean> {
    const { stream } = bucketKeys(campaign, campaign.epoch, bucket)
    for (let after = '-'; ;) {
      this.visits.made.inc()
      const entries = await this.redis.client.xrange(stream, after, '+', 'COUNT', ENTRIES_PER_READ)
      for (const [, fields] of entries) {
        if (valueOf(fields, 'y') !== 'D') continue
        const [participantId, key, ids] = [valueOf(fields, 'u'), valueOf(fields, 'k'), valueOf(fields, 'i')]
        if (participantId === undefined || key === undefined || ids === undefined || !take(participantId, key, ids.split(','))) return false
      }
      if (entries.length < ENTRIES_PER_READ) return true
      after = `(${entries.at(-1)![0]}`
    }
  }
}

function valueOf(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1]
  return undefined
}
