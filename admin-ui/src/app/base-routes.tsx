import { Notifications } from '@mantine/notifications'
import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { isApiError } from '../api/errors.js'
import type { Permission } from '../generated/graphql.js'
import { screenTexts } from '../i18n/index.js'
import type { SCREEN_NAMES } from '../i18n/screen-names.js'
import { safeReturn } from '../lib/return-to.js'
import { meQuery } from '../session/session.js'
import { NotFoundPage } from '../ui/states.js'

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** Of the screen, in the window's title and above it. */
    title?: (t: TFunction<typeof SCREEN_NAMES>) => string
    /** Without it the screen says so instead of asking the API for what it would refuse. */
    permission?: Permission
  }
}

/** Toasts are within the router: their links lead through it. */
const Root = () => <><Notifications position="bottom-right" /><Outlet /></>

export const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Root, notFoundComponent: NotFoundPage })

export const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Record<string, unknown>): { returnTo?: string } =>
    search.returnTo === undefined ? {} : { returnTo: safeReturn(search.returnTo) },
  staticData: { title: (t) => t('session:title') },
  component: lazyRouteComponent(() => import('../domains/session/login-page.js'), 'LoginPage'),
})

/** Where the links lead that the API makes (`OneTimeLink.url`). Why it refuses a password is among the texts of the screens. */
export const invitation = createRoute({
  getParentRoute: () => root, path: '/invitation', beforeLoad: screenTexts, staticData: { title: (t) => t('session:invitation.title') },
  component: lazyRouteComponent(() => import('../domains/session/accept-invitation.js'), 'AcceptInvitation'),
})
export const passwordReset = createRoute({
  getParentRoute: () => root, path: '/password-reset', beforeLoad: screenTexts, staticData: { title: (t) => t('session:reset.title') },
  component: lazyRouteComponent(() => import('../domains/session/reset-password.js'), 'ResetPassword'),
})

/** Everything behind the login. */
export const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData(meQuery)
      await screenTexts()
    } catch (error) {
      if (!isApiError(error, 'UNAUTHENTICATED')) throw error
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- it is how the router is told to go elsewhere
      throw redirect({ to: '/login', search: location.href === '/' ? {} : { returnTo: safeReturn(location.href) }, replace: true })
    }
  },
  component: lazyRouteComponent(() => import('../shell/shell.js'), 'Shell'),
})

/** What no screen is at, within the shell, so that its reader can go elsewhere. */
export const nowhere = createRoute({ getParentRoute: () => shell, path: '$', component: NotFoundPage })
