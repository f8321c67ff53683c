import { Anchor, Button, SimpleGrid } from '@mantine/core'
import { IconCircleCheck, IconTicket } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { HomeCampaignsDocument, HomeNoticesDocument, type CampaignRowFragment, type CampaignStatus } from '../../generated/graphql.js'
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
import { Upcoming } from './upcoming.js'

const STATUSES = ['ACTIVE', 'RECOVERING', 'PAUSED', 'SCHEDULED'] as const satisfies readonly CampaignStatus[]
/** Of each status; whoever has more finds them in the list. */
const SHOWN_MAX = 12
const LIST_MS = 10_000
const PULSE_MS = 4_000
/** Past so many, the number is of no more use. */
const APPROVALS_MAX = 20

type HomeCampaigns = Record<(typeof STATUSES)[number], CampaignRowFragment[]>

async function readHome(signal: AbortSignal): Promise<HomeCampaigns> {
  const read = async (status: (typeof STATUSES)[number]) =>
    [status, (await run(HomeCampaignsDocument, { status, first: SHOWN_MAX }, signal)).campaigns.edges.map(({ node }) => node)] as const
  return Object.fromEntries(await Promise.all(STATUSES.map(read))) as HomeCampaigns
}

/** What is live at this moment, and what wants a look. */
export function Home() {
  const { t } = useTranslation(['home', 'common', 'tour'])
  const [dismissed, setDismissed] = useDismissed(useMe().id)
  const { data, error, state, refetch } = useLive({ queryKey: ['campaigns', 'home'], queryFn: ({ signal }) => readHome(signal) }, LIST_MS)
  const running = data === undefined ? [] : [...data.ACTIVE, ...data.RECOVERING, ...data.PAUSED]
  const pulses = useQueries({
    queries: running.map(({ id }) => ({ ...pulseQuery(id), refetchInterval: PULSE_MS, retry: false })),
  })
  const { data: notices } = useLive({ queryKey: [...APPROVALS_KEY, 'home'], queryFn: ({ signal }) => run(HomeNoticesDocument, { first: APPROVALS_MAX }, signal) }, LIST_MS)
  const stockOf = (id: string) => pulses[running.findIndex((campaign) => campaign.id === id)]?.data?.inventory
  if (data === undefined) return <Page title={t('nav')} text={t('text')}>{error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />}</Page>
  const attention = attentionOf(running, stockOf, notices, Date.now())
  return (
    <Page title={t('nav')} text={t('text')} actions={<>{dismissed && <Button variant="subtle" size="compact-sm" onClick={() => { setDismissed(false) }}>{t('tour:again')}</Button>}<LiveBadge state={state} /></>}>
      {!dismissed && <Tour campaign={running[0] ?? data.SCHEDULED[0]} onDone={() => { setDismissed(true) }} />}
      {running.length === 0
        ? <Section><State icon={IconTicket} title={t('empty')} text={t('emptyText')} action={<Anchor component={Link} to="/campaigns">{t('allCampaigns')}</Anchor>} /></Section>
        : (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
            {running.map((campaign) => <CampaignCard key={campaign.id} campaign={campaign} everyMs={PULSE_MS} />)}
          </SimpleGrid>
        )}
      <div className={classes.columns}>
        <Section title={t('attention.title')} flush>
          {attention.length === 0 ? <State icon={IconCircleCheck} title={t('attention.none')} text={t('attention.noneText')} /> : <AttentionList items={attention} />}
        </Section>
        <Section title={t('upcoming.title')} flush><Upcoming scheduled={data.SCHEDULED} running={data.ACTIVE} /></Section>
      </div>
    </Page>
  )
}
