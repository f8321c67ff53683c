import { queryOptions } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { ApiError } from '../../api/errors.js'
import {
  CampaignDraftDocument, CampaignTemplatesDocument, CampaignVelocityRulesDocument, CheckExpressionDocument, TenantVelocityRulesDocument,
  type DraftChangedFragment,
} from '../../generated/graphql.js'
import { paramsOf, type Told } from '../../reasons/told.js'
import { fixedOf, rulesOf, valuesOf } from './read.js'
import type { Fixed, RuleValues, Values } from './values.js'

/** A campaign as the server has it. */
export interface Loaded { readonly fixed: Fixed; readonly values: Values }

async function load(id: string, signal?: AbortSignal): Promise<Loaded> {
  const { campaign, velocityRules } = await run(CampaignDraftDocument, { id }, signal)
  if (campaign == null) throw new ApiError('NOT_FOUND', id)
  return { fixed: fixedOf(campaign), values: valuesOf(campaign, rulesOf(velocityRules)) }
}

/** As it is at this moment, whatever this page has seen of it. */
export const newest = (id: string): Promise<Loaded> => load(id)

/** Read once: what comes later is told as a conflict, not put under somebody's hands. */
export const draftQuery = (id: string) =>
  queryOptions({
    queryKey: ['wizard', 'draft', id], staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false,
    queryFn: ({ signal }) => load(id, signal),
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

/** What the API answered to a change of a campaign. `prizeIds`: in the order in which the prizes were sent, new ones last. */
export type Outcome =
  | { readonly kind: 'done'; readonly id: string; readonly version: number; readonly prizeIds: readonly string[] }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'invalid'; readonly problems: ReadonlyArray<Told & { readonly path: string }> }

export function outcomeOf(result: DraftChangedFragment): Outcome {
  switch (result.__typename) {
    case 'Campaign': return { kind: 'done', id: result.id, version: result.version, prizeIds: result.prizes.map(({ id }) => id) }
    case 'VersionConflict': return { kind: 'conflict' }
    case 'InvalidCampaign': return { kind: 'invalid', problems: result.problems.map(({ params, ...problem }) => ({ ...problem, params: paramsOf(params) })) }
  }
}
