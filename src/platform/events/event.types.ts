export type EventType = 'drawbridge.draw.settled' | 'drawbridge.award.changed'
export type ConsumerName = 'RISK' | 'USER_CENTER'
export const CONSUMERS: readonly ConsumerName[] = ['RISK', 'USER_CENTER']

/** A settled draw as its row was when the change committed. Instants are ISO 8601 in UTC; `id` is the decimal snowflake. */
export interface DrawRow {
  readonly tenant_id: string
  readonly campaign_id: string
  readonly participant_id: string
  readonly id: string
  readonly idempotency_key: string
  readonly ordinal: number
  readonly state: string
  readonly outcome: 'WON' | 'LOST' | null
  readonly prize_id: string | null
  readonly version: number
  readonly bucket: number
  readonly device_id: string | null
  readonly ip: string | null
  readonly created_at: string
  readonly settled_at: string | null
}

/** An award as its row was when the change committed; `id` is its draw's. */
export interface AwardRow {
  readonly tenant_id: string
  readonly id: string
  readonly campaign_id: string
  readonly prize_id: string
  readonly participant_id: string
  readonly status: string
  readonly version: number
  readonly amount_minor: number | null
  readonly amount_currency: string | null
  readonly created_at: string
  readonly updated_at: string
}

/** op as Debezium's: created, updated, or read from the table because the log of changes no longer had it. */
export type Operation = 'c' | 'u' | 'r'

interface Envelope<Type extends EventType, Row> {
  readonly specversion: '1.0'
  /** The same change has the same id however often it is sent. */
  readonly id: string
  readonly source: string
  readonly type: Type
  readonly subject: string
  /** When the change committed. */
  readonly time: string
  readonly tenantid: string
  readonly traceparent?: string
  readonly data: {
    readonly op: Operation
    readonly before: Partial<Row> | null
    readonly after: Row
    readonly source: { readonly lsn: string; readonly table: string; readonly ts_ms: number }
  }
}

export type DrawSettled = Envelope<'drawbridge.draw.settled', DrawRow>
export type AwardChanged = Envelope<'drawbridge.award.changed', AwardRow>

/** A change event: CloudEvents 1.0 around a payload of Debezium's shape. */
export type EventEnvelope = DrawSettled | AwardChanged
