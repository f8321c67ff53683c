import type { Fulfilment } from './domain/fulfilment.js'
import type { Release } from './domain/release.js'
import type { Budget, CampaignStatus, Durability, Mechanic, SnapshotPrize, TicketRules } from './domain/snapshot.js'

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
}

/** A campaign as operators see it. `status` is the one in effect now. */
export interface Campaign extends Omit<CampaignDraft, 'prizes'> {
  readonly id: string
  readonly status: CampaignStatus
  readonly version: number
  /** Hexadecimal; from publishing on. */
  readonly seedHash: string | null
  /** Hexadecimal; a minute after the end. */
  readonly revealedSeed: string | null
  readonly prizes: readonly CampaignPrize[]
}

type Nullable<T> = { readonly [K in keyof T]?: T[K] | null }

/** What is left out stays; null empties what may be empty. */
export type CampaignPatch = Nullable<Omit<CampaignDraft, 'slug' | 'mechanic'>>

export type FieldProblem = Readonly<{ path: string; message: string }>

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
