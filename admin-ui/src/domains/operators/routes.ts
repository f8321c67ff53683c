import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import { tableViewOf, type TableView } from '../../ui/data-table/view.js'

const list = createRoute({
  getParentRoute: () => shell, path: '/operators',
  staticData: { title: (t) => t('operators:nav'), permission: 'MANAGE_OPERATORS' },
  validateSearch: (search: Record<string, unknown>): TableView => tableViewOf(search, ['name', 'role', 'state', 'createdAt']),
  component: lazyRouteComponent(() => import('./people.js'), 'People'),
})

export const operatorRoutes = [list] as const
