import { Select } from '@mantine/core'
import { IconAward } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Page, Section } from '../../ui/page.js'
import { ErrorState, State } from '../../ui/states.js'
import { campaignQuery, campaignsQuery } from '../campaigns/queries.js'
import { AwardsTable } from './table.js'

const route = getRouteApi('/shell/awards')

/** The awards of one campaign, which is chosen first and stays in the address. */
export function AwardDesk() {
  const { t } = useTranslation('awards')
  const { campaign, ...view } = route.useSearch()
  const navigate = route.useNavigate()
  const { data, error, refetch } = useQuery(campaignsQuery({}))
  const one = useQuery({ ...campaignQuery(campaign ?? ''), enabled: campaign !== undefined })
  const listed = data?.campaigns.filter(({ status }) => status !== 'DRAFT' && status !== 'IN_REVIEW') ?? []
  // A campaign that came by a link may be older than those that are listed.
  const known = one.data === undefined || listed.some(({ id }) => id === one.data.id) ? listed : [one.data, ...listed]
  const choose = (
    <Select
      searchable w={320} maxDropdownHeight={360} aria-label={t('campaign')} placeholder={t('choose')} nothingFoundMessage={t('noCampaign')} value={campaign ?? null}
      data={known.map(({ id, name, slug }) => ({ value: id, label: `${name} · ${slug}` }))}
      onChange={(id) => { void navigate({ search: id === null ? {} : { campaign: id } }) }}
    />
  )
  return (
    <Page title={t('nav')} text={t('text')} actions={choose}>
      {campaign === undefined && (error === null
        ? <Section><State icon={IconAward} title={t('chooseTitle')} text={t('chooseText')} /></Section>
        : <ErrorState error={error} retry={() => { void refetch() }} />)}
      {campaign !== undefined && one.error !== null && <ErrorState error={one.error} retry={() => { void one.refetch() }} />}
      {campaign !== undefined && one.error === null && (
        <AwardsTable
          key={campaign} campaignId={campaign} prizes={one.data?.prizes ?? []} view={view}
          onView={(next) => { void navigate({ search: { campaign, ...next } }) }}
        />
      )}
    </Page>
  )
}
