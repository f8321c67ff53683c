import type { Fulfilment } from './domain/fulfilment.js'
import type { FieldProblem } from './domain/report.js'
import type { Release } from './domain/release.js'
import type { Audience, Budget, CampaignStatus, Durability, Mechanic, OddsTable, SnapshotPrize, TicketRules } from './domain/snapshot.js'

/** A prize as operators see it. Its release and its fulfilment are not in snapshots: no draw needs them. */
export interface CampaignPrize extends SnapshotPrize {
  /** Null: all of its stock is released when the campaign is published. */
  readonly release: Release | null
  /** Null: the tenant fulfils by itself. */
  readonly fulfilment: Fulfilment | null
}

export interface PrizeDraft extends Omit<CampaignPrize, 'id' | 'position' | 'imageUrl'> {
  /** Of a prize that the campaign has; null for a new one. */
  readonly id: string | null
}

export interface OddsTableDraft {
  readonly name: string
  readonly audience: Audience
  /** `prize`: the id of a prize that the campaign has, or its name where one prize alone has it; a number: its place in the draft's list. */
  readonly entries: ReadonlyArray<{ readonly prize: string | number; readonly probabilityPpb: number }>
}

/** What an operator decides of a campaign. */
export interface CampaignDraft {
  readonly slug: string
  readonly name: string
  readonly description: string | null
  readonly mechanic: Mechanic
  readonly startsAt: Date
  readonly endsAt: Date
  readonly timezone: string
  readonly durability: Durability
  readonly bucketCount: number
  readonly drawsPerUserTotal: number | null
  readonly drawsPerUserDaily: number | null
  readonly winsPerUser: number | null
  readonly requiresTickets: boolean
  readonly guaranteeAfterLosses: number | null
  readonly budget: Budget | null
  readonly ticketRules: TicketRules | null
  readonly prizes: readonly PrizeDraft[]
  readonly eligibility: string | null
  readonly oddsTables: readonly OddsTableDraft[]
}

/** A campaign as operators see it. `status` is the one in effect now. */
export interface Campaign extends Omit<CampaignDraft, 'prizes' | 'oddsTables'> {
  readonly id: string
  readonly status: CampaignStatus
  readonly version: number
  /** Hexadecimal; from publishing on. */
  readonly seedHash: string | null
  /** Hexadecimal; a minute after the end. */
  readonly revealedSeed: string | null
  readonly prizes: readonly CampaignPrize[]
  readonly oddsTables: readonly OddsTable[]
}

type Nullable<T> = { readonly [K in keyof T]?: T[K] | null }

/** What is left out stays; null empties what may be empty. */
export type CampaignPatch = Nullable<Omit<CampaignDraft, 'slug' | 'mechanic'>>

/** New odds for later draws of a published campaign. Null, and a prize that is left out: as they are. */
export interface OddsRevision {
  readonly prizes: ReadonlyArray<{ readonly prize: string; readonly probabilityPpb: number }> | null
  readonly oddsTables: readonly OddsTableDraft[] | null
  /** For the audit log; 1 to 500 characters. */
  readonly reason: string
}

/** A change of a campaign that a second operator may have to approve. */
export type CampaignChange =
  | Readonly<{ kind: 'publish' }>
  | Readonly<{ kind: 'update'; patch: CampaignPatch }>
  | Readonly<{ kind: 'odds'; revision: OddsRevision }>

/** What a change would make of a campaign. */
export type Rehearsal = Readonly<{ before: Campaign; after: Campaign }>

export type CampaignResult =
  | Readonly<{ kind: 'campaign'; campaign: Campaign }>
  | Readonly<{ kind: 'conflict'; current: Campaign; message: string }>
  | Readonly<{ kind: 'invalid'; problems: readonly FieldProblem[]; message: string }>

/** What a campaign made from a template says for itself; `name` null: the template's. */
export type TemplateUse = Pick<CampaignDraft, 'slug' | 'startsAt' | 'endsAt' | 'timezone'> & Readonly<{ template: string; name: string | null }>

export interface CampaignListing {
  readonly status: CampaignStatus | null
  readonly search: string | null
  readonly first: number
  readonly after: string | null
}

export interface CampaignPage {
  readonly edges: ReadonlyArray<Readonly<{ cursor: string; node: Campaign }>>
  readonly hasNextPage: boolean
}
