import { Injectable } from '@nestjs/common'
import { Logger } from '../../platform/telemetry/logger.js'
import { type CompiledExpression, compileExpression, formatProblem } from '../campaigns/domain/expression.js'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import { type AudienceRules, audienceRules, type Odds, oddsFor } from './domain/audience.js'
import type { DrawRequest } from './draws.types.js'

const NOBODY: CompiledExpression = { evaluate: () => ({ holds: false, undecided: 'the expression cannot be compiled' }) }

/** Who may draw, and with which odds, by what a snapshot says and the facts about the participant. */
@Injectable()
export class AudienceService {
  readonly #rules = new WeakMap<CampaignSnapshot, AudienceRules>()

  constructor(private readonly logger: Logger) {}

  isEligible(campaign: CampaignSnapshot, { userId, facts }: DrawRequest): boolean {
    return campaign.eligibility === null || this.#rulesOf(campaign).eligibility!.evaluate(userId, facts).holds
  }

  oddsFor(campaign: CampaignSnapshot, { userId, facts }: DrawRequest): Odds {
    return oddsFor(this.#rulesOf(campaign), campaign.tenantId, userId, facts)
  }

  #rulesOf(campaign: CampaignSnapshot): AudienceRules {
    let rules = this.#rules.get(campaign)
    if (rules === undefined) this.#rules.set(campaign, (rules = audienceRules(campaign, (text) => this.#compile(campaign, text))))
    return rules
  }

  /** Saved expressions were compiled before. Should the language ever lose a word of one, nobody is let in by guess. */
  #compile(campaign: CampaignSnapshot, text: string): CompiledExpression {
    const { expression, problem } = compileExpression(text)
    if (expression !== null) return expression
    this.logger.error({ campaignId: campaign.id, version: campaign.version, problem: formatProblem(problem) }, "A campaign's saved expression cannot be compiled: it holds for nobody until it is changed")
    return NOBODY
  }
}
