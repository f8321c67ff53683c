import type { ParticipantFacts } from '../../../common/participant-facts.js'
import type { CompiledExpression } from '../../campaigns/domain/expression.js'
import type { Audience, CampaignSnapshot, SnapshotPrize } from '../../campaigns/domain/snapshot.js'
import { experimentArm } from './experiment.js'

/** The odds that decide for one participant. */
export interface Odds {
  /** 0: the prizes' own; n: the campaign's n-th table. */
  readonly table: number
  /** All of the campaign's prizes by position, each with the probability that it has here. */
  readonly prizes: readonly SnapshotPrize[]
}

/** A campaign's rules about participants, made ready once for a snapshot. */
export interface AudienceRules {
  readonly eligibility: CompiledExpression | null
  readonly base: Odds
  readonly tables: ReadonlyArray<{ readonly audience: Audience; readonly when: CompiledExpression | null; readonly odds: Odds }>
}

/** `compile` is given each expression of the campaign. */
export function audienceRules(campaign: CampaignSnapshot, compile: (expression: string) => CompiledExpression): AudienceRules {
  return {
    eligibility: campaign.eligibility === null ? null : compile(campaign.eligibility),
    base: { table: 0, prizes: campaign.prizes },
    tables: campaign.oddsTables.map(({ audience, entries }, n) => {
      const odds = new Map(entries.map(({ position, probabilityPpb }) => [position, probabilityPpb]))
      return {
        audience,
        when: audience.when === null ? null : compile(audience.when),
        odds: { table: n + 1, prizes: campaign.prizes.map((prize) => ({ ...prize, probabilityPpb: odds.get(prize.position) ?? 0 })) },
      }
    }),
  }
}

/** The odds of the first table whose audience this participant is of, or the prizes' own. */
export function oddsFor({ tables, base }: AudienceRules, tenantId: string, userId: string, facts: ParticipantFacts): Odds {
  for (const { audience, when, odds } of tables) {
    const { segmentsAny, tiers, riskPools, experiment } = audience
    if (segmentsAny.length > 0 && !segmentsAny.some((segment) => facts.segments.includes(segment))) continue
    if (tiers.length > 0 && (facts.tier === null || !tiers.includes(facts.tier))) continue
    if (riskPools.length > 0 && (facts.riskPool === null || !riskPools.includes(facts.riskPool))) continue
    if (experiment !== null) {
      const arm = experimentArm(tenantId, experiment.name, userId)
      if (arm < experiment.fromBps || arm >= experiment.toBps) continue
    }
    if (when !== null && !when.evaluate(userId, facts).holds) continue
    return odds
  }
  return base
}
