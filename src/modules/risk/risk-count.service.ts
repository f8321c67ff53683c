import { Injectable, type OnModuleInit } from '@nestjs/common'
import type { DrawRow, EventEnvelope, EventType } from '../../platform/events/event.types.js'
import { type EventConsumer, EventConsumers } from '../../platform/events/event-consumers.js'
import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { formatIp, parseIp } from './domain/ip.js'
import type { RiskSubject } from './risk.types.js'

interface Count {
  readonly campaignId: string
  readonly subject: RiskSubject
  readonly value: string
  draws: number
  wins: number
  firstSeenAt: string
  lastSeenAt: string
}

/** Consumes settled draws: what each participant, device and address has done in a campaign. */
@Injectable()
export class RiskCountService implements EventConsumer, OnModuleInit {
  readonly consumer = 'RISK'
  readonly types: readonly EventType[] = ['drawbridge.draw.settled']

  constructor(private readonly consumers: EventConsumers) {}

  onModuleInit(): void {
    this.consumers.register(this)
  }

  async apply(sql: SqlClient, tenantId: string, events: readonly EventEnvelope[]): Promise<void> {
    const counts = new Map<string, Count>()
    for (const event of events) {
      if (event.type !== 'drawbridge.draw.settled') continue
      for (const [subject, value] of subjectsOf(event.data.after)) add(counts, event.data.after, subject, value)
    }
    if (counts.size === 0) return
    const rows = [...counts.values()]
    const column = <K extends keyof Count>(name: K) => rows.map((row) => row[name])
    await sql.query(
      `INSERT INTO risk_count AS r (tenant_id, campaign_id, subject, value, draws, wins, first_seen_at, last_seen_at)
       SELECT $1, c.* FROM unnest($2::uuid[], $3::risk_subject[], $4::text[], $5::bigint[], $6::bigint[], $7::timestamptz[], $8::timestamptz[]) c
       ON CONFLICT (tenant_id, campaign_id, subject, value) DO UPDATE SET draws = r.draws + excluded.draws, wins = r.wins + excluded.wins,
         first_seen_at = least(r.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(r.last_seen_at, excluded.last_seen_at)`,
      [
        tenantId, column('campaignId'), column('subject'), column('value'), column('draws'), column('wins'),
        column('firstSeenAt'), column('lastSeenAt'),
      ],
    )
  }
}

function subjectsOf({ participant_id, device_id, ip }: DrawRow): Array<[RiskSubject, string]> {
  const address = ip === null ? null : parseIp(ip)
  return [
    ['PARTICIPANT', participant_id],
    ...(device_id === null ? [] : [['DEVICE', device_id] as [RiskSubject, string]]),
    ...(address === null ? [] : [['IP', formatIp(address)] as [RiskSubject, string]]),
  ]
}

function add(counts: Map<string, Count>, draw: DrawRow, subject: RiskSubject, value: string): void {
  const name = `${draw.campaign_id}/${subject}/${value}`
  const at = draw.created_at
  let count = counts.get(name)
  if (count === undefined) {
    count = { campaignId: draw.campaign_id, subject, value, draws: 0, wins: 0, firstSeenAt: at, lastSeenAt: at }
    counts.set(name, count)
  }
  count.draws += 1
  if (draw.outcome === 'WON') count.wins += 1
  // ISO 8601 in UTC sorts as text.
  if (at < count.firstSeenAt) count.firstSeenAt = at
  if (at > count.lastSeenAt) count.lastSeenAt = at
}
