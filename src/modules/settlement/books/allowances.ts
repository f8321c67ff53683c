import type { SqlClient } from '../../../platform/prisma/sql.service.js'
import { BUDGET_JSON, VALUE_JSON } from '../../campaigns/domain/prize-json.js'
import { allowancesOn, type AllowanceTerms, type DayWins, meaningOf, usedOf } from '../../inventory/domain/allowance.js'
import type { CampaignRef } from '../draw-rows.store.js'
import type { BooksViolation } from './books.types.js'
import type { CampaignCut } from './cut.store.js'
import { readWinsByDay } from './stock.store.js'

/** What allowances follow from, and what the awards have used of them. */
export interface AllowanceFacts { readonly terms: AllowanceTerms; readonly wins: readonly DayWins[] }

/** Null for a campaign without a budget and without daily limits of a prize. */
export async function readAllowanceFacts(sql: SqlClient, campaign: CampaignRef): Promise<AllowanceFacts | null> {
  const { rows } = await sql.query<AllowanceTerms & { timezone: string }>(
    `SELECT c.timezone, ${BUDGET_JSON} AS budget,
       (SELECT jsonb_agg(jsonb_build_object('position', p.position, 'winsPerDay', p.wins_per_day, 'value', ${VALUE_JSON}))
        FROM prize p WHERE p.tenant_id = c.tenant_id AND p.campaign_id = c.id) AS prizes
     FROM campaign c WHERE c.tenant_id = $1 AND c.id = $2`,
    [campaign.tenantId, campaign.campaignId],
  )
  const terms = rows[0]
  if (terms === undefined || (terms.budget === null && !(terms.prizes ?? []).some(({ winsPerDay }) => winsPerDay !== null))) return null
  return { terms, wins: await readWinsByDay(sql, campaign, terms.timezone) }
}

/** I7 of money and daily wins: what the buckets have used up, less what is on its way between them, is what was won. */
export function allowanceViolations({ terms, wins }: AllowanceFacts, cut: CampaignCut): BooksViolation[] {
  const codes = new Set(cut.buckets.flatMap(({ used }) => [...used.keys()]))
  return [...codes].flatMap((code): BooksViolation[] => {
    const meaning = meaningOf(code)
    // A limit that was taken away is counted no more.
    if (!allowancesOn(terms, meaning.day ?? 0).some((allowance) => allowance.code === code)) return []
    const known = usedOf({ code }, terms, wins)
    const used = cut.buckets.reduce((sum, bucket) => sum + (bucket.used.get(code) ?? 0), 0) - (cut.inTransit.get(code) ?? 0)
    if (used === known) return []
    const what = meaning.kind === 'MONEY' ? 'the budget' : `the daily wins of the prize at position ${meaning.position}`
    const when = meaning.day === null ? '' : ` on day ${meaning.day}`
    return [{ invariant: 'I7', detail: `${what}${when}: the buckets have used ${used}, the awards are ${known}` }]
  })
}
