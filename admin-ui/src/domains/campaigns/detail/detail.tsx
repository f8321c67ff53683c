import { Group, Skeleton, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../../../api/errors.js'
import { Copyable } from '../../../ui/copyable.js'
import { LoadingRows } from '../../../ui/loading.js'
import { Page } from '../../../ui/page.js'
import { ErrorState, NotFoundPage } from '../../../ui/states.js'
import { campaignQuery } from '../queries.js'
import { CampaignState } from '../status.js'
import { CampaignActions } from './actions.js'

const TABS = [
  { to: '/campaigns/$id', name: 'overview' },
  { to: '/campaigns/$id/live', name: 'live' },
  { to: '/campaigns/$id/prizes', name: 'prizes' },
  { to: '/campaigns/$id/inventory', name: 'inventory' },
  { to: '/campaigns/$id/rules', name: 'rules' },
  { to: '/campaigns/$id/draws', name: 'draws' },
  { to: '/campaigns/$id/awards', name: 'awards' },
  { to: '/campaigns/$id/books', name: 'books' },
  { to: '/campaigns/$id/changes', name: 'changes' },
  { to: '/campaigns/$id/try', name: 'try' },
] as const

const route = getRouteApi('/shell/campaigns/$id')

/** What stands above every tab of a campaign: its name, its state, and what can be done with it. */
export function CampaignFrame() {
  const { t } = useTranslation('campaigns')
  const { id } = route.useParams()
  const { data: campaign, error, refetch } = useQuery(campaignQuery(id))
  const navigate = useNavigate()
  const last = useLocation().pathname.split('/').at(-1)
  const tab = TABS.find(({ name }) => name === last)?.name ?? 'overview'
  if (isApiError(error, 'NOT_FOUND', 'BAD_USER_INPUT') && campaign === undefined) return <NotFoundPage />
  if (error !== null && campaign === undefined) return <ErrorState error={error} retry={() => { void refetch() }} />
  return (
    <Page
      title={campaign === undefined ? <Skeleton h={24} w={220} /> : <Group gap="sm">{campaign.name}<CampaignState status={campaign.status} /></Group>}
      text={campaign === undefined ? <Skeleton h={14} w={320} mt={8} /> : (
        <Group gap="xs">
          <span>{t(`mechanic.${campaign.mechanic}`)}</span><span aria-hidden>·</span>
          <Text span inherit>{t('version', { version: campaign.version })}</Text><span aria-hidden>·</span>
          <Copyable value={campaign.id} what={t('column.id')} />
        </Group>
      )}
      actions={campaign === undefined ? undefined : <CampaignActions campaign={campaign} />}
    >
      <Tabs
        value={tab} keepMounted={false} activateTabWithKeyboard={false}
        onChange={(name) => { void navigate({ to: TABS.find((each) => each.name === name)?.to ?? '/campaigns/$id', params: { id } }) }}
      >
        <Tabs.List mb="lg">
          {TABS.map(({ name }) => <Tabs.Tab key={name} value={name}>{t(`tab.${name}`)}</Tabs.Tab>)}
        </Tabs.List>
        <Tabs.Panel value={tab}>{campaign === undefined ? <LoadingRows /> : <Outlet />}</Tabs.Panel>
      </Tabs>
    </Page>
  )
}
