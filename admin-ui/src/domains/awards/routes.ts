import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import { deskViewOf } from './view.js'

const desk = createRoute({
  getParentRoute: () => shell, path: '/awards',
  staticData: { title: (t) => t('awards:nav'), permission: 'READ' },
  validateSearch: deskViewOf,
  component: lazyRouteComponent(() => import('./desk.js'), 'AwardDesk'),
})

export const awardRoutes = [desk] as const
