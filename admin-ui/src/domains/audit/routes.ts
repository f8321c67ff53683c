import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import { tableViewOf, type TableView } from '../../ui/data-table/view.js'

const FILTERS = ['action', 'actorId', 'subjectId', 'campaignId'] as const
const TEXT_MAX = 200

/** What is looked for; an action that ends with a full stop is all of a kind: `campaign.`. */
export interface AuditView extends TableView {
  readonly action?: string
  readonly actorId?: string
  readonly subjectId?: string
  readonly campaignId?: string
}

const log = createRoute({
  getParentRoute: () => shell, path: '/audit',
  staticData: { title: (t) => t('audit:nav'), permission: 'READ_AUDIT_LOG' },
  validateSearch: (search: Record<string, unknown>): AuditView => {
    const given = FILTERS.flatMap((name) => {
      const value = search[name]
      return typeof value === 'string' && value !== '' && value.length <= TEXT_MAX ? [[name, value] as const] : []
    })
    return { ...tableViewOf(search, []), ...Object.fromEntries(given) }
  },
  component: lazyRouteComponent(() => import('./log.js'), 'AuditLog'),
})

export const auditRoutes = [log] as const
