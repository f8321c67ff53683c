import { createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import { tableViewOf } from '../../ui/data-table/view.js'
import { PARTS, type ParticipantView } from './view.js'

const ID = /^[0-9a-f-]{36}$/
const COLUMNS = ['createdAt', 'outcome', 'status', 'amount']

const all = createRoute({ getParentRoute: () => shell, path: '/participants', staticData: { title: (t) => t('participants:nav') }, component: Outlet })

const find = createRoute({
  getParentRoute: () => all, path: '/',
  component: lazyRouteComponent(() => import('./find.js'), 'FindParticipant'),
})

const one = createRoute({
  getParentRoute: () => all, path: '$id',
  staticData: { title: (t) => t('participants:one') },
  validateSearch: (search: Record<string, unknown>): ParticipantView => {
    const part = PARTS.find((each) => each === search.part)
    return {
      ...tableViewOf(search, COLUMNS),
      ...(typeof search.campaign === 'string' && ID.test(search.campaign) ? { campaign: search.campaign } : {}),
      ...(part === undefined ? {} : { part }),
    }
  },
  component: lazyRouteComponent(() => import('./detail.js'), 'ParticipantDetail'),
})

export const participantRoutes = [all.addChildren([find, one])] as const
