import { Button, CloseButton, Select, TextInput } from '@mantine/core'
import { IconPlus, IconSearch, IconTicket } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { CampaignRowFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { Copyable } from '../../ui/copyable.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { useSelection } from '../../ui/data-table/selection.js'
import { DateTime } from '../../ui/date-time.js'
import { Page } from '../../ui/page.js'
import linkClasses from '../../ui/row-link.module.css'
import { State } from '../../ui/states.js'
import { useTypedText } from '../../ui/use-typed-text.js'
import { BulkActions } from '../bulk/bulk-actions.js'
import classes from './list.module.css'
import { CAMPAIGNS_MAX, campaignsQuery } from './queries.js'
import { CampaignState, REACHED, STATUSES } from './status.js'
import type { CampaignsView } from './view.js'

const route = getRouteApi('/shell/campaigns/')

function useColumns(): Array<ColumnDef<CampaignRowFragment, unknown>> {
  const { t } = useTranslation('campaigns')
  return useMemo(() => [
    {
      id: 'name', accessorKey: 'name', enableHiding: false, meta: { title: t('column.name'), csv: ({ name }) => name },
      cell: ({ row: { original: { id, name, slug } } }) => (
        <div className={classes.name}>
          <Link to="/campaigns/$id" params={{ id }} className={linkClasses.link} data-row>{name}</Link>
          <span>{slug}</span>
        </div>
      ),
    },
    {
      id: 'status', accessorFn: ({ status }) => STATUSES.indexOf(status), meta: { title: t('column.status'), csv: ({ status }) => status },
      cell: ({ row }) => <CampaignState status={row.original.status} />,
    },
    {
      id: 'mechanic', accessorKey: 'mechanic', meta: { title: t('column.mechanic'), csv: ({ mechanic }) => mechanic },
      cell: ({ row }) => t(`mechanic.${row.original.mechanic}`),
    },
    {
      id: 'startsAt', accessorKey: 'startsAt', meta: { title: t('column.startsAt'), csv: ({ startsAt }) => startsAt },
      cell: ({ row: { original } }) => <DateTime value={original.startsAt} zone={original.timezone} />,
    },
    {
      id: 'endsAt', accessorKey: 'endsAt', meta: { title: t('column.endsAt'), csv: ({ endsAt }) => endsAt },
      cell: ({ row: { original } }) => <DateTime value={original.endsAt} zone={original.timezone} />,
    },
    {
      id: 'id', enableSorting: false, meta: { title: t('column.id'), hidden: true, csv: ({ id }) => id },
      cell: ({ row }) => <span className={classes.above}><Copyable value={row.original.id} shown={`…${row.original.id.slice(-6)}`} what={t('column.id')} /></span>,
    },
  ], [t])
}

/** More are not read: they are not to be taken for all. */
const cutAt = <T,>(rows: readonly T[]) =>
  ({ left: true, isLoading: false, failed: false, readAll: () => Promise.resolve({ rows: [...rows], cut: true }) })

export function CampaignList() {
  const { t } = useTranslation(['campaigns', 'common'])
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const { data, error, refetch } = useQuery({ ...campaignsQuery(view), placeholderData: keepPreviousData })
  const columns = useColumns()
  const mayChange = useMay('APPROVE')
  const selection = useSelection(data?.campaigns, ({ id }) => id)
  const show = (next: Partial<CampaignsView>, replace = false) => {
    void navigate({ search: ({ page: _page, ...before }) => ({ ...before, ...next }), replace })
  }
  const mayConfigure = useMay('CONFIGURE')
  const create = mayConfigure && <Button component={Link} to="/campaigns/new" leftSection={<IconPlus size={16} aria-hidden />}>{t('campaigns:new')}</Button>
  const filtered = view.search !== undefined || view.status !== undefined
  return (
    <Page title={t('campaigns:nav')} text={t('campaigns:text')} actions={create}>
      <DataTable
        id="campaigns" label={t('campaigns:nav')} columns={columns} rows={data?.campaigns} rowId={({ id }) => id}
        error={error} retry={() => { void refetch() }} view={view} onView={show}
        selecting={mayChange ? { selection, nameOf: ({ name }) => name, actions: <BulkActions selected={selection.rows} /> } : undefined}
        filters={<Filters view={view} onFilter={show} />}
        note={data?.more === true ? t('campaigns:more', { count: CAMPAIGNS_MAX }) : undefined}
        more={data?.more === true ? cutAt(data.campaigns) : undefined}
        empty={filtered
          ? <State icon={IconSearch} title={t('common:table.nothing')} text={t('common:table.nothingText')} />
          : <State icon={IconTicket} title={t('campaigns:empty')} text={t('campaigns:emptyText')} action={create} />}
      />
    </Page>
  )
}

function Filters({ view, onFilter }: { view: CampaignsView; onFilter: (next: Partial<CampaignsView>, replace?: boolean) => void }) {
  const { t } = useTranslation(['campaigns', 'common'])
  const [text, type] = useTypedText(view.search, (search) => { onFilter({ search }, true) })
  return (
    <>
      <TextInput
        data-search className={classes.search} placeholder={t('campaigns:search')} aria-label={t('campaigns:search')} value={text} maxLength={100}
        onChange={(event) => { type(event.currentTarget.value) }} leftSection={<IconSearch size={15} aria-hidden />}
        rightSection={text === '' ? undefined : <CloseButton size="sm" aria-label={t('common:actions.clear')} onClick={() => { type('') }} />}
      />
      <Select
        className={classes.status} placeholder={t('campaigns:anyStatus')} aria-label={t('campaigns:column.status')} clearable value={view.status ?? null}
        data={REACHED.map((value) => ({ value, label: t(`campaigns:status.${value}`) }))}
        clearButtonProps={{ 'aria-label': t('common:actions.clear') }}
        onChange={(value) => { onFilter({ status: REACHED.find((each) => each === value) }) }}
      />
    </>
  )
}
