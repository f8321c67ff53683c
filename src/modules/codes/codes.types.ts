import type { CampaignPrize } from '../campaigns/campaigns.types.js'
import type { RowError } from './domain/code-file.js'

/** A prize's codes, counted. Of `imported` = assigned + free + expired + voided. */
export interface CodePool {
  readonly prize: CampaignPrize
  readonly imported: number
  readonly assigned: number
  readonly free: number
  /** Expired before anybody won them. */
  readonly expired: number
  readonly voided: number
  /** Awards that have no code yet. */
  readonly waitingAwards: number
  readonly lowStockAt: number | null
  /** Since when the pool has been low; null while it is not, or no threshold is set. */
  readonly lowSince: Date | null
  readonly warnings: readonly string[]
}

export type CodeImportState = 'RUNNING' | 'DONE' | 'REFUSED' | 'FAILED'

export interface CodeImport {
  readonly id: string
  readonly campaignId: string
  readonly prizeId: string
  readonly dryRun: boolean
  /** REFUSED: the file is wrong, and nothing of it was imported. FAILED: it could not be read to its end; nothing was imported either. */
  readonly state: CodeImportState
  /** Rows read so far. */
  readonly rows: number
  readonly imported: number
  readonly errorCount: number
  /** The first hundred. */
  readonly errors: readonly RowError[]
  readonly message: string | null
  readonly createdAt: Date
  readonly finishedAt: Date | null
}

export interface ImportRequest {
  readonly prizeId: string
  readonly dryRun: boolean
  /** The caller's name for the import, a UUID, so that it can ask how far it is; null: one is made. */
  readonly id: string | null
}

/** An award's code, as its owner may see it. */
export interface AwardCode {
  readonly code: string
  readonly expiresAt: Date | null
}

/** A pool that has run low, and has not recovered since. */
export interface CodeAlarm {
  readonly campaignId: string
  readonly campaignName: string
  readonly prizeId: string
  readonly prizeName: string
  readonly lowStockAt: number
  /** When the alarm was raised. */
  readonly free: number
  readonly since: Date
}
