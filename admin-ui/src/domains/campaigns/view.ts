import type { CampaignStatus } from '../../generated/graphql.js'
import type { TableView } from '../../ui/data-table/view.js'

/** What of the list is in its address. */
export interface CampaignsView extends TableView {
  readonly search?: string
  readonly status?: CampaignStatus
}
