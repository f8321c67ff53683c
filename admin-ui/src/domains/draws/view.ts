import type { DrawOutcome } from '../../generated/graphql.js'
import { tableViewOf, type TableView } from '../../ui/data-table/view.js'

export const OUTCOMES = ['WON', 'LOST'] as const satisfies readonly DrawOutcome[]

/** What of a campaign's draws is in the address. */
export interface DrawsView extends TableView {
  readonly participant?: string
  /** Of the participant: idempotency keys of different participants have nothing to do with one another. */
  readonly key?: string
  readonly outcome?: DrawOutcome
  /** The one whose trace is open. */
  readonly draw?: string
}

const TEXT_MAX = 200
const DRAW_COLUMNS = ['participant', 'createdAt', 'outcome', 'prize', 'state'] as const

const textOf = (value: unknown): string | undefined => {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim().slice(0, TEXT_MAX) : ''
  return text === '' ? undefined : text
}

export function drawsViewOf(search: Record<string, unknown>): DrawsView {
  const participant = textOf(search.participant)
  const key = participant === undefined ? undefined : textOf(search.key)
  const given = { participant, key, outcome: OUTCOMES.find((each) => each === search.outcome), draw: textOf(search.draw) }
  return { ...tableViewOf(search, DRAW_COLUMNS), ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}
