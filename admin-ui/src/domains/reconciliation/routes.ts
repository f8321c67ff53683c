import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import { tableViewOf, type TableView } from '../../ui/data-table/view.js'

const all = createRoute({
  getParentRoute: () => shell, path: '/reconciliation',
  staticData: { title: (t) => t('reconciliation:nav'), permission: 'READ' },
  validateSearch: (search: Record<string, unknown>): TableView => tableViewOf(search, ['name', 'status', 'books', 'draws', 'unsettled']),
  component: lazyRouteComponent(() => import('./reconciliation.js'), 'Reconciliation'),
})

export const reconciliationRoutes = [all] as const
