import { createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import { tableViewOf } from '../../ui/data-table/view.js'
import { campaignQuery, campaignsQuery } from './queries.js'
import { STATUSES } from './status.js'
import type { CampaignsView } from './view.js'

const SEARCH_CHARACTERS_MAX = 100
const CAMPAIGN_COLUMNS = ['name', 'status', 'mechanic', 'startsAt', 'endsAt'] as const

const all = createRoute({
  getParentRoute: () => shell, path: '/campaigns', component: Outlet,
  staticData: { title: (t) => t('campaigns:nav') },
})

const list = createRoute({
  getParentRoute: () => all, path: '/',
  validateSearch: (search: Record<string, unknown>): CampaignsView => {
    const status = STATUSES.find((each) => each === search.status)
    const text = typeof search.search === 'string' || typeof search.search === 'number' ? String(search.search).slice(0, SEARCH_CHARACTERS_MAX) : ''
    return { ...tableViewOf(search, CAMPAIGN_COLUMNS), ...(text === '' ? {} : { search: text }), ...(status === undefined ? {} : { status }) }
  },
  loaderDeps: ({ search: { search, status } }) => ({ search, status }),
  loader: ({ context, deps }) => { void context.client.prefetchQuery(campaignsQuery(deps)) },
  component: lazyRouteComponent(() => import('./list.js'), 'CampaignList'),
})

const one = createRoute({
  getParentRoute: () => all, path: '$id',
  loader: ({ context, params }) => { void context.client.prefetchQuery(campaignQuery(params.id)) },
  staticData: { title: (t) => t('campaigns:one') },
  component: lazyRouteComponent(() => import('./detail/detail.js'), 'CampaignFrame'),
})

const overview = createRoute({
  getParentRoute: () => one, path: '/', component: lazyRouteComponent(() => import('./detail/overview.js'), 'CampaignOverview'),
})
const prizes = createRoute({
  getParentRoute: () => one, path: 'prizes', component: lazyRouteComponent(() => import('./detail/prizes.js'), 'CampaignPrizes'),
})
const inventory = createRoute({
  getParentRoute: () => one, path: 'inventory', component: lazyRouteComponent(() => import('./detail/inventory.js'), 'CampaignInventory'),
})
const books = createRoute({
  getParentRoute: () => one, path: 'books', component: lazyRouteComponent(() => import('./detail/books.js'), 'CampaignBooks'),
})
const rules = createRoute({
  getParentRoute: () => one, path: 'rules', component: lazyRouteComponent(() => import('../rules/rules-tab.js'), 'CampaignRules'),
})
const changes = createRoute({
  getParentRoute: () => one, path: 'changes', component: lazyRouteComponent(() => import('../changes/changes-tab.js'), 'CampaignChanges'),
})

export const campaignRoutes = [all.addChildren([list, one.addChildren([overview, prizes, inventory, books, rules, changes])])] as const
