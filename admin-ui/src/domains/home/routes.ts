import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'

const home = createRoute({
  getParentRoute: () => shell, path: '/',
  staticData: { title: (t) => t('home:nav') },
  component: lazyRouteComponent(() => import('./home.js'), 'Home'),
})

export const homeRoutes = [home] as const
