import type { ChainBreak, ChainedEntry, ChainPlace } from './domain/audit-chain.js'

/** What of the log is wanted; null, or nothing: all. */
export interface AuditFilter {
  /** The one entry of that number. */
  readonly seq?: number | null
  readonly actorId?: string | null
  /** An action, or with a full stop at its end all of a kind: `campaign.`. */
  readonly action?: string | null
  readonly subjectKind?: string | null
  readonly subjectId?: string | null
  readonly campaignId?: string | null
  /** Inclusive. */
  readonly from?: Date | null
  /** Exclusive. */
  readonly to?: Date | null
}

export interface AuditPage {
  readonly edges: ReadonlyArray<{ readonly cursor: string; readonly node: ChainedEntry }>
  readonly hasNextPage: boolean
}

/** JSONL: canonical JSON, one entry a line, from which hashes can be computed again. */
export type AuditExportFormat = 'CSV' | 'JSONL'

export interface TenantChain {
  readonly tenantId: string
  readonly tenantSlug: string
  /** Null: the tenant has no entry. */
  readonly head: ChainPlace | null
}

export interface CheckedChain extends TenantChain {
  readonly entries: number
  readonly broken: ChainBreak | null
}
