import { createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { shell } from '../../app/base-routes.js'
import { tableViewOf } from '../../ui/data-table/view.js'
import { inventoryViewOf } from '../inventory/view.js'
import { liveViewOf } from '../live/view.js'
import { awardsViewOf } from '../awards/view.js'
import { drawsViewOf } from '../draws/view.js'
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
  getParentRoute: () => one, path: 'inventory', validateSearch: inventoryViewOf, component: lazyRouteComponent(() => import('./detail/inventory.js'), 'CampaignInventory'),
})
const books = createRoute({
  getParentRoute: () => one, path: 'books', component: lazyRouteComponent(() => import('./detail/books.js'), 'CampaignBooks'),
})
const live = createRoute({
  getParentRoute: () => one, path: 'live', validateSearch: liveViewOf, component: lazyRouteComponent(() => import('../live/live-tab.js'), 'LiveTab'),
})
const tryIt = createRoute({
  getParentRoute: () => one, path: 'try', component: lazyRouteComponent(() => import('../tryit/try-tab.js'), 'TryTab'),
})

const create = createRoute({
  getParentRoute: () => all, path: 'new', staticData: { title: (t) => t('campaigns:new'), permission: 'CONFIGURE' },
  component: lazyRouteComponent(() => import('../wizard/new.js'), 'NewCampaign'),
})
const edit = createRoute({
  getParentRoute: () => all, path: '$id/edit', staticData: { title: (t) => t('campaigns:edit'), permission: 'CONFIGURE' },
  component: lazyRouteComponent(() => import('../wizard/frame.js'), 'WizardFrame'),
})
const steps = [
  createRoute({ getParentRoute: () => edit, path: '/', component: lazyRouteComponent(() => import('../wizard/steps/basics.js'), 'BasicsStep') }),
  createRoute({ getParentRoute: () => edit, path: 'basics', component: lazyRouteComponent(() => import('../wizard/steps/basics.js'), 'BasicsStep') }),
  createRoute({ getParentRoute: () => edit, path: 'mechanic', component: lazyRouteComponent(() => import('../wizard/steps/mechanic.js'), 'MechanicStep') }),
  createRoute({ getParentRoute: () => edit, path: 'prizes', component: lazyRouteComponent(() => import('../wizard/steps/prizes.js'), 'PrizesStep') }),
  createRoute({ getParentRoute: () => edit, path: 'stock', component: lazyRouteComponent(() => import('../wizard/steps/stock.js'), 'StockStep') }),
  createRoute({ getParentRoute: () => edit, path: 'limits', component: lazyRouteComponent(() => import('../wizard/steps/limits.js'), 'LimitsStep') }),
  createRoute({ getParentRoute: () => edit, path: 'risk', component: lazyRouteComponent(() => import('../wizard/steps/risk.js'), 'RiskStep') }),
  createRoute({ getParentRoute: () => edit, path: 'review', component: lazyRouteComponent(() => import('../wizard/steps/review.js'), 'ReviewStep') }),
] as const

const draws = createRoute({
  getParentRoute: () => one, path: 'draws', validateSearch: drawsViewOf, component: lazyRouteComponent(() => import('../draws/explorer.js'), 'DrawExplorer'),
})
const awards = createRoute({
  getParentRoute: () => one, path: 'awards', validateSearch: awardsViewOf, component: lazyRouteComponent(() => import('../awards/campaign-awards.js'), 'CampaignAwards'),
})

const rules = createRoute({
  getParentRoute: () => one, path: 'rules', component: lazyRouteComponent(() => import('../rules/rules-tab.js'), 'CampaignRules'),
})
const changes = createRoute({
  getParentRoute: () => one, path: 'changes', component: lazyRouteComponent(() => import('../changes/changes-tab.js'), 'CampaignChanges'),
})

export const campaignRoutes = [
  all.addChildren([
    list, create, edit.addChildren(steps),
    one.addChildren([overview, live, prizes, inventory, rules, draws, awards, books, changes, tryIt]),
  ]),
] as const
