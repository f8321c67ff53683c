import type { RuledCampaignFragment } from '../../generated/graphql.js'

export type Stage = 'draft' | 'published' | 'begun' | 'over'
type Freedom = 'always' | 'beforeStart' | 'asDraft'

/** As the API has it (docs/mechanics.md), so that nothing is offered that it would refuse; it has the last word. */
const FREEDOM = {
  name: 'always', description: 'always', endsAt: 'always', drawsPerUserTotal: 'always', drawsPerUserDaily: 'always', winsPerUser: 'always',
  budget: 'always', ticketRules: 'always', eligibility: 'always',
  startsAt: 'beforeStart', durability: 'beforeStart', requiresTickets: 'beforeStart', guaranteeAfterLosses: 'beforeStart', oddsTables: 'beforeStart',
  timezone: 'asDraft', bucketCount: 'asDraft',
} as const satisfies Record<string, Freedom>

const PRIZE_FREEDOM = {
  name: 'always', winsPerUser: 'always', winsPerUserDaily: 'always', winsPerDay: 'always',
  kind: 'beforeStart', probabilityPpb: 'beforeStart', isFallback: 'beforeStart', unlockAfterDraws: 'beforeStart', value: 'beforeStart',
  fallbackOrder: 'beforeStart', isGuarantee: 'beforeStart', release: 'beforeStart', unlockAfterStreakDays: 'beforeStart',
  stockTotal: 'asDraft', fulfilment: 'asDraft', packets: 'asDraft',
} as const satisfies Record<string, Freedom>

export type Field = keyof typeof FREEDOM
export type PrizeField = keyof typeof PRIZE_FREEDOM
export const FIELDS = Object.keys(FREEDOM) as Field[]
export const PRIZE_FIELDS = Object.keys(PRIZE_FREEDOM) as PrizeField[]

export function stageOf({ status, startsAt }: Pick<RuledCampaignFragment, 'status' | 'startsAt'>, nowMs: number): Stage {
  if (status === 'ENDED' || status === 'ARCHIVED') return 'over'
  if (status === 'DRAFT' || status === 'IN_REVIEW') return 'draft'
  return nowMs >= new Date(startsAt).getTime() ? 'begun' : 'published'
}

const allows = (freedom: Freedom, stage: Stage): boolean => stage === 'draft' || (stage !== 'over' && (freedom === 'always' || (freedom === 'beforeStart' && stage === 'published')))

export const mayChange = (field: Field, stage: Stage): boolean => allows(FREEDOM[field], stage)
export const mayChangePrize = (field: PrizeField, stage: Stage): boolean => allows(PRIZE_FREEDOM[field], stage)

/** A revision makes a version of the odds that later draws are decided by; a draft's odds are simply changed. */
export const mayRevise = ({ mechanic }: Pick<RuledCampaignFragment, 'mechanic'>, stage: Stage): boolean =>
  (stage === 'published' || stage === 'begun') && (mechanic === 'LOTTERY' || mechanic === 'FLASH_SALE')
