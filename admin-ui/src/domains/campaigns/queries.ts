import { queryOptions } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { ApiError } from '../../api/errors.js'
import {
  CampaignBooksDocument, CampaignDocument, CampaignPulseDocument, CampaignsDocument, type CampaignDetailFragment, type CampaignRowFragment,
  type CampaignStatus, type ChangedFragment, type ProblemFragment,
} from '../../generated/graphql.js'

const PAGE = 100
/** Sorted here, so all of them are wanted; past this many, a search is of more use than a list. */
export const CAMPAIGNS_MAX = 500

export interface CampaignList {
  readonly campaigns: readonly CampaignRowFragment[]
  /** Whether there are more than are read here. */
  readonly more: boolean
}

async function listCampaigns(search: string | null, status: CampaignStatus | null, signal: AbortSignal): Promise<CampaignList> {
  const campaigns: CampaignRowFragment[] = []
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(search, status, after, signal)
    campaigns.push(...page.edges.map(({ node }) => node))
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor ?? null : null
  } while (after !== null && campaigns.length < CAMPAIGNS_MAX)
  return { campaigns, more: after !== null }
}

const pageOf = async (search: string | null, status: CampaignStatus | null, after: string | null, signal: AbortSignal) =>
  (await run(CampaignsDocument, { search, status, first: PAGE, after }, signal)).campaigns

export const campaignsQuery = ({ search, status }: { search?: string; status?: CampaignStatus }) =>
  queryOptions({
    queryKey: ['campaigns', 'list', search ?? '', status ?? ''],
    queryFn: ({ signal }) => listCampaigns(search ?? null, status ?? null, signal),
  })

export const campaignKey = (id: string) => ['campaigns', 'one', id] as const

export const campaignQuery = (id: string) =>
  queryOptions({
    queryKey: campaignKey(id),
    queryFn: async ({ signal }): Promise<CampaignDetailFragment> => {
      const { campaign } = await run(CampaignDocument, { id }, signal)
      if (campaign == null) throw new ApiError('NOT_FOUND', id)
      return campaign
    },
  })

export const pulseQuery = (id: string) =>
  queryOptions({ queryKey: ['campaigns', 'pulse', id], queryFn: ({ signal }) => run(CampaignPulseDocument, { id }, signal) })

/** Counts every draw of the campaign, so it is asked for, not polled. */
export const booksQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', 'books', id], staleTime: Infinity, gcTime: 60_000,
    queryFn: async ({ signal }) => (await run(CampaignBooksDocument, { id }, signal)).booksAudit,
  })

/** A change that came to nothing: the campaign has moved on, or does not allow it. */
export class ChangeRefused extends Error {
  constructor(
    readonly kind: 'conflict' | 'invalid', message: string, readonly current: CampaignDetailFragment | null, readonly problems: readonly ProblemFragment[] = [],
  ) {
    super(message)
    this.name = 'ChangeRefused'
  }
}

/** The campaign after the change. Throws ChangeRefused. */
export function changed(result: ChangedFragment): CampaignDetailFragment {
  switch (result.__typename) {
    case 'Campaign': return result
    case 'VersionConflict': throw new ChangeRefused('conflict', result.message, result.current)
    case 'InvalidCampaign':
      throw new ChangeRefused('invalid', result.message, null, result.problems)
  }
}
