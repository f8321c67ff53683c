import { Anchor, Button, Group, SimpleGrid, Stack } from '@mantine/core'
import { IconCircleCheck, IconTicket } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { HomeCampaignsDocument, HomeNoticesDocument, HomeWatchDocument, type CampaignStatus } from '../../generated/graphql.js'
import { LiveBadge } from '../../ui/live-badge.js'
import { LoadingRows } from '../../ui/loading.js'
import { Page, Section } from '../../ui/page.js'
import { ErrorState, State } from '../../ui/states.js'
import { useLive } from '../../ui/use-live.js'
import { APPROVALS_KEY } from '../approvals/states.js'
import { pulseQuery } from '../campaigns/queries.js'
import { useMe } from '../../session/session.js'
import { useDismissed } from '../tour/dismissed.js'
import { Tour } from '../tour/tour.js'
import { attentionOf } from './attention.js'
import { AttentionList } from './attention-list.js'
import { CampaignCard } from './campaign-card.js'
import classes from './home.module.css'
import { More } from './more.js'
import { SHOWN_MAX, type Some } from './some.js'
import { Upcoming } from './upcoming.js'

const RUNNING = ['ACTIVE', 'RECOVERING', 'PAUSED'] as const satisfies readonly CampaignStatus[]
/** Of each status, of which there is a link to what is more. */
const READ_MAX = 100
const LIST_MS = 10_000
const PULSE_MS = 4_000
/** Past so many, the number is of no more use. */
const APPROVALS_MAX = 20

type Status = (typeof RUNNING)[number] | 'SCHEDULED'

async function readHome(signal: AbortSignal): Promise<Record<Status, Some>> {
  const read = async (status: Status): Promise<Some> => {
    const { edges, pageInfo } = (await run(HomeCampaignsDocument, { status, first: READ_MAX }, signal)).campaigns
    return { campaigns: edges.map(({ node }) => node), isCut: pageInfo.hasNextPage }
  }
  const [ACTIVE, RECOVERING, PAUSED, SCHEDULED] = await Promise.all([read('ACTIVE'), read('RECOVERING'), read('PAUSED'), read('SCHEDULED')])
  return { ACTIVE, RECOVERING, PAUSED, SCHEDULED }
}

/** What is live at this moment, and what wants a look. */
export function Home() {
  const { t } = useTranslation(['home', 'common', 'tour'])
  const [dismissed, setDismissed] = useDismissed(useMe().id)
  const { data, error, state, refetch } = useLive({ queryKey: ['campaigns', 'home'], queryFn: ({ signal }) => readHome(signal) }, LIST_MS)
  const running = data === undefined ? [] : RUNNING.flatMap((status) => data[status].campaigns)
  const shown = data === undefined ? [] : RUNNING.flatMap((status) => data[status].campaigns.slice(0, SHOWN_MAX))
  const pulses = useQueries({
    queries: shown.map(({ id }) => ({ ...pulseQuery(id), refetchInterval: PULSE_MS, retry: false })),
  })
  const watches = useQueries({
    queries: shown.map(({ id }) => ({
      queryKey: ['campaigns', 'watch', id], queryFn: ({ signal }: { signal: AbortSignal }) => run(HomeWatchDocument, { id }, signal), refetchInterval: LIST_MS, retry: false,
    })),
  })
  const { data: notices } = useLive({ queryKey: [...APPROVALS_KEY, 'home'], queryFn: ({ signal }) => run(HomeNoticesDocument, { first: APPROVALS_MAX }, signal) }, LIST_MS)
  const placeOf = (id: string) => shown.findIndex((campaign) => campaign.id === id)
  const stockOf = (id: string) => pulses[placeOf(id)]?.data?.inventory
  const watchOf = (id: string) => watches[placeOf(id)]?.data
  if (data === undefined) return <Page title={t('nav')} text={t('text')}>{error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />}</Page>
  const attention = attentionOf({ campaigns: running, stockOf, watchOf, notices }, Date.now())
  return (
    <Page title={t('nav')} text={t('text')} actions={<>{dismissed && <Button variant="subtle" size="compact-sm" onClick={() => { setDismissed(false) }}>{t('tour:again')}</Button>}<LiveBadge state={state} /></>}>
      {!dismissed && <Tour campaign={running[0] ?? data.SCHEDULED.campaigns[0]} onDone={() => { setDismissed(true) }} />}
      {running.length === 0
        ? <Section><State icon={IconTicket} title={t('empty')} text={t('emptyText')} action={<Anchor component={Link} to="/campaigns">{t('allCampaigns')}</Anchor>} /></Section>
        : (
          <Stack gap="xs">
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
              {shown.map((campaign) => <CampaignCard key={campaign.id} campaign={campaign} everyMs={PULSE_MS} />)}
            </SimpleGrid>
            <Group gap="lg">{RUNNING.map((status) => <More key={status} status={status} of={data[status]} />)}</Group>
          </Stack>
        )}
      <div className={classes.columns}>
        <Section title={t('attention.title')} flush>
          {attention.length === 0 ? <State icon={IconCircleCheck} title={t('attention.none')} text={t('attention.noneText')} /> : <AttentionList items={attention} />}
        </Section>
        <Section title={t('upcoming.title')} flush><Upcoming scheduled={data.SCHEDULED} running={data.ACTIVE.campaigns} /></Section>
      </div>
    </Page>
  )
}
