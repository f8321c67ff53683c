export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'TICKETS' | 'CODES' | 'AWARDS' | 'WALLETS'

export interface BooksViolation {
  readonly invariant: Invariant
  /** What is wrong, with the ids of it. */
  readonly detail: string
}

export interface BooksAudit {
  readonly balanced: boolean
  readonly checkedAt: Date
  readonly violations: readonly BooksViolation[]
  /** Rows of draws. */
  readonly draws: number
  /** Stream entries that are decided and not yet settled. */
  readonly unsettled: number
}

export interface AuditOptions {
  /** Consumers must have had every change, however young. */
  readonly strict?: boolean
  /** How often the books are read before what is wrong is said to stay; 4. */
  readonly attempts?: number
}
