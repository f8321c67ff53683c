export type Mechanic = 'LOTTERY' | 'FLASH_SALE' | 'RED_PACKET' | 'INSTANT_WIN'
export type CampaignStatus = 'DRAFT' | 'IN_REVIEW' | 'SCHEDULED' | 'ACTIVE' | 'PAUSED' | 'RECOVERING' | 'ENDED' | 'ARCHIVED'
export type PrizeKind = 'PHYSICAL' | 'COUPON_CODE' | 'POINTS' | 'CASH' | 'VIRTUAL'
export type Durability = 'DURABLE_WINS' | 'FAST'

/** Who gets tickets without the tenant granting them. `expiresAfterDays`: at the end of that local day, 1 = today's; null: never. */
export interface TicketRules {
  /** So many are usable each local day, and end with it. */
  readonly dailyFree: { readonly tickets: number } | null
  /** Claimed once a local day; a bonus on the day that a streak of such days reaches its length. */
  readonly signIn: {
    readonly tickets: number
    readonly streakBonuses: ReadonlyArray<{ readonly days: number; readonly tickets: number }>
    readonly expiresAfterDays: number | null
  } | null
  /** Claimed by the tenant's server. */
  readonly share: {
    readonly tickets: number
    readonly perDayMax: number
    readonly totalMax: number | null
    readonly expiresAfterDays: number | null
  } | null
}

/** Red packets that can be had from a moment on. */
export interface PacketWave {
  readonly startsAtMs: number
  readonly packets: number
  /** Split among its packets; null: each is worth what the prize is. */
  readonly totalMinor: number | null
}

/** How a RED_PACKET's prize is popped; null there where it is given by its odds. */
export interface PacketPlan {
  /** Split among all packets, in minor units of the prize's currency; null: each is worth what the prize is. */
  readonly totalMinor: number | null
  /** None: all packets from the campaign's start on. */
  readonly waves: readonly PacketWave[]
}

/** Units of a prize that came together and are popped: what they are follows from the seed (see docs/mechanics.md). */
export interface StockLot {
  /** 1, 2, … in its campaign. */
  readonly no: number
  /** The prize's. */
  readonly position: number
  readonly units: number
  readonly fromMs: number
  /** Above `fromMs`: each unit has its own moment from there up to here, this one not included. The same: all at once. */
  readonly untilMs: number
  /** Split among the units; null: each is worth what its prize is. */
  readonly totalMinor: number | null
}

export interface SnapshotPrize {
  readonly id: string
  /** 1 to 1000, never used again in its campaign: the prize's name in Redis. */
  readonly position: number
  readonly name: string
  readonly kind: PrizeKind
  readonly imageUrl: string | null
  readonly probabilityPpb: number
  readonly stockTotal: number
  readonly isFallback: boolean
  readonly winsPerUser: number | null
  readonly unlockAfterDraws: number | null
  readonly value: { readonly amountMinor: number; readonly currency: string } | null
  /** Its place among the fallbacks, which are tried from 1 on; null for what is none, and for the only one. */
  readonly fallbackOrder: number | null
  /** Given after `guaranteeAfterLosses`. */
  readonly isGuarantee: boolean
  /** Of one participant on one local day. */
  readonly winsPerUserDaily: number | null
  /** Of all participants together on one local day. */
  readonly winsPerDay: number | null
  /** Open to who has drawn on so many local days in a row, today included. */
  readonly unlockAfterStreakDays: number | null
  readonly packets: PacketPlan | null
}

/** Money that a campaign's prizes may cost, in minor units; null: no limit. */
export interface Budget {
  readonly currency: string
  readonly totalMinor: number | null
  /** On one local day. */
  readonly dailyMinor: number | null
}

/** Participants whose hash of the experiment's name lies in this range of 10 000 equal parts; `toBps` is not in it. */
export interface ExperimentArm {
  readonly name: string
  readonly fromBps: number
  readonly toBps: number
}

/** Whom a table is for: all that is said must hold; of a list, one. An empty list and null say nothing. */
export interface Audience {
  readonly segmentsAny: readonly string[]
  readonly tiers: readonly string[]
  readonly riskPools: readonly string[]
  readonly experiment: ExperimentArm | null
  /** An expression: see expression.ts. */
  readonly when: string | null
}

/** Other odds for an audience. A prize that is not among the entries has none in it. */
export interface OddsTable {
  readonly name: string
  readonly audience: Audience
  readonly entries: ReadonlyArray<{ readonly position: number; readonly probabilityPpb: number }>
}

/** A published campaign as one process sees it: immutable, replaced whole when its version grows. */
export interface CampaignSnapshot {
  readonly tenantId: string
  readonly id: string
  readonly no: number
  readonly slug: string
  readonly name: string
  readonly description: string | null
  readonly mechanic: Mechanic
  readonly status: CampaignStatus
  readonly version: number
  readonly epoch: number
  /** The tenant's, when the snapshot was read. */
  readonly riskVersion: number
  readonly startsAtMs: number
  readonly endsAtMs: number
  /** When it ended, by the clock or by an operator; null while it has not. */
  readonly endedAtMs: number | null
  readonly timezone: string
  readonly durability: Durability
  readonly bucketCount: number
  readonly drawsPerUserTotal: number | null
  readonly drawsPerUserDaily: number | null
  readonly winsPerUser: number | null
  readonly requiresTickets: boolean
  /** So many draws of a participant in a row without a win: the next that would be lost is won. */
  readonly guaranteeAfterLosses: number | null
  readonly budget: Budget | null
  readonly ticketRules: TicketRules | null
  /** Secret until the campaign has ended; 32 bytes. */
  readonly seed: Buffer
  /** Those not removed, by position. */
  readonly prizes: readonly SnapshotPrize[]
  /** Of a test world: the configuration as it stands, a draft's too, under a seed and Redis names of its own. */
  readonly test?: true
  /** Not empty: stock is popped, and odds say nothing. */
  readonly lots: readonly StockLot[]
  /** Who may draw: an expression; null: everybody. */
  readonly eligibility: string | null
  /** The first whose audience the participant is of decides; where none is, the prizes' own odds. */
  readonly oddsTables: readonly OddsTable[]
}
