import type { AwardStatus } from '../../generated/graphql.js'
import { tableViewOf, type TableView } from '../../ui/data-table/view.js'
import { STATUSES } from './awards.js'

/** What of the awards of a campaign is in the address. */
export interface AwardsView extends TableView {
  readonly status?: AwardStatus
  readonly prize?: string
  readonly participant?: string
  /** The one that is open. */
  readonly award?: string
}

const TEXT_MAX = 200
const AWARD_COLUMNS = ['participant', 'prize', 'status', 'createdAt', 'updatedAt'] as const

const textOf = (value: unknown): string | undefined => {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim().slice(0, TEXT_MAX) : ''
  return text === '' ? undefined : text
}

export function awardsViewOf(search: Record<string, unknown>): AwardsView {
  const { prize, participant, award } = search
  const status = STATUSES.find((each) => each === search.status)
  const given = { status, prize: textOf(prize), participant: textOf(participant), award: textOf(award) }
  return { ...tableViewOf(search, AWARD_COLUMNS), ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}

export const deskViewOf = (search: Record<string, unknown>): AwardsView & { readonly campaign?: string } => {
  const campaign = textOf(search.campaign)
  return { ...awardsViewOf(search), ...(campaign === undefined ? {} : { campaign }) }
}
