import type {
  CampaignMechanic, CampaignStatus, CarryOver, Durability, FulfilmentKind, PrizeKind, RiskSubject, StockFate,
} from '../../generated/graphql.js'

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
  readonly signIn: {
    readonly tickets: Num
    readonly expiresAfterDays: Num
    readonly streakBonuses: ReadonlyArray<{ readonly days: Num; readonly tickets: Num }>
  } | null
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
export interface Fixed {
  readonly id: string
  readonly slug: string
  readonly mechanic: CampaignMechanic
  readonly status: CampaignStatus
  readonly version: number
}

export const newPrize = (currency: string): PrizeValues => ({
  key: `new-${crypto.randomUUID()}`, id: null, name: '', kind: 'VIRTUAL', probabilityPpb: '', stockTotal: '', amountMinor: '', currency, isFallback: false, fallbackOrder: '',
  isGuarantee: false, winsPerUser: '', winsPerUserDaily: '', winsPerDay: '', unlockAfterDraws: '', unlockAfterStreakDays: '', release: null, fulfilment: null, packets: null,
})
