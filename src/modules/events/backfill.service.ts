import { Injectable } from '@nestjs/common'
import type { ConsumerName, EventEnvelope } from '../../platform/events/event.types.js'
import { EventConsumers } from '../../platform/events/event-consumers.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { ConsumedEventStore } from './consumed-event.store.js'
import { ConsumptionService } from './consumption.service.js'
import { awardRow, drawRow, type Change } from './domain/changes.js'
import { envelope } from './domain/envelopes.js'

const PAGE = 500
// A settled draw is told by the instant at which it settled, an award by its last change: what the log would have said.
const DRAWS = `SELECT d.* FROM draw d
  WHERE d.tenant_id = $1 AND d.campaign_id = $2 AND d.id > $3 AND d.state = 'SETTLED' ORDER BY d.id LIMIT ${PAGE}`
const AWARDS = `SELECT a.*, d.bucket FROM (
    SELECT * FROM award WHERE tenant_id = $1 AND campaign_id = $2 AND id > $3 ORDER BY id LIMIT ${PAGE}
  ) a JOIN draw d ON d.id = a.id AND d.participant_id = a.participant_id ORDER BY a.id`

interface Campaign {
  readonly tenant_id: string
  readonly campaign_id: string
  readonly campaign_no: number
}

/** Reads from the tables what the log of changes no longer tells: after a slot was lost, or where there was none before. */
@Injectable()
export class BackfillService {
  constructor(
    private readonly sql: SqlService,
    private readonly consumers: EventConsumers,
    private readonly consumption: ConsumptionService,
    private readonly consumed: ConsumedEventStore,
  ) {}

  /** Gives the consumer every event that it has not had. Resolves to their number; `isEnded` breaks it off between two pages. */
  async run(name: ConsumerName, isEnded: () => boolean): Promise<number> {
    const { rows } = await this.sql.system((sql) => sql.query<Campaign>('SELECT tenant_id, campaign_id, campaign_no FROM system_published_campaigns()'))
    const { types } = this.consumers.get(name)
    let count = 0
    for (const campaign of rows) {
      if (types.includes('drawbridge.draw.settled')) count += await this.#pages(name, campaign, 'draw', isEnded)
      if (types.includes('drawbridge.award.changed')) count += await this.#pages(name, campaign, 'award', isEnded)
    }
    return count
  }

  async #pages(name: ConsumerName, campaign: Campaign, table: 'draw' | 'award', isEnded: () => boolean): Promise<number> {
    let count = 0
    for (let after = '0'; ;) {
      if (isEnded()) throw new Error('change capture was ended while it read the tables')
      const { events, next } = await this.#page(name, campaign, table, after)
      if (events.length > 0) await this.consumption.backfill(name, events)
      count += events.length
      if (next === null) return count
      after = next
    }
  }

  /** Up to a page of events that the consumer has not had; `next`: the id to go on after, null at the end. */
  async #page(
    name: ConsumerName, campaign: Campaign, table: 'draw' | 'award', after: string,
  ): Promise<{ events: EventEnvelope[]; next: string | null }> {
    return this.sql.tenant(
      campaign.tenant_id,
      async (sql) => {
        const { rows } = await sql.query(table === 'draw' ? DRAWS : AWARDS, [campaign.tenant_id, campaign.campaign_id, after])
        const events = rows.map((row) => readEvent(table, row, campaign.campaign_no))
        const known = await this.consumed.known(sql, campaign.tenant_id, name, events)
        return { events: events.filter(({ id }) => !known.has(id)), next: rows.length < PAGE ? null : String(rows.at(-1)!.id) }
      },
      { readOnly: true },
    )
  }
}

function readEvent(table: 'draw' | 'award', row: Record<string, unknown>, campaignNo: number): EventEnvelope {
  const committedAt = (table === 'draw' ? row.settled_at : row.updated_at) ?? row.created_at
  const common = { op: 'r', lsn: '0/0', committedAtMs: (committedAt as Date).getTime(), before: null } as const
  const change: Change = table === 'draw'
    ? { ...common, table, after: drawRow(row), traceParent: null }
    : { ...common, table, after: awardRow(row) }
  return envelope(change, { campaignNo, bucket: Number(row.bucket) })
}
