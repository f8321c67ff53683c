import { queryOptions } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { ApiError } from '../../api/errors.js'
import {
  CampaignDraftDocument, CampaignTemplatesDocument, CampaignVelocityRulesDocument, CheckExpressionDocument, TenantVelocityRulesDocument,
  type CampaignDraftFragment, type DraftChangedFragment,
} from '../../generated/graphql.js'
import { fixedOf, rulesOf, valuesOf } from './read.js'
import type { Fixed, RuleValues, Values } from './values.js'

/** A campaign as the server has it. */
export interface Loaded { readonly fixed: Fixed; readonly values: Values }

export const loadedOf = (campaign: CampaignDraftFragment, rules: readonly RuleValues[]): Loaded =>
  ({ fixed: fixedOf(campaign), values: valuesOf(campaign, rules) })

/** Read once: what comes later is told as a conflict, not put under somebody's hands. */
export const draftQuery = (id: string) =>
  queryOptions({
    queryKey: ['wizard', 'draft', id], staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false,
    queryFn: async ({ signal }): Promise<Loaded> => {
      const { campaign, velocityRules } = await run(CampaignDraftDocument, { id }, signal)
      if (campaign == null) throw new ApiError('NOT_FOUND', id)
      return loadedOf(campaign, rulesOf(velocityRules))
    },
  })

export const rulesNow = async (id: string): Promise<RuleValues[]> =>
  rulesOf((await run(CampaignVelocityRulesDocument, { id })).velocityRules)

export const tenantRulesQuery = queryOptions({
  queryKey: ['risk', 'rules'], queryFn: async ({ signal }) => (await run(TenantVelocityRulesDocument, {}, signal)).velocityRules,
})

export const templatesQuery = queryOptions({
  queryKey: ['wizard', 'templates'], staleTime: Infinity, queryFn: async ({ signal }) => (await run(CampaignTemplatesDocument, {}, signal)).campaignTemplates,
})

export const expressionQuery = (expression: string) =>
  queryOptions({
    queryKey: ['wizard', 'expression', expression], staleTime: Infinity, enabled: expression.trim() !== '',
    queryFn: async ({ signal }) => (await run(CheckExpressionDocument, { expression }, signal)).checkExpression,
  })

/** What the API answered to a change of a campaign. */
export type Outcome =
  | { readonly kind: 'campaign'; readonly campaign: CampaignDraftFragment }
  | { readonly kind: 'conflict'; readonly campaign: CampaignDraftFragment }
  | { readonly kind: 'invalid'; readonly problems: ReadonlyArray<{ path: string; message: string }> }

export function outcomeOf(result: DraftChangedFragment): Outcome {
  switch (result.__typename) {
    case 'Campaign': return { kind: 'campaign', campaign: result }
    case 'VersionConflict': return { kind: 'conflict', campaign: result.current }
    case 'InvalidCampaign': return { kind: 'invalid', problems: result.problems }
  }
}
