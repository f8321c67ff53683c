import { Button, Group, Modal, SegmentedControl, Text } from '@mantine/core'
import { IconDownload, IconHistory, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { AuditLogDocument, type AuditRowFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { Tag } from '../../ui/badge.js'
import { Copyable } from '../../ui/copyable.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { DateTime } from '../../ui/date-time.js'
import { LoadingRows } from '../../ui/loading.js'
import { Page } from '../../ui/page.js'
import linkClasses from '../../ui/row-link.module.css'
import { ErrorState, State } from '../../ui/states.js'
import { Entry } from './entry.js'
import { shortHash } from './hash.js'
import { useNames } from './who.js'
import { useAuditWords } from './words.js'

/** Kinds of action, as the API filters them, and their names. */
const KINDS = { 'campaign.': 'campaigns', 'operator.': 'operators', 'api-key.': 'apiKeys', 'session.': 'sessions' } as const
/** What a link may have narrowed the log to: said, and widened again. */
const NARROWED = ['campaignId', 'actorId', 'subjectId'] as const
const route = getRouteApi('/shell/audit')

/** Who changed what, newest first. */
export function AuditLog() {
  const { t } = useTranslation(['audit', 'common'])
  const mayExport = useMay('EXPORT_AUDIT_LOG')
  const { sort, page, entry, ...filter } = route.useSearch()
  const navigate = route.useNavigate()
  const show = (seq: number | undefined) => { void navigate({ search: (now) => ({ ...now, entry: seq }) }) }
  const log = usePages(['audit', filter], async (page, signal) => {
    const { auditLog, auditHead } = await run(AuditLogDocument, { filter, ...page }, signal)
    return { ...auditLog, head: auditHead }
  })
  const head = log.first?.head
  const columns = useColumns()
  const kinds = [{ value: '', label: t('audit:every') }, ...Object.entries(KINDS).map(([value, name]) => ({ value, label: t(`audit:kind.${name}`) }))]
  return (
    <Page
      title={t('audit:nav')}
      text={head === undefined ? t('audit:text') : <Group gap={6}>{t('audit:head', { seq: head.seq })}<Copyable value={head.hash} shown={shortHash(head.hash)} what={t('audit:hash')} /></Group>}
      actions={mayExport && (
        <Button variant="default" component="a" href="/admin/audit/export?format=csv" download leftSection={<IconDownload size={16} aria-hidden />}>
          {t('audit:export')}
        </Button>
      )}
    >
      <DataTable
        id="audit" label={t('audit:nav')} columns={columns} rows={log.rows} rowId={({ seq }) => String(seq)}
        error={log.error} retry={log.retry}
        view={{ ...(sort === undefined ? {} : { sort }), ...(page === undefined ? {} : { page }) }}
        onView={(next) => { void navigate({ search: { ...filter, ...next } }) }}
        note={log.note} more={log.more}
        filters={(
          <Group gap="xs">
            <SegmentedControl
              size="xs" aria-label={t('audit:column.action')} data={kinds} value={filter.action ?? ''}
              onChange={(action) => { void navigate({ search: { ...filter, action: action === '' ? undefined : action } }) }}
            />
            {NARROWED.filter((name) => filter[name] !== undefined).map((name) => (
              <Button
                key={name} size="compact-sm" variant="light" rightSection={<IconX size={13} aria-hidden />} aria-label={t(`audit:widen.${name}`)}
                onClick={() => { void navigate({ search: { ...filter, [name]: undefined } }) }}
              >
                {t(`audit:narrowed.${name}`)}
              </Button>
            ))}
          </Group>
        )}
        empty={<State icon={IconHistory} title={t('audit:empty')} text={t('audit:emptyText')} />}
      />
      {entry !== undefined && <ShownEntry seq={entry} rows={log.rows} onClose={() => { show(undefined) }} />}
    </Page>
  )
}

/** Of the address: one of those that are listed, or looked for by its number. */
function ShownEntry({ seq, rows, onClose }: { seq: number; rows: readonly AuditRowFragment[] | undefined; onClose: () => void }) {
  const { t } = useTranslation(['audit', 'common'])
  const said = useAuditWords()
  const listed = rows?.find((row) => row.seq === seq)
  const { data, error, refetch } = useQuery({
    queryKey: ['audit', 'entry', seq], enabled: listed === undefined,
    queryFn: async ({ signal }) => (await run(AuditLogDocument, { filter: { seq }, first: 1 }, signal)).auditLog.edges[0]?.node ?? null,
  })
  const entry = listed ?? data
  return (
    <Modal opened onClose={onClose} size="xl" title={<Text fw={600} span>{entry == null ? t('audit:entry', { seq }) : said.action(entry.action)}</Text>} closeButtonProps={{ 'aria-label': t('common:actions.close') }}>
      {entry != null ? <Entry entry={entry} />
        : entry === null ? <State icon={IconHistory} title={t('audit:gone')} />
          : error === null ? <LoadingRows rows={4} /> : <ErrorState error={error} retry={() => { void refetch() }} />}
    </Modal>
  )
}

function useColumns(): Array<ColumnDef<AuditRowFragment, unknown>> {
  const { t } = useTranslation('audit')
  const names = useNames()
  const said = useAuditWords()
  return useMemo(() => [
    {
      id: 'seq', accessorKey: 'seq', enableSorting: false, meta: { title: t('column.seq'), csv: ({ seq }) => String(seq), numeric: true },
      cell: ({ row }) => <span className="num">{row.original.seq}</span>,
    },
    {
      id: 'at', accessorKey: 'at', enableSorting: false, meta: { title: t('column.at'), csv: ({ at }) => at },
      cell: ({ row }) => <DateTime value={row.original.at} />,
    },
    {
      id: 'action', accessorKey: 'action', enableSorting: false, enableHiding: false, meta: { title: t('column.action'), csv: ({ action }) => action },
      cell: ({ row: { original: { seq, action } } }) => (
        <Link to="/audit" search={(now) => ({ ...now, entry: seq })} className={linkClasses.link} data-row>{said.action(action)}</Link>
      ),
    },
    {
      id: 'subject', enableSorting: false, meta: { title: t('column.subject'), csv: ({ subjectKind, subjectId }) => `${subjectKind} ${subjectId}` },
      cell: ({ row: { original: { subjectKind } } }) => <Tag>{said.subject(subjectKind)}</Tag>,
    },
    {
      id: 'actor', enableSorting: false, meta: { title: t('column.actor'), csv: ({ actorKind, actorId }) => `${actorKind} ${actorId ?? ''}` },
      cell: ({ row: { original: { actorKind, actorId } } }) => (actorKind === 'operator' ? names.get(actorId ?? '') ?? t('actor.operator') : t('actor.system')),
    },
    {
      id: 'reason', enableSorting: false, meta: { title: t('column.reason'), csv: ({ reason }) => reason ?? '' },
      cell: ({ row }) => <Text span c="dimmed" inherit lineClamp={2}>{row.original.reason}</Text>,
    },
  ], [t, names, said])
}
