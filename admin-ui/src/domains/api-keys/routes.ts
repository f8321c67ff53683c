import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import { tableViewOf, type TableView } from '../../ui/data-table/view.js'

const list = createRoute({
  getParentRoute: () => shell, path: '/api-keys',
  staticData: { title: (t) => t('apiKeys:nav'), permission: 'READ_API_KEYS' },
  validateSearch: (search: Record<string, unknown>): TableView => tableViewOf(search, ['name', 'kind', 'createdAt', 'lastUsedAt', 'state', 'limit']),
  component: lazyRouteComponent(() => import('./list.js'), 'ApiKeyList'),
})

export const apiKeyRoutes = [list] as const
