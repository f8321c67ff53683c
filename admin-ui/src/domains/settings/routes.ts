import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import { tableViewOf, type TableView } from '../../ui/data-table/view.js'

const all = createRoute({
  getParentRoute: () => shell, path: '/settings', staticData: { title: (t) => t('settings:nav') },
  component: lazyRouteComponent(() => import('./frame.js'), 'SettingsFrame'),
})
const first = createRoute({
  getParentRoute: () => all, path: '/',
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- it is how the router is told to go elsewhere
  beforeLoad: () => { throw redirect({ to: '/settings/policy', replace: true }) },
})
const policy = createRoute({
  getParentRoute: () => all, path: 'policy', staticData: { title: (t) => t('settings:tab.policy') },
  component: lazyRouteComponent(() => import('./policy/policy.js'), 'PolicySettings'),
})
const limits = createRoute({
  getParentRoute: () => all, path: 'limits', staticData: { title: (t) => t('settings:tab.limits') },
  component: lazyRouteComponent(() => import('./limits.js'), 'LimitSettings'),
})
const participantKeys = createRoute({
  getParentRoute: () => all, path: 'participant-keys', staticData: { title: (t) => t('settings:tab.participant-keys') },
  validateSearch: (search: Record<string, unknown>): TableView => tableViewOf(search, ['kid', 'algorithm', 'state', 'createdAt']),
  component: lazyRouteComponent(() => import('./participant-keys/list.js'), 'ParticipantKeys'),
})
const webhooks = createRoute({
  getParentRoute: () => all, path: 'webhooks', staticData: { title: (t) => t('settings:tab.webhooks'), permission: 'MANAGE_WEBHOOK_SECRET' },
  component: lazyRouteComponent(() => import('./webhook.js'), 'WebhookSettings'),
})
const features = createRoute({
  getParentRoute: () => all, path: 'features', staticData: { title: (t) => t('settings:tab.features') },
  component: lazyRouteComponent(() => import('./features/features.js'), 'FeatureSettings'),
})

export const settingsRoutes = [all.addChildren([first, policy, limits, participantKeys, webhooks, features])] as const
