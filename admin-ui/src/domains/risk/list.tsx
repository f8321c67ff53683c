import { ActionIcon, Button, Group, SegmentedControl, Text, Tooltip } from '@mantine/core'
import { IconFileImport, IconGauge, IconPlus, IconShieldHalf, IconTrash } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { RiskEntriesDocument, type RiskRowFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { Status, Tag } from '../../ui/badge.js'
import { ConfirmByName } from '../../ui/confirm-by-name.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { DateTime } from '../../ui/date-time.js'
import { useErrorText } from '../../ui/error-text.js'
import { Page } from '../../ui/page.js'
import { State } from '../../ui/states.js'
import { TextLink } from '../../ui/text-link.js'
import { LISTS, RISK_KEY } from './lists.js'
import { useEntries } from './use-entries.js'

const route = getRouteApi('/shell/risk/')

export function RiskEntries() {
  const { t } = useTranslation(['risk', 'common'])
  const may = useMay('CONFIGURE')
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const text = useErrorText()
  const [asked, setAsked] = useState<RiskRowFragment | null>(null)
  const entries = usePages([...RISK_KEY, 'entries', view.list ?? ''], async (page, signal) =>
    (await run(RiskEntriesDocument, { list: view.list ?? null, ...page }, signal)).riskEntries)
  const { remove } = useEntries()
  const columns = useColumns(may ? (entry) => {
    remove.reset()
    setAsked(entry)
  } : null)
  const lists = [{ value: '', label: t('risk:every') }, ...LISTS.map((value) => ({ value, label: t(`risk:list.${value}`) }))]
  return (
    <Page
      title={t('risk:nav')} text={t('risk:text')}
      actions={(
        <Group gap="xs">
          <Button variant="default" component={Link} to="/risk/velocity" leftSection={<IconGauge size={16} aria-hidden />}>{t('risk:velocity')}</Button>
          {may && <Button variant="default" component={Link} to="/risk/import" leftSection={<IconFileImport size={16} aria-hidden />}>{t('risk:import.title')}</Button>}
          {may && <Button component={Link} to="/risk/add" leftSection={<IconPlus size={16} aria-hidden />}>{t('risk:add')}</Button>}
        </Group>
      )}
    >
      <DataTable
        id="risk" label={t('risk:nav')} columns={columns} rows={entries.rows} rowId={({ id }) => id} error={entries.error} retry={entries.retry}
        view={view} onView={(next) => { void navigate({ search: ({ list }) => ({ list, ...next }) }) }}
        note={entries.note} more={entries.more}
        filters={(
          <SegmentedControl
            size="xs" aria-label={t('risk:column.list')} data={lists} value={view.list ?? ''}
            onChange={(value) => { void navigate({ search: { list: LISTS.find((each) => each === value) } }) }}
          />
        )}
        empty={<State icon={IconShieldHalf} title={t('risk:empty')} text={t('risk:emptyText')} />}
      />
      <ConfirmByName
        opened={asked !== null} onClose={() => { setAsked(null) }} title={t('risk:ask')} action={t('risk:remove')} name={asked?.value ?? ''} danger
        busy={remove.isPending} error={remove.error === null ? undefined : text(remove.error).detail}
        onConfirm={() => { if (asked !== null) remove.mutate(asked.id, { onSuccess: () => { setAsked(null) } }) }}
      >
        {t('risk:effect')}
      </ConfirmByName>
    </Page>
  )
}

function useColumns(onRemove: ((entry: RiskRowFragment) => void) | null): Array<ColumnDef<RiskRowFragment, unknown>> {
  const { t } = useTranslation(['risk', 'common'])
  return useMemo(() => [
    {
      id: 'value', accessorKey: 'value', enableHiding: false, meta: { title: t('risk:column.value'), csvName: 'value', csv: ({ value }) => value },
      cell: ({ row: { original } }) => <EntryValue entry={original} />,
    },
    {
      id: 'subject', accessorKey: 'subject', meta: { title: t('risk:column.subject'), csvName: 'subject', csv: ({ subject }) => subject },
      cell: ({ row }) => t(`risk:subject.${row.original.subject}`),
    },
    {
      id: 'list', accessorKey: 'list', meta: { title: t('risk:column.list'), csvName: 'list', csv: ({ list }) => list },
      cell: ({ row: { original: { list } } }) => <Status tone={list === 'BLOCK' ? 'bad' : 'good'}>{t(`risk:list.${list}`)}</Status>,
    },
    {
      id: 'scope', enableSorting: false, meta: { title: t('risk:column.scope'), csvName: 'campaignId', csv: ({ campaignId }) => campaignId ?? '' },
      cell: ({ row: { original: { campaignId } } }) => (campaignId == null ? <Tag>{t('risk:everyCampaign')}</Tag> : <Link to="/campaigns/$id" params={{ id: campaignId }}>{t('risk:oneCampaign')}</Link>),
    },
    {
      id: 'reason', enableSorting: false, meta: { title: t('risk:column.reason'), csvName: 'reason', csv: ({ reason }) => reason },
      cell: ({ row }) => <Text span c="dimmed" inherit lineClamp={2}>{row.original.reason}</Text>,
    },
    {
      id: 'createdAt', accessorKey: 'createdAt', meta: { title: t('risk:column.createdAt'), csvName: 'createdAt', csv: ({ createdAt }) => createdAt },
      cell: ({ row }) => <DateTime value={row.original.createdAt} />,
    },
    ...(onRemove === null ? [] : [{
      id: 'actions', enableSorting: false, enableHiding: false, meta: { numeric: true },
      cell: ({ row: { original } }: { row: { original: RiskRowFragment } }) => (
        <Tooltip label={t('risk:remove')}>
          <ActionIcon data-row variant="subtle" color="gray" aria-label={t('risk:removeWhat', { value: original.value })} onClick={() => { onRemove(original) }}><IconTrash size={16} /></ActionIcon>
        </Tooltip>
      ),
    }]),
  ], [t, onRemove])
}

/** A participant's leads to what else is known of him. */
function EntryValue({ entry: { subject, value } }: { entry: RiskRowFragment }) {
  const shown = <Text span fw={550} inherit style={{ display: 'inline-block', minWidth: '15ch', overflowWrap: 'anywhere' }}>{value}</Text>
  if (subject !== 'PARTICIPANT') return shown
  return <TextLink to="/participants/$id" params={{ id: value }} c="inherit" underline="hover">{shown}</TextLink>
}
