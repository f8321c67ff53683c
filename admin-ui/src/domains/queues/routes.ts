import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'

const queues = createRoute({
  getParentRoute: () => shell, path: '/queues', staticData: { title: (t) => t('queues:nav'), permission: 'READ_QUEUES' },
  component: lazyRouteComponent(() => import('./queues.js'), 'Queues'),
})

export const queueRoutes = [queues] as const
