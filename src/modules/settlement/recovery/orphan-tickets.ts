import type { SqlClient } from '../../../platform/prisma/sql.service.js'
import type { TicketRules } from '../../campaigns/domain/snapshot.js'
import { localDays } from '../../draws/domain/calendar.js'
import type { CampaignRef } from '../draw-rows.store.js'
import { recordFreeTickets, recordTickets } from '../ticket-rows.store.js'

interface Orphan { readonly id: string; readonly participantId: string; readonly createdMs: number }

/** A lot's tickets by its expiry in ms; 0 = never. */
type Lots = Map<number, number>

/**
 * The tickets of settled draws whose stream entries are lost, and with them what each draw took from which lot. Redis took
 * them from what the ledger holds, and so many fit: the earliest draw takes what expires first, which leaves most to the others.
 */
export async function recordOrphansTickets(sql: SqlClient, campaign: CampaignRef, orphans: readonly Orphan[]): Promise<void> {
  if (orphans.length === 0) return
  const { rows: [terms] } = await sql.query<{ requires_tickets: boolean; ticket_rules: TicketRules | null; timezone: string }>(
    'SELECT requires_tickets, ticket_rules, timezone FROM campaign WHERE tenant_id = $1 AND id = $2', [campaign.tenantId, campaign.campaignId])
  if (terms?.requires_tickets !== true) return
  const free = terms.ticket_rules?.dailyFree?.tickets
  if (free !== undefined) {
    await recordFreeTickets(sql, campaign, orphans.map(({ participantId, createdMs }) => {
      const { day, nextMs } = localDays(terms.timezone, createdMs)
      return { participantId, day, amount: free, expiresMs: nextMs }
    }))
  }
  const held = await readLots(sql, campaign, [...new Set(orphans.map(({ participantId }) => participantId))])
  const inTime = orphans.toSorted((a, b) => a.createdMs - b.createdMs || (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
  await recordTickets(sql, campaign, inTime.map((orphan) => {
    const lots = held.get(orphan.participantId) ?? new Map<number, number>()
    return { ...orphan, ticketLot: takeTicket(lots, orphan.createdMs) }
  }))
}

async function readLots(sql: SqlClient, campaign: CampaignRef, participants: readonly string[]): Promise<Map<string, Lots>> {
  const { rows } = await sql.query<{ participant_id: string; expires_at: Date | null; rest: string }>(
    `SELECT participant_id, expires_at, sum(amount) AS rest FROM ticket_ledger
     WHERE tenant_id = $1 AND campaign_id = $2 AND participant_id = ANY($3::text[]) GROUP BY participant_id, expires_at`,
    [campaign.tenantId, campaign.campaignId, participants],
  )
  const byParticipant = Map.groupBy(rows, (row) => row.participant_id)
  return new Map([...byParticipant].map(([id, own]) => [id, new Map(own.map((row) => [row.expires_at?.getTime() ?? 0, Number(row.rest)]))]))
}

/** Takes one ticket and says from which lot: of those that could be used at `ms`, the one that expires first. */
function takeTicket(lots: Lots, ms: number): number {
  const usable = [...lots].filter(([expiryMs, rest]) => rest > 0 && (expiryMs === 0 || expiryMs > ms)).map(([expiryMs]) => expiryMs)
  const expiring = usable.filter((expiryMs) => expiryMs > 0)
  const lot = expiring.length > 0 ? Math.min(...expiring) : 0
  lots.set(lot, (lots.get(lot) ?? 0) - 1)
  return lot
}
