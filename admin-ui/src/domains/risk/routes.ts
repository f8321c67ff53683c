import { createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import type { RiskList } from '../../generated/graphql.js'
import { tableViewOf, type TableView } from '../../ui/data-table/view.js'
import { LISTS } from './lists.js'

interface RiskView extends TableView {
  readonly list?: RiskList
}

const all = createRoute({ getParentRoute: () => shell, path: '/risk', staticData: { title: (t) => t('risk:nav') }, component: Outlet })

const entries = createRoute({
  getParentRoute: () => all, path: '/',
  validateSearch: (search: Record<string, unknown>): RiskView => {
    const list = LISTS.find((each) => each === search.list)
    return { ...tableViewOf(search, ['value', 'list', 'subject', 'createdAt']), ...(list === undefined ? {} : { list }) }
  },
  component: lazyRouteComponent(() => import('./list.js'), 'RiskEntries'),
})

const add = createRoute({
  getParentRoute: () => all, path: 'add',
  staticData: { title: (t) => t('risk:add'), permission: 'CONFIGURE' },
  component: lazyRouteComponent(() => import('./add.js'), 'AddRiskEntries'),
})

const imports = createRoute({
  getParentRoute: () => all, path: 'import',
  staticData: { title: (t) => t('risk:import.title'), permission: 'CONFIGURE' },
  component: lazyRouteComponent(() => import('./import/import.js'), 'ImportRiskEntries'),
})

const velocity = createRoute({
  getParentRoute: () => all, path: 'velocity',
  staticData: { title: (t) => t('risk:velocity') },
  component: lazyRouteComponent(() => import('../rules/velocity-page.js'), 'TenantVelocity'),
})

export const riskRoutes = [all.addChildren([entries, add, imports, velocity])] as const
