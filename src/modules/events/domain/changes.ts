import type { Pgoutput } from 'pg-logical-replication'
import type { AwardRow, DrawRow, Operation } from '../../../platform/events/event.types.js'
import { parseLsn } from './lsn.js'

interface Captured {
  readonly op: Operation
  readonly lsn: string
  readonly committedAtMs: number
}
export interface DrawChange extends Captured {
  readonly table: 'draw'
  readonly before: Partial<DrawRow> | null
  readonly after: DrawRow
  readonly traceParent: string | null
}
export interface AwardChange extends Captured {
  readonly table: 'award'
  readonly before: Partial<AwardRow> | null
  readonly after: AwardRow
}
export type Change = DrawChange | AwardChange

type Columns = Record<string, unknown>

const text = (value: unknown): string => String(value as string | number | bigint)
const nullableText = (value: unknown): string | null => (value == null ? null : text(value))
const nullableNumber = (value: unknown): number | null => (value == null ? null : Number(value))
const instant = (value: unknown): string => (value instanceof Date ? value : new Date(text(value))).toISOString()

export const drawRow = (row: Columns): DrawRow => ({
  tenant_id: text(row.tenant_id),
  campaign_id: text(row.campaign_id),
  participant_id: text(row.participant_id),
  id: text(row.id),
  idempotency_key: text(row.idempotency_key),
  ordinal: Number(row.ordinal),
  state: text(row.state),
  outcome: nullableText(row.outcome) as DrawRow['outcome'],
  prize_id: nullableText(row.prize_id),
  version: Number(row.version),
  bucket: Number(row.bucket),
  device_id: nullableText(row.device_id),
  ip: nullableText(row.ip),
  created_at: instant(row.created_at),
  settled_at: row.settled_at == null ? null : instant(row.settled_at),
})

export const awardRow = (row: Columns): AwardRow => ({
  tenant_id: text(row.tenant_id),
  id: text(row.id),
  campaign_id: text(row.campaign_id),
  prize_id: text(row.prize_id),
  participant_id: text(row.participant_id),
  status: text(row.status),
  version: Number(row.version),
  amount_minor: nullableNumber(row.amount_minor),
  amount_currency: nullableText(row.amount_currency),
  created_at: instant(row.created_at),
  updated_at: instant(row.updated_at),
})

/** What a transaction of the log means for the consumers. */
export interface Transaction {
  /** Where its commit ends: once this is consumed, the transaction need never be sent again. */
  readonly toLsn: bigint
  readonly committedAtMs: number
  readonly changes: readonly Change[]
  /** Buckets of the draws seen in it, settled or not: an award's row does not tell its own. */
  readonly buckets: ReadonlyMap<string, number>
}

/** Gathers the messages of one pgoutput stream into whole transactions. */
export class TransactionReader {
  #changes: Change[] = []
  #buckets = new Map<string, number>()
  #lsn = '0/0'
  #committedAtMs = 0
  #open = false

  /** Inside a transaction: what follows belongs to it. */
  get open(): boolean {
    return this.#open
  }

  /** The transaction that `message` ends, if it ends one. */
  read(message: Pgoutput.Message): Transaction | null {
    switch (message.tag) {
      case 'begin':
        this.#open = true
        this.#changes = []
        this.#buckets = new Map()
        this.#lsn = message.commitLsn ?? '0/0'
        this.#committedAtMs = Number(message.commitTime.valueOf() / 1000n)
        return null
      case 'insert':
        this.#row(message.relation.name, 'c', null, message.new)
        return null
      case 'update':
        this.#row(message.relation.name, 'u', message.old, message.new)
        return null
      case 'commit':
        this.#open = false
        if (message.commitEndLsn === null) throw new Error('a commit without a position')
        return { toLsn: parseLsn(message.commitEndLsn), committedAtMs: this.#committedAtMs, changes: this.#changes, buckets: this.#buckets }
      default:
        return null
    }
  }

  #row(table: string, op: 'c' | 'u', before: Columns | null, after: Columns): void {
    const captured = { op, lsn: this.#lsn, committedAtMs: this.#committedAtMs }
    if (table === 'award') {
      this.#changes.push({ ...captured, table, before: before as Partial<AwardRow> | null, after: awardRow(after) })
    } else if (table === 'draw') {
      this.#buckets.set(text(after.id), Number(after.bucket))
      // The row's identity alone is logged, so `before` is mostly unknown; the event's id then keeps a repeat without effect.
      if (after.state !== 'SETTLED' || before?.state === 'SETTLED') return
      this.#changes.push({
        ...captured, table, before: before as Partial<DrawRow> | null, after: drawRow(after), traceParent: nullableText(after.trace_parent),
      })
    }
  }
}
