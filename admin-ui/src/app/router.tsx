import { createRouter } from '@tanstack/react-router'
import { accountRoutes } from '../domains/account/routes.js'
import { apiKeyRoutes } from '../domains/api-keys/routes.js'
import { approvalRoutes } from '../domains/approvals/routes.js'
import { auditRoutes } from '../domains/audit/routes.js'
import { awardRoutes } from '../domains/awards/routes.js'
import { campaignRoutes } from '../domains/campaigns/routes.js'
import { homeRoutes } from '../domains/home/routes.js'
import { reconciliationRoutes } from '../domains/reconciliation/routes.js'
import { participantRoutes } from '../domains/participants/routes.js'
import { operatorRoutes } from '../domains/operators/routes.js'
import { queueRoutes } from '../domains/queues/routes.js'
import { riskRoutes } from '../domains/risk/routes.js'
import { settingsRoutes } from '../domains/settings/routes.js'
import { LoadingPage } from '../ui/loading.js'
import { ErrorPage } from '../ui/states.js'
import { invitation, login, nowhere, passwordReset, root, shell } from './base-routes.js'
import { queryClient } from './query-client.js'

/** One line for each domain; its screens are in its own folder. */
const routeTree = root.addChildren([
  login,
  invitation,
  passwordReset,
  shell.addChildren([
    ...homeRoutes,
    ...campaignRoutes,
    ...apiKeyRoutes,
    ...riskRoutes,
    ...participantRoutes,
    ...approvalRoutes,
    ...auditRoutes,
    ...awardRoutes,
    ...reconciliationRoutes,
    ...operatorRoutes,
    ...settingsRoutes,
    ...queueRoutes,
    ...accountRoutes,
    nowhere,
  ]),
])

export const router = createRouter({
  routeTree,
  basepath: '/admin',
  context: { client: queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 200,
  defaultPendingComponent: LoadingPage,
  defaultErrorComponent: ErrorPage,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register { router: typeof router }
}
