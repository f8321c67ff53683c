import { tableViewOf, type TableView } from '../../ui/data-table/view.js'

/** What of the inventory is in its address: the movements that are shown. */
export interface InventoryView extends TableView {
  readonly prize?: string
}

const ID = /^[0-9a-f-]{36}$/

export function inventoryViewOf(search: Record<string, unknown>): InventoryView {
  const { prize } = search
  return { ...tableViewOf(search, []), ...(typeof prize === 'string' && ID.test(prize) ? { prize } : {}) }
}
