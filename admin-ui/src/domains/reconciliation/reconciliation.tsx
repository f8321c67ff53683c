import { Button, Text } from '@mantine/core'
import { IconChecklist, IconScale } from '@tabler/icons-react'
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DataTable } from '../../ui/data-table/data-table.js'
import { Page } from '../../ui/page.js'
import { State } from '../../ui/states.js'
import { booksQuery, campaignsQuery } from '../campaigns/queries.js'
import { useColumns, type BookRow } from './columns.js'
import { recentCampaigns } from './recent.js'

const route = getRouteApi('/shell/reconciliation')

/** The books of all campaigns that matter now, side by side; an audit counts every draw, so somebody asks for it. */
export function Reconciliation() {
  const { t } = useTranslation(['reconciliation', 'common'])
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const { data, error, refetch } = useQuery(campaignsQuery({}))
  const campaigns = data === undefined ? [] : recentCampaigns(data.campaigns, Date.now())
  const audits = useQueries({ queries: campaigns.map(({ id }) => ({ ...booksQuery(id), enabled: false })) })
  const [auditing, setAuditing] = useState(false)
  const rows: BookRow[] = campaigns.map((campaign, n) => {
    const audit = audits[n]
    return { campaign, books: audit?.data, isRunning: audit?.isFetching === true, error: audit?.error ?? null }
  })
  // What is wrong is in the row, and beside the others': nothing else is to be done here.
  const audit = (id: string) => client.fetchQuery({ ...booksQuery(id), staleTime: 0 }).catch(() => undefined)
  const auditAll = async () => {
    setAuditing(true)
    // One after another: each reads all that a campaign has.
    for (const { id } of campaigns) await audit(id)
    setAuditing(false)
  }
  const columns = useColumns((id) => { void audit(id) })
  const checked = rows.filter(({ books }) => books !== undefined)
  const wrong = checked.filter(({ books }) => books?.balanced === false).length
  return (
    <Page
      title={t('reconciliation:nav')} text={t('reconciliation:text')}
      actions={<Button leftSection={<IconChecklist size={16} aria-hidden />} loading={auditing} disabled={campaigns.length === 0} onClick={() => { void auditAll() }}>{t('reconciliation:auditAll')}</Button>}
    >
      <DataTable
        id="reconciliation" label={t('reconciliation:nav')} columns={columns} rows={data === undefined ? undefined : rows} rowId={({ campaign }) => campaign.id}
        error={error} retry={() => { void refetch() }} view={view} onView={(search) => { void navigate({ search }) }}
        filters={(
          <Text size="sm" c="dimmed" role="status">
            {checked.length === 0 ? t('reconciliation:none') : t('reconciliation:summary', { count: checked.length, all: rows.length, wrong })}
          </Text>
        )}
        empty={<State icon={IconScale} title={t('reconciliation:empty')} text={t('reconciliation:emptyText')} />}
      />
    </Page>
  )
}
