import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import type { LocalDays } from './calendar.js'

/** Tickets of one participant that expire together. */
export interface TicketLot {
  readonly amount: number
  /** Usable before this moment; null: for ever. */
  readonly expiresAtMs: number | null
}

/** A participant's tickets as Redis holds them. */
export interface HeldTickets {
  readonly never: number
  /** 'expiryMs:amount;…', the first to expire first. */
  readonly lots: string
  /** The last local day that has had its free tickets; null: none has. */
  readonly freeDay: number | null
}

const INT_MAX = 2 ** 31 - 1

const parseLots = (text: string): Array<{ amount: number; expiresAtMs: number }> =>
  text.split(';').filter((lot) => lot !== '').map((lot) => {
    const [expiresAtMs = NaN, amount = NaN] = lot.split(':').map(Number)
    return { amount, expiresAtMs }
  })

/** Tickets that are free each local day. */
export const freeTickets = ({ requiresTickets, ticketRules }: CampaignSnapshot): number =>
  (requiresTickets ? (ticketRules?.dailyFree?.tickets ?? 0) : 0)

/**
 * The lots that can be used on `today` at `nowMs`, those that expire first first. Today's free tickets are among them though
 * nobody has drawn for them yet.
 */
export function usableLots(held: HeldTickets, campaign: CampaignSnapshot, today: LocalDays, nowMs: number): TicketLot[] {
  const amounts = new Map<number, number>()
  for (const { amount, expiresAtMs } of parseLots(held.lots)) if (expiresAtMs > nowMs) amounts.set(expiresAtMs, amount)
  const free = freeTickets(campaign)
  if (free > 0 && (held.freeDay ?? -1) < today.day) amounts.set(today.nextMs, (amounts.get(today.nextMs) ?? 0) + free)
  const lots: TicketLot[] = [...amounts].sort(([a], [b]) => a - b).map(([expiresAtMs, amount]) => ({ amount, expiresAtMs }))
  if (held.never > 0) lots.push({ amount: held.never, expiresAtMs: null })
  return lots
}

/** As GraphQL's Int can say it. */
export const balanceOf = (lots: readonly TicketLot[]): number => Math.min(INT_MAX, lots.reduce((sum, { amount }) => sum + amount, 0))
