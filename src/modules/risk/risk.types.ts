export type RiskList = 'BLOCK' | 'ALLOW'
export type RiskSubject = 'PARTICIPANT' | 'DEVICE' | 'IP'

export interface RiskEntry {
  readonly id: string
  /** Null: for every campaign of the tenant. */
  readonly campaignId: string | null
  readonly list: RiskList
  readonly subject: RiskSubject
  /** An address range is CIDR in its one spelling. */
  readonly value: string
  readonly reason: string
  readonly createdAt: Date
}

export interface RiskEntryInput {
  readonly campaignId: string | null
  readonly list: RiskList
  readonly subject: RiskSubject
  readonly value: string
  readonly reason: string
}

export interface RiskEntryPage {
  readonly entries: readonly RiskEntry[]
  readonly hasNextPage: boolean
}

/** Whose entries: a campaign's; without one those of the whole tenant, which hold in each campaign, and with `everyCampaign` its campaigns' own too. */
export interface RiskScope {
  readonly campaignId: string | null
  readonly everyCampaign: boolean
}

export interface VelocityRuleInput {
  readonly subject: RiskSubject
  readonly windowSeconds: number
  readonly drawsMax: number
}

/** At most `drawsMax` draws in a window of `windowSeconds` that begins with its first draw. */
export interface VelocityRule extends VelocityRuleInput {
  /** Null: of the tenant, counted over all of its campaigns (a participant's: in each campaign by itself). */
  readonly campaignId: string | null
}

/** Who draws, as far as it is known. */
export interface RiskParty {
  readonly userId: string
  readonly deviceId: string | null
  readonly ip: string | null
}

export interface RiskVerdict {
  readonly blocked: boolean
  /** On an allow list: not blocked, and no velocity rule applies. */
  readonly allowed: boolean
  /** Of the lists and rules that decided; the gate knows the newest. */
  readonly version: number
}
