import { setTimeout as sleep } from 'node:timers/promises'
import { ask, type GraphqlClient } from './client.js'
import { describe, type AnsweredDraw, type Ledger } from './ledger.js'

// A draw with its award costs what two without would; a query may cost only so much.
const PAGE = 50
const AUDIT_EVERY_MS = 200
/** How long the books may take to close before they count as open. */
const SETTLE_PATIENCE_MS = 60_000
/** Change events reach their consumers a little later than the rows are settled. */
const BALANCE_PATIENCE_MS = 15_000

const DRAWS = `query ($campaignId: ID!, $after: String) { draws(campaignId: $campaignId, first: ${PAGE}, after: $after) {
  edges { node { id userId idempotencyKey outcome createdAt prize { id } award { amount { amountMinor } } } } pageInfo { hasNextPage endCursor } } }`
const AUDIT = 'query ($campaignId: ID!) { booksAudit(campaignId: $campaignId) { balanced draws unsettled violations { invariant detail } } }'

interface ListedDraw {
  readonly id: string
  readonly outcome: AnsweredDraw['outcome']
  readonly idempotencyKey: string
  readonly createdAt: string
  readonly prize: { readonly id: string } | null
  readonly award: { readonly amount: { readonly amountMinor: number } | null } | null
}

interface Listed {
  readonly draws: {
    readonly edges: ReadonlyArray<{ readonly node: ListedDraw }>
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }
}

export interface Audit {
  readonly balanced: boolean
  readonly draws: number
  readonly unsettled: number
  readonly violations: ReadonlyArray<{ readonly invariant: string; readonly detail: string }>
}

export interface Books extends Audit {
  /** From the last answer until nothing was unsettled; null where that never came. */
  readonly settlementLagMs: number | null
}

/** Waits until everything is settled and audited. `lastAnswerAt` is of performance.now(). */
export async function auditBooks(admin: GraphqlClient, campaignId: string, lastAnswerAt: number): Promise<Books> {
  const settleUntil = performance.now() + SETTLE_PATIENCE_MS
  let settlementLagMs: number | null = null
  let balanceUntil = 0
  for (;;) {
    const { booksAudit: audit } = await ask<{ booksAudit: Audit }>(admin, AUDIT, { campaignId })
    const now = performance.now()
    if (audit.unsettled === 0 && settlementLagMs === null) {
      settlementLagMs = now - lastAnswerAt
      balanceUntil = now + BALANCE_PATIENCE_MS
    }
    const closed = settlementLagMs !== null && (audit.balanced || now > balanceUntil)
    if (closed || (settlementLagMs === null && now > settleUntil)) return { ...audit, settlementLagMs }
    await sleep(AUDIT_EVERY_MS)
  }
}

/**
 * Holds the ledger against what the server lists: each acknowledged draw must be there as it was acknowledged, once,
 * and no other of this run but those in `unanswered`. Writes what differs into the ledger; returns how many it found.
 */
export async function compareDraws(
  app: GraphqlClient, campaignId: string, prefix: string, ledger: Ledger, unanswered: readonly number[], beganMs: number,
): Promise<number> {
  const missing = new Set(ledger.acknowledged.keys())
  const unknown = new Set(unanswered)
  let found = 0
  for (let after: string | null = null; ;) {
    const { draws }: Listed = await ask<Listed>(app, DRAWS, { campaignId, after })
    for (const { node } of draws.edges) {
      if (!node.idempotencyKey.startsWith(`${prefix}-`)) continue
      found++
      const draw = Number(node.idempotencyKey.slice(prefix.length + 1))
      const acknowledged = ledger.acknowledged.get(draw)
      const amountMinor = node.award?.amount?.amountMinor ?? 0
      const listed = { id: node.id, outcome: node.outcome, prizeId: node.prize?.id ?? null, amountMinor }
      ledger.listedMinor += amountMinor
      if (acknowledged === undefined) {
        if (!unknown.has(draw)) ledger.differ(`draw ${draw} is in the books (${describe(listed)}) and was never acknowledged`)
      } else if (!missing.delete(draw)) ledger.differ(`draw ${draw} is in the books twice`)
      else if (describe(listed) !== describe(acknowledged)) ledger.differ(`draw ${draw}: acknowledged ${describe(acknowledged)}, in the books ${describe(listed)}`)
    }
    const last = draws.edges.at(-1)?.node
    after = draws.pageInfo.endCursor
    // Newest first; an hour's margin for a server with another clock.
    if (!draws.pageInfo.hasNextPage || after === null || (last !== undefined && Date.parse(last.createdAt) < beganMs - 3_600_000)) break
  }
  for (const draw of missing) ledger.differ(`draw ${draw} was acknowledged (${describe(ledger.acknowledged.get(draw)!)}) and is not in the books`)
  return found
}
