import { Injectable } from '@nestjs/common'
import { failpoint } from '../../common/failpoint.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import type { DecidedDraws } from '../draws/draws.types.js'
import { PoisonError } from './domain/poison.js'
import { type DrawRow, findConflicts, insertDraws } from './draw-rows.store.js'

const toRows = (decided: DecidedDraws): DrawRow[] =>
  decided.draws.map((draw) => ({
    id: draw.snowflake.toString(),
    participantId: decided.participantId,
    key: decided.idempotencyKey,
    ordinal: draw.ordinal,
    position: draw.position,
    fingerprint: decided.fingerprint,
    roll: draw.roll,
    campaignVersion: decided.campaignVersion,
    epoch: decided.campaign.epoch,
    bucket: decided.bucket,
    seq: decided.seq,
    deviceId: decided.deviceId,
    ip: decided.ip,
    traceParent: decided.traceParent,
    createdMs: decided.createdAtMs,
    ticketLot: null, // settlement takes it: only the stream entry tells
    wonAs: draw.wonAs,
    amountMinor: draw.amountMinor,
    oddsTable: decided.oddsTable,
  }))

interface Fence { id: string; epoch: number; redis_run: number }

const groupBy = <T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group === undefined) groups.set(key(item), [item])
    else group.push(item)
  }
  return groups
}

@Injectable()
export class WinBatchStore {
  constructor(private readonly sql: SqlService) {}

  /**
   * Commits the draws of many requests, of several tenants, in one transaction; repeats are no harm. All draws of a
   * request are written, the lost ones too, so that its answer can be given again from the table alone.
   * Returns the requests whose campaign was rebuilt, or verified in another run of Redis, since: nothing of them was written.
   * Throws PoisonError, or the database's error; where COMMIT itself failed the outcome is unknown.
   */
  async commit(batch: readonly DecidedDraws[]): Promise<Set<DecidedDraws>> {
    const fenced = await this.sql.system(async (sql) => {
      const fenced = new Set<DecidedDraws>()
      // Always in the same order: two lanes that hold the same request must not wait for each other.
      const tenants = [...groupBy(batch, (decided) => decided.campaign.tenantId)].sort(([a], [b]) => (a < b ? -1 : 1))
      for (const [tenantId, ofTenant] of tenants) {
        await this.sql.setTenant(sql, tenantId)
        const fences = await this.#fences(sql, tenantId, ofTenant)
        const campaigns = [...groupBy(ofTenant, (decided) => decided.campaign.id)].sort(([a], [b]) => (a < b ? -1 : 1))
        for (const [campaignId, ofCampaign] of campaigns) {
          const fence = fences.get(campaignId)
          const live = ofCampaign.filter((decided) => decided.campaign.epoch === fence?.epoch && decided.run === fence.redis_run)
          for (const decided of ofCampaign) if (!live.includes(decided)) fenced.add(decided)
          await this.#insert(sql, { tenantId, campaignId }, live)
        }
      }
      failpoint('win.before_commit')
      return fenced
    })
    failpoint('win.after_commit')
    return fenced
  }

  /** FOR SHARE: recovery, which makes the run number or the epoch grow, waits for this commit, and this commit for it. */
  async #fences(sql: SqlClient, tenantId: string, batch: readonly DecidedDraws[]): Promise<Map<string, Fence>> {
    const ids = [...new Set(batch.map((decided) => decided.campaign.id))].sort()
    const { rows } = await sql.query<Fence>(
      'SELECT id, epoch, redis_run FROM campaign WHERE tenant_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR SHARE',
      [tenantId, ids], 'fence_wins',
    )
    return new Map(rows.map((row) => [row.id, row]))
  }

  async #insert(sql: SqlClient, campaign: { tenantId: string; campaignId: string }, batch: readonly DecidedDraws[]): Promise<void> {
    if (batch.length === 0) return
    const rows = batch.flatMap(toRows).sort((a, b) => (a.id.length === b.id.length ? (a.id < b.id ? -1 : 1) : a.id.length - b.id.length))
    const written = await insertDraws(sql, campaign, rows, 'DECIDED')
    if (written.size === rows.length) return
    const conflicts = await findConflicts(sql, rows.filter((row) => !written.has(row.id)))
    if (conflicts.length > 0) throw new PoisonError(`draw ${conflicts[0]!.id}: another draw is recorded under its key and ordinal`)
  }
}
