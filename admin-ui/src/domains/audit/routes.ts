import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import { tableViewOf, type TableView } from '../../ui/data-table/view.js'

const FILTERS = ['action', 'actorId', 'subjectId', 'campaignId'] as const
const TEXT_MAX = 200
/** The API's numbers are 32 bits wide. */
const SEQ_MAX = 0x7fff_ffff

/** What is looked for; an action that ends with a full stop is all of a kind: `campaign.`. */
export interface AuditView extends TableView {
  readonly action?: string
  readonly actorId?: string
  readonly subjectId?: string
  readonly campaignId?: string
  /** The entry that is looked at, by its number. */
  readonly entry?: number | undefined
}

const log = createRoute({
  getParentRoute: () => shell, path: '/audit',
  staticData: { title: (t) => t('audit:nav'), permission: 'READ_AUDIT_LOG' },
  validateSearch: (search: Record<string, unknown>): AuditView => {
    const given = FILTERS.flatMap((name) => {
      const value = search[name]
      return typeof value === 'string' && value !== '' && value.length <= TEXT_MAX ? [[name, value] as const] : []
    })
    const entry = Number(search.entry)
    const isOne = Number.isInteger(entry) && entry >= 1 && entry <= SEQ_MAX
    return { ...tableViewOf(search, []), ...Object.fromEntries(given), ...(isOne ? { entry } : {}) }
  },
  component: lazyRouteComponent(() => import('./log.js'), 'AuditLog'),
})

export const auditRoutes = [log] as const
