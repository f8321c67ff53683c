import type { TableView } from '../../ui/data-table/view.js'

export const PARTS = ['draws', 'awards', 'tickets'] as const

/** What of a participant's screen is in its address. */
export interface ParticipantView extends TableView {
  readonly campaign?: string
  readonly part?: typeof PARTS[number]
}
