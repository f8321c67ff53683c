import type { RiskList, RiskRowFragment } from '../../generated/graphql.js'

type Entry = Pick<RiskRowFragment, 'campaignId' | 'list'>

/** What the lists make of a participant in a campaign, or, without one, everywhere: who is allowed is not blocked. */
export function standingOf(entries: readonly Entry[], campaignId: string | undefined): RiskList | null {
  const holding = entries.filter((entry) => entry.campaignId == null || entry.campaignId === campaignId)
  if (holding.some(({ list }) => list === 'ALLOW')) return 'ALLOW'
  return holding.some(({ list }) => list === 'BLOCK') ? 'BLOCK' : null
}
