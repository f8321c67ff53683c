import { Group, Tabs, Text } from '@mantine/core'
import { IconUserSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count, money } from '../../lib/format.js'
import { useMay } from '../../session/session.js'
import { Status } from '../../ui/badge.js'
import { LoadingRows } from '../../ui/loading.js'
import { Figure, Figures, Page, Section } from '../../ui/page.js'
import { ErrorState, State } from '../../ui/states.js'
import { CampaignSelect } from './campaign-select.js'
import { ParticipantAwards } from './awards.js'
import { ParticipantDraws } from './draws.js'
import { Entries } from './entries.js'
import { PutOnList } from './put-on-list.js'
import { participantQuery, useDrawnFrom } from './queries.js'
import { standingOf } from './standing.js'
import { InCampaign } from './state.js'
import { ParticipantTickets } from './tickets.js'
import { PARTS } from './view.js'
import { WalletMovements } from './wallet.js'
import { Wins } from './wins.js'
import classes from './participants.module.css'

const route = getRouteApi('/shell/participants/$id')
const TABLES = { draws: ParticipantDraws, awards: ParticipantAwards, tickets: ParticipantTickets }

/** All that the product knows of one participant, and the lists that he is on. */
export function ParticipantDetail() {
  const { t, i18n } = useTranslation(['participants', 'risk', 'common'])
  const { id } = route.useParams()
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const may = useMay('CONFIGURE')
  const campaigns = useDrawnFrom()
  const { data: participant, error, refetch } = useQuery(participantQuery(id))
  if (participant === undefined) return error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />
  const { riskEntries, balances, wins } = participant
  const campaignId = view.campaign ?? wins[0]?.campaignId
  const campaign = campaigns.get(campaignId ?? '')
  const standing = standingOf(riskEntries, campaignId)
  const part = view.part ?? 'draws'
  const Rows = TABLES[part]
  return (
    <Page
      title={<Group gap="sm"><span className={classes.id}>{id}</span>{standing !== null && <Status tone={standing === 'BLOCK' ? 'bad' : 'good'}>{t(`participants:standing.${standing}`)}</Status>}</Group>}
      text={t('participants:oneText')} actions={may && <PutOnList userId={id} campaign={campaign} entries={riskEntries} />}
    >
      <Figures>
        <Figure name={t('participants:awards')} value={count(wins.reduce((sum, { awards }) => sum + awards, 0), i18n.language)} hint={t('participants:awardsHint', { count: wins.length })} />
        {balances.length === 0 && <Figure name={t('participants:wallet')} value="–" hint={t('participants:walletEmpty')} />}
        {balances.map(({ amountMinor, currency }) => <Figure key={currency} name={t('participants:wallet')} value={money(amountMinor, currency, i18n.language)} hint={currency} />)}
      </Figures>
      <Entries entries={riskEntries} campaigns={campaigns} may={may} />
      {balances.length > 0 && <WalletMovements userId={id} />}
      {wins.length > 0 && <Wins wins={wins} campaigns={campaigns} />}
      <CampaignSelect
        campaigns={campaigns} value={campaignId}
        onChange={(chosen) => { void navigate({ search: { ...(chosen === undefined ? {} : { campaign: chosen }), part: view.part } }) }}
      />
      {campaignId === undefined
        ? <Section><State icon={IconUserSearch} title={t('participants:noneChosen')} text={t('participants:noneChosenText')} /></Section>
        : (
          <>
            <InCampaign campaignId={campaignId} userId={id} zone={campaign?.timezone} />
            <Tabs
              value={part} keepMounted={false}
              onChange={(chosen) => { void navigate({ search: { campaign: view.campaign, part: PARTS.find((each) => each === chosen) } }) }}
            >
              <Tabs.List mb="md">{PARTS.map((each) => <Tabs.Tab key={each} value={each}>{t(`participants:part.${each}`)}</Tabs.Tab>)}</Tabs.List>
              <Tabs.Panel value={part}>
                <Rows
                  campaignId={campaignId} userId={id} view={view}
                  onView={(next) => { void navigate({ search: { campaign: view.campaign, part: view.part, ...next } }) }}
                />
              </Tabs.Panel>
            </Tabs>
            <Text size="xs" c="dimmed">{t('participants:settledNote')}</Text>
          </>
        )}
    </Page>
  )
}
