import type {
  CampaignDraftFragment, CampaignMechanic, CampaignStatus, CarryOver, Durability, FulfilmentKind, PrizeKind, RiskSubject, StockFate,
} from '../../generated/graphql.js'
import { wallOf } from '../../lib/wall-time.js'

/** A number field: what is typed in it, or nothing yet. */
export type Num = number | ''
/** A moment as its field has it: by the clock of the campaign's zone. */
export type Wall = string

export type ReleaseMode = 'steps' | 'times' | 'everySeconds' | 'dailyAt'
export interface ReleaseValues {
  readonly carryOver: CarryOver
  readonly mode: ReleaseMode
  readonly steps: ReadonlyArray<{ readonly at: Wall; readonly units: Num }>
  readonly from: Wall
  readonly to: Wall
  readonly times: Num
  readonly everySeconds: Num
  readonly dailyAt: readonly string[]
  readonly windows: ReadonlyArray<{ readonly from: string; readonly to: string }>
}
export interface FulfilmentValues {
  readonly kind: FulfilmentKind
  readonly url: string
  readonly claimWithinSeconds: Num
  readonly onExpiry: StockFate
}
export interface PacketsValues {
  readonly totalMinor: Num
  readonly waves: ReadonlyArray<{ readonly startsAt: Wall; readonly packets: Num; readonly totalMinor: Num }>
}
export interface PrizeValues {
  /** Lasts while the prize is edited; its id once the server has one for it. */
  readonly key: string
  readonly id: string | null
  readonly name: string
  readonly kind: PrizeKind
  readonly probabilityPpb: Num
  readonly stockTotal: Num
  readonly amountMinor: Num
  readonly currency: string
  readonly isFallback: boolean
  readonly fallbackOrder: Num
  readonly isGuarantee: boolean
  readonly winsPerUser: Num
  readonly winsPerUserDaily: Num
  readonly winsPerDay: Num
  readonly unlockAfterDraws: Num
  readonly unlockAfterStreakDays: Num
  readonly release: ReleaseValues | null
  readonly fulfilment: FulfilmentValues | null
  readonly packets: PacketsValues | null
}
export interface TableValues {
  readonly name: string
  readonly segmentsAny: readonly string[]
  readonly tiers: readonly string[]
  readonly riskPools: readonly string[]
  readonly experiment: { readonly name: string; readonly fromBps: Num; readonly toBps: Num } | null
  readonly when: string
  /** By the prize's key; a prize that has none cannot be rolled in this table. */
  readonly odds: Readonly<Record<string, Num>>
}
export interface TicketValues {
  readonly dailyFree: Num
  readonly signIn: { readonly tickets: Num; readonly expiresAfterDays: Num; readonly streakBonuses: ReadonlyArray<{ readonly days: Num; readonly tickets: Num }> } | null
  readonly share: { readonly tickets: Num; readonly perDayMax: Num; readonly totalMax: Num; readonly expiresAfterDays: Num } | null
}
export interface RuleValues { readonly subject: RiskSubject; readonly windowSeconds: Num; readonly drawsMax: Num }

/** A campaign as its forms have it: all of it, on every step. */
export interface Values {
  readonly name: string
  readonly description: string
  readonly startsAt: Wall
  readonly endsAt: Wall
  readonly timezone: string
  readonly requiresTickets: boolean
  readonly tickets: TicketValues
  readonly prizes: readonly PrizeValues[]
  readonly oddsTables: readonly TableValues[]
  readonly bucketCount: number
  readonly durability: Durability
  readonly drawsPerUserTotal: Num
  readonly drawsPerUserDaily: Num
  readonly winsPerUser: Num
  readonly guaranteeAfterLosses: Num
  readonly budget: { readonly currency: string; readonly totalMinor: Num; readonly dailyMinor: Num }
  readonly eligibility: string
  /** Velocity rules of this campaign alone; the tenant's hold beside them. */
  readonly rules: readonly RuleValues[]
}

/** What of a campaign no form changes. */
export interface Fixed { readonly id: string; readonly slug: string; readonly mechanic: CampaignMechanic; readonly status: CampaignStatus; readonly version: number }

const num = (value: number | null | undefined): Num => value ?? ''

type Prize = CampaignDraftFragment['prizes'][number]

function releaseOf({ carryOver, steps, evenly }: NonNullable<Prize['release']>, zone: string): ReleaseValues {
  const wall = (iso: string | null | undefined) => (iso == null ? '' : wallOf(iso, zone))
  return {
    carryOver,
    mode: evenly == null ? 'steps' : evenly.times != null ? 'times' : evenly.everySeconds != null ? 'everySeconds' : 'dailyAt',
    steps: (steps ?? []).map(({ at, units }) => ({ at: wallOf(at, zone), units })),
    from: wall(evenly?.from), to: wall(evenly?.to), times: num(evenly?.times), everySeconds: num(evenly?.everySeconds),
    dailyAt: evenly?.dailyAt ?? [], windows: (evenly?.windows ?? []).map(({ from, to }) => ({ from, to })),
  }
}

function prizeOf(prize: Prize, zone: string): PrizeValues {
  const { id, name, kind, probabilityPpb, stockTotal, value, isFallback, isGuarantee, release, fulfilment, packets } = prize
  return {
    key: id, id, name, kind, probabilityPpb, stockTotal, isFallback, isGuarantee,
    amountMinor: num(value?.amountMinor), currency: value?.currency ?? '', fallbackOrder: num(prize.fallbackOrder),
    winsPerUser: num(prize.winsPerUser), winsPerUserDaily: num(prize.winsPerUserDaily), winsPerDay: num(prize.winsPerDay),
    unlockAfterDraws: num(prize.unlockAfterDraws), unlockAfterStreakDays: num(prize.unlockAfterStreakDays),
    release: release == null ? null : releaseOf(release, zone),
    fulfilment: fulfilment == null ? null : {
      kind: fulfilment.kind, url: fulfilment.url ?? '', claimWithinSeconds: num(fulfilment.claimWithinSeconds), onExpiry: fulfilment.onExpiry,
    },
    packets: packets == null ? null : {
      totalMinor: num(packets.totalMinor),
      waves: packets.waves.map((wave) => ({ startsAt: wallOf(wave.startsAt, zone), packets: wave.packets, totalMinor: num(wave.totalMinor) })),
    },
  }
}

const ticketsOf = (rules: CampaignDraftFragment['ticketRules']): TicketValues => ({
  dailyFree: num(rules?.dailyFree?.tickets),
  signIn: rules?.signIn == null ? null : {
    tickets: rules.signIn.tickets, expiresAfterDays: num(rules.signIn.expiresAfterDays),
    streakBonuses: rules.signIn.streakBonuses.map(({ days, tickets }) => ({ days, tickets })),
  },
  share: rules?.share == null ? null : {
    tickets: rules.share.tickets, perDayMax: rules.share.perDayMax, totalMax: num(rules.share.totalMax), expiresAfterDays: num(rules.share.expiresAfterDays),
  },
})

export const fixedOf = ({ id, slug, mechanic, status, version }: CampaignDraftFragment): Fixed => ({ id, slug, mechanic, status, version })

export const rulesOf = (rules: ReadonlyArray<{ subject: RiskSubject; windowSeconds: number; drawsMax: number }>): RuleValues[] =>
  rules.map(({ subject, windowSeconds, drawsMax }) => ({ subject, windowSeconds, drawsMax }))

export function valuesOf(campaign: CampaignDraftFragment, rules: readonly RuleValues[]): Values {
  const { name, description, startsAt, endsAt, timezone, requiresTickets, bucketCount, durability, budget } = campaign
  return {
    name, description: description ?? '', timezone, requiresTickets, bucketCount, durability,
    startsAt: wallOf(startsAt, timezone), endsAt: wallOf(endsAt, timezone),
    tickets: ticketsOf(campaign.ticketRules),
    prizes: campaign.prizes.map((prize) => prizeOf(prize, timezone)),
    oddsTables: campaign.oddsTables.map(({ name: table, audience: { segmentsAny, tiers, riskPools, experiment, when }, entries }) => ({
      name: table, segmentsAny, tiers, riskPools, when: when ?? '',
      experiment: experiment == null ? null : { name: experiment.name, fromBps: experiment.fromBps, toBps: experiment.toBps },
      odds: Object.fromEntries(entries.map(({ prize, probabilityPpb }) => [prize.id, probabilityPpb])),
    })),
    drawsPerUserTotal: num(campaign.drawsPerUserTotal), drawsPerUserDaily: num(campaign.drawsPerUserDaily), winsPerUser: num(campaign.winsPerUser),
    guaranteeAfterLosses: num(campaign.guaranteeAfterLosses),
    budget: { currency: budget?.currency ?? '', totalMinor: num(budget?.totalMinor), dailyMinor: num(budget?.dailyMinor) },
    eligibility: campaign.eligibility ?? '',
    rules,
  }
}

export const newPrize = (currency: string): PrizeValues => ({
  key: `new-${crypto.randomUUID()}`, id: null, name: '', kind: 'VIRTUAL', probabilityPpb: '', stockTotal: '', amountMinor: '', currency, isFallback: false, fallbackOrder: '',
  isGuarantee: false, winsPerUser: '', winsPerUserDaily: '', winsPerDay: '', unlockAfterDraws: '', unlockAfterStreakDays: '', release: null, fulfilment: null, packets: null,
})
