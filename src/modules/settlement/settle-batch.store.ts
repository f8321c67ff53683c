import { Injectable } from '@nestjs/common'
import { failpoint } from '../../common/failpoint.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { PoisonError } from './domain/poison.js'
import type { DrawEntry, StreamEntry, TransferEntry } from './domain/stream-entry.js'
import {
  type DrawRow, findConflicts, insertDraws, recordAwarded, recordTransfers, settleDecided, toRows,
} from './draw-rows.store.js'
import type { StreamRef } from './settlement.types.js'
import { recordFreeTickets, recordTickets } from './ticket-rows.store.js'

/** `position`: every entry up to it is in Postgres for good, and may leave the stream. */
export type BatchResult =
  | { readonly kind: 'SETTLED'; readonly position: number; readonly rows: readonly DrawRow[]; readonly gapAt: number | null }
  | { readonly kind: 'BUSY' | 'FENCED' }
  /** Postgres has settled more than `ReadAt.seq`. */
  | { readonly kind: 'BEHIND'; readonly position: number }

/** What Redis said when a batch was read: the number of its run, and the number of the stream's last entry. */
export interface ReadAt { readonly run: number; readonly seq: number }

@Injectable()
export class SettleBatchStore {
  constructor(private readonly sql: SqlService) {}

  /**
   * Settles what of `entries` (ascending) follows the stream's position without a gap, in one transaction.
   * Throws PoisonError or the database's error; then nothing was written.
   */
  async settle(stream: StreamRef, at: ReadAt, entries: ReadonlyArray<DrawEntry | TransferEntry>): Promise<BatchResult> {
    const result = await this.#exclusive(stream, at, async (sql, position) => {
      const { next, gapAt } = contiguous(position, entries)
      const last = next.at(-1)
      if (last === undefined) return { kind: 'SETTLED', position, rows: [], gapAt }
      const rows = await this.#write(sql, stream, next)
      await this.#move(sql, stream, last.seq)
      failpoint('settle.before_commit')
      return { kind: 'SETTLED', position: last.seq, rows, gapAt }
    })
    failpoint('settle.after_commit')
    return result
  }

  /** Puts one entry aside for the operators and goes on behind it. */
  deadLetter(stream: StreamRef, at: ReadAt, entry: { seq: number; fields: readonly string[] }, reason: string): Promise<BatchResult> {
    return this.#exclusive(stream, at, async (sql, position) => {
      if (entry.seq <= position) return { kind: 'SETTLED', position, rows: [], gapAt: null }
      if (entry.seq !== position + 1) return { kind: 'SETTLED', position, rows: [], gapAt: position + 1 }
      // jsonb takes every character but the null.
      const json = JSON.stringify(entry.fields).replaceAll('\\u0000', '\\ufffd')
      await sql.query(
        `INSERT INTO dead_letter (tenant_id, campaign_id, epoch, bucket, seq, entry, error) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, campaign_id, epoch, bucket, seq) DO NOTHING`,
        [stream.tenantId, stream.campaign.id, stream.epoch, stream.bucket, entry.seq, json, reason.slice(0, 500)],
      )
      await this.#move(sql, stream, entry.seq)
      return { kind: 'SETTLED', position: entry.seq, rows: [], gapAt: null }
    })
  }

  /**
   * The epoch FOR SHARE fences out streams of a state that was rebuilt, and the run those of a Redis that has been started
   * again and verified since; the position FOR UPDATE makes each entry settle once, whoever drains. The advisory lock only spares others the wait.
   */
  #exclusive(stream: StreamRef, at: ReadAt, work: (sql: SqlClient, position: number) => Promise<BatchResult>): Promise<BatchResult> {
    return this.sql.tenant(stream.tenantId, async (sql) => {
      const campaign = await sql.query<{ epoch: number; redis_run: number; locked: boolean }>(
        `SELECT epoch, redis_run, pg_try_advisory_xact_lock(hashtextextended('settle:' || $3::text, 0)) AS locked
         FROM campaign WHERE tenant_id = $1 AND id = $2 FOR SHARE`,
        [stream.tenantId, stream.campaign.id, `${stream.campaign.id}:${stream.bucket}`], 'settle_fence',
      )
      const found = campaign.rows[0]
      if (found?.epoch !== stream.epoch || found.redis_run !== at.run) return { kind: 'FENCED' }
      if (!found.locked) return { kind: 'BUSY' }
      const { rows } = await sql.query<{ seq: string }>(
        `INSERT INTO settlement_position AS p (tenant_id, campaign_id, epoch, bucket, seq) VALUES ($1, $2, $3, $4, 0)
         ON CONFLICT (tenant_id, campaign_id, epoch, bucket) DO UPDATE SET seq = p.seq RETURNING seq`,
        [stream.tenantId, stream.campaign.id, stream.epoch, stream.bucket], 'settle_position',
      )
      const position = Number(rows[0]!.seq)
      // Its next entries would bear numbers that are settled already, and be taken for settled.
      if (position > at.seq) return { kind: 'BEHIND', position }
      return work(sql, position)
    })
  }

  async #move(sql: SqlClient, stream: StreamRef, seq: number): Promise<void> {
    await sql.query(
      `UPDATE settlement_position SET seq = $5, updated_at = now()
       WHERE tenant_id = $1 AND campaign_id = $2 AND epoch = $3 AND bucket = $4 AND seq < $5`,
      [stream.tenantId, stream.campaign.id, stream.epoch, stream.bucket, seq], 'settle_move',
    )
  }

  async #write(sql: SqlClient, stream: StreamRef, entries: ReadonlyArray<DrawEntry | TransferEntry>): Promise<DrawRow[]> {
    const campaign = { tenantId: stream.tenantId, campaignId: stream.campaign.id }
    const rows = entries.flatMap((entry) => (entry.kind === 'DRAW' ? toRows(entry, stream.epoch, stream.bucket) : []))
    if (rows.length > 0) {
      const inserted = await insertDraws(sql, campaign, rows, 'SETTLED')
      await this.#settleRest(sql, rows.filter((row) => !inserted.has(row.id)))
      await recordFreeTickets(sql, campaign, entries.flatMap((entry) => (entry.kind === 'DRAW' && entry.freeTickets !== null ? [{ ...entry.freeTickets, participantId: entry.participantId }] : [])))
      await recordTickets(sql, campaign, rows)
      await recordAwarded(sql, campaign, rows, stream.bucket, `${stream.epoch}:${stream.bucket}:${entries[0]!.seq}-${entries.at(-1)!.seq}`)
    }
    await recordTransfers(sql, campaign, entries.filter((entry) => entry.kind === 'TRANSFER'), stream.epoch, stream.bucket)
    return rows
  }

  /** Rows that were there before: durable wins, which settle now. Anything else breaks a promise. */
  async #settleRest(sql: SqlClient, rows: readonly DrawRow[]): Promise<void> {
    if (rows.length === 0) return
    const settled = await settleDecided(sql, rows)
    const odd = rows.filter((row) => !settled.has(row.id))
    if (odd.length === 0) return
    const [conflict] = await findConflicts(sql, odd)
    throw new PoisonError(conflict === undefined
      ? `draw ${odd[0]!.id} is settled already, by another entry`
      : `draw ${conflict.id}: another draw is recorded under its key and ordinal`)
  }
}

/** What follows `position` one by one; `gapAt`: the first number that is missing before an entry that is there. */
function contiguous<T extends StreamEntry>(position: number, entries: readonly T[]): { next: T[]; gapAt: number | null } {
  const next: T[] = []
  let expected = position + 1
  for (const entry of entries) {
    if (entry.seq < expected) continue
    if (entry.seq > expected) return { next, gapAt: expected }
    next.push(entry)
    expected++
  }
  return { next, gapAt: null }
}
