import { createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import type { ChangeState } from '../../generated/graphql.js'
import { tableViewOf, type TableView } from '../../ui/data-table/view.js'
import { STATES } from './states.js'

interface ApprovalsView extends TableView {
  readonly state?: ChangeState
}

const all = createRoute({ getParentRoute: () => shell, path: '/approvals', staticData: { title: (t) => t('approvals:nav') }, component: Outlet })

const list = createRoute({
  getParentRoute: () => all, path: '/',
  validateSearch: (search: Record<string, unknown>): ApprovalsView => {
    const state = STATES.find((each) => each === search.state)
    return { ...tableViewOf(search, ['summary', 'state', 'createdAt']), ...(state === undefined ? {} : { state }) }
  },
  component: lazyRouteComponent(() => import('./list.js'), 'ChangeRequests'),
})

const one = createRoute({
  getParentRoute: () => all, path: '$id',
  staticData: { title: (t) => t('approvals:one') },
  component: lazyRouteComponent(() => import('./detail.js'), 'ChangeRequestDetail'),
})

export const approvalRoutes = [all.addChildren([list, one])] as const
