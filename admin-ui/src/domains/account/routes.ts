import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'

const account = createRoute({
  getParentRoute: () => shell, path: '/account', staticData: { title: (t) => t('account:title') },
  component: lazyRouteComponent(() => import('./account.js'), 'Account'),
})

export const accountRoutes = [account] as const
