import type { CampaignSnapshot, SnapshotPrize } from '../../campaigns/domain/snapshot.js'
import { mechanicRules } from './odds.js'
import { ROLL_RANGE } from './roll.js'

// What is judged below, or makes no difference where a campaign has no stock. A rule that is added to campaigns or prizes keeps
// its campaigns out until it is thought of here: wherever it is set, Redis is asked.
const KNOWN: ReadonlySet<string> = new Set([
  'tenantId', 'id', 'no', 'slug', 'name', 'description', 'mechanic', 'status', 'version', 'epoch', 'riskVersion', 'startsAtMs', 'endsAtMs',
  'endedAtMs', 'timezone', 'durability', 'bucketCount', 'drawsPerUserTotal', 'drawsPerUserDaily', 'winsPerUser', 'requiresTickets',
  'seed', 'prizes',
  // Without stock neither is reached: each candidate is gone already.
  'guaranteeAfterLosses', 'budget',
  // A packet that is still to come lies in its bucket already, and counts as stock there.
  'lots',
  // Who is not eligible is told so by `ClosureService`, as it depends on the request; tables are looked at below.
  'eligibility', 'oddsTables',
] satisfies Array<keyof CampaignSnapshot>)
const KNOWN_OF_PRIZES: ReadonlySet<string> = new Set([
  'id', 'position', 'name', 'kind', 'imageUrl', 'probabilityPpb', 'stockTotal', 'isFallback', 'winsPerUser', 'unlockAfterDraws', 'value',
  'fallbackOrder', 'isGuarantee', 'winsPerUserDaily', 'winsPerDay', 'packets',
] satisfies Array<keyof SnapshotPrize>)

const isSet = (value: unknown) => ![null, undefined, false, 0].includes(value as null) && !(Array.isArray(value) && value.length === 0)
const isUnknown = (given: object, known: ReadonlySet<string>) =>
  Object.entries(given).some(([name, value]) => !known.has(name) && isSet(value))

const judged = new WeakMap<CampaignSnapshot, number>()

/**
 * Once the campaign has no unit of any prize: with how many draws, those that were accepted and those asked for together, a
 * participant is still told SOLD_OUT for certain. 0: never for certain, as something that comes before SOLD_OUT may hold, or a
 * draw may be accepted and lost.
 */
export function drawsSoldOut(campaign: CampaignSnapshot): number {
  let most = judged.get(campaign)
  if (most === undefined) judged.set(campaign, (most = judge(campaign)))
  return most
}

function judge(campaign: CampaignSnapshot): number {
  const { prizes } = campaign
  if (!mechanicRules(campaign.mechanic).firstCome || campaign.requiresTickets) return 0
  if (isUnknown(campaign, KNOWN) || prizes.some((prize) => isUnknown(prize, KNOWN_OF_PRIZES))) return 0
  // A locked prize, or none at all, is a draw that is accepted and lost.
  if (prizes.some(({ unlockAfterDraws }) => unlockAfterDraws !== null)) return 0
  if (prizes.reduce((sum, { probabilityPpb }) => sum + probabilityPpb, 0) < ROLL_RANGE) return 0
  if (campaign.oddsTables.some(({ entries }) => entries.reduce((sum, { probabilityPpb }) => sum + probabilityPpb, 0) < ROLL_RANGE)) return 0
  const ofPrizes = prizes.flatMap(({ winsPerUser, winsPerUserDaily }) => [winsPerUser, winsPerUserDaily])
  const limits = [campaign.drawsPerUserTotal, campaign.drawsPerUserDaily, campaign.winsPerUser, ...ofPrizes]
  return Math.min(Infinity, ...limits.filter((limit) => limit !== null))
}
