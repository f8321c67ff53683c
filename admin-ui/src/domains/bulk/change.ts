import { run } from '../../api/client.js'
import { type CampaignRowFragment, type ChangedFragment, DuplicateCampaignDocument } from '../../generated/graphql.js'
import { slugOfCopy } from '../../lib/slug-of-copy.js'
import { ACTIONS } from '../campaigns/lifecycle.js'
import { changed } from '../campaigns/queries.js'

export const BULK = ['pause', 'resume', 'end', 'duplicate'] as const
export type Bulk = typeof BULK[number]

const COPIES_MAX = 20

/** Whether it can be done with the campaign as it was read; the server has the last word. */
export const fits = (bulk: Bulk, { status }: CampaignRowFragment): boolean => bulk === 'duplicate' || ACTIONS[bulk].when.some((each) => each === status)

const isTaken = (result: ChangedFragment) => result.__typename === 'InvalidCampaign' && result.problems.every(({ path }) => path === 'slug')

async function duplicate({ id, slug }: CampaignRowFragment): Promise<CampaignRowFragment> {
  for (let n = 1; ; n++) {
    const { result } = await run(DuplicateCampaignDocument, { id, slug: slugOfCopy(slug, n) })
    if (!isTaken(result) || n === COPIES_MAX) return changed(result)
  }
}

/** The campaign as it is afterwards; of a duplicate, the copy. Throws ChangeRefused, ApiError. */
export async function change(bulk: Bulk, campaign: CampaignRowFragment): Promise<CampaignRowFragment> {
  if (bulk === 'duplicate') return duplicate(campaign)
  return changed((await run(ACTIONS[bulk].document, { id: campaign.id, expectedVersion: campaign.version })).result)
}
