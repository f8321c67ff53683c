import { Button, Code, Group, Modal, SegmentedControl, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconDownload, IconHistory } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { AuditLogDocument, type AuditRowFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { Tag } from '../../ui/badge.js'
import { Copyable } from '../../ui/copyable.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { DateTime } from '../../ui/date-time.js'
import { Facts, Page } from '../../ui/page.js'
import { State } from '../../ui/states.js'

/** Kinds of action, as the API filters them, and their names. */
const KINDS = { 'campaign.': 'campaigns', 'operator.': 'operators', 'api-key.': 'apiKeys', 'session.': 'sessions' } as const
const HASH_CHARACTERS = 12
const route = getRouteApi('/shell/audit')

/** Who changed what, newest first. */
export function AuditLog() {
  const { t } = useTranslation(['audit', 'common'])
  const mayExport = useMay('EXPORT_AUDIT_LOG')
  const { sort, page, ...filter } = route.useSearch()
  const navigate = route.useNavigate()
  const [shown, setShown] = useState<AuditRowFragment | null>(null)
  const log = usePages(['audit', filter], async (page, signal) => {
    const { auditLog, auditHead } = await run(AuditLogDocument, { filter, ...page }, signal)
    return { ...auditLog, head: auditHead }
  })
  const head = log.first?.head
  const columns = useColumns(setShown)
  const kinds = [{ value: '', label: t('audit:every') }, ...Object.entries(KINDS).map(([value, name]) => ({ value, label: t(`audit:kind.${name}`) }))]
  return (
    <Page
      title={t('audit:nav')}
      text={head === undefined ? t('audit:text') : <Group gap={6}>{t('audit:head', { seq: head.seq })}<Copyable value={head.hash} shown={`${head.hash.slice(0, HASH_CHARACTERS)}…`} what={t('audit:hash')} /></Group>}
      actions={mayExport && <Button variant="default" component="a" href="/admin/audit/export?format=csv" download leftSection={<IconDownload size={16} aria-hidden />}>{t('audit:export')}</Button>}
    >
      <DataTable
        id="audit" label={t('audit:nav')} columns={columns} rows={log.rows} rowId={({ seq }) => String(seq)} error={log.error} retry={log.retry}
        view={{ ...(sort === undefined ? {} : { sort }), ...(page === undefined ? {} : { page }) }}
        onView={(next) => { void navigate({ search: { ...filter, ...next } }) }}
        note={log.note}
        filters={(
          <SegmentedControl
            size="xs" aria-label={t('audit:column.action')} data={kinds} value={filter.action ?? ''}
            onChange={(action) => { void navigate({ search: { ...filter, action: action === '' ? undefined : action } }) }}
          />
        )}
        empty={<State icon={IconHistory} title={t('audit:empty')} text={t('audit:emptyText')} />}
      />
      <Modal opened={shown !== null} onClose={() => { setShown(null) }} size="lg" title={<Text fw={600} span>{shown?.action}</Text>} closeButtonProps={{ 'aria-label': t('common:actions.close') }}>
        {shown !== null && <Entry entry={shown} />}
      </Modal>
    </Page>
  )
}

function Entry({ entry }: { entry: AuditRowFragment }) {
  const { t } = useTranslation('audit')
  const { seq, at, actorKind, actorId, subjectKind, subjectId, campaignId, before, after, reason, requestId, ip, hash } = entry
  const id = (value: string, what: string) => <Copyable value={value} what={what} />
  const facts: Array<readonly [string, React.ReactNode]> = [
    [t('column.seq'), <span key="seq" className="num">{seq}</span>],
    [t('column.at'), <DateTime key="at" value={at} />],
    [t('column.actor'), actorId == null ? t(`actor.${actorKind === 'operator' ? 'operator' : 'system'}`) : id(actorId, t('column.actor'))],
    [t('column.subject'), <Group key="subject" gap={6}>{subjectKind}{id(subjectId, t('column.subject'))}</Group>],
    ...(campaignId == null ? [] : [[t('campaign'), <Link key="campaign" to="/campaigns/$id" params={{ id: campaignId }}>{t('openCampaign')}</Link>] as const]),
    ...(reason == null ? [] : [[t('column.reason'), reason] as const]),
    ...(ip == null ? [] : [[t('ip'), ip] as const]),
    ...(requestId == null ? [] : [[t('request'), id(requestId, t('request'))] as const]),
    [t('hash'), <Copyable key="hash" value={hash} shown={`${hash.slice(0, HASH_CHARACTERS)}…`} what={t('hash')} />],
  ]
  return (
    <Stack gap="md">
      <Facts facts={facts} />
      {[[t('before'), before], [t('after'), after]].map(([name, value]) => value != null && (
        <div key={name}><Text size="xs" c="dimmed" mb={4}>{name}</Text><Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{pretty(value)}</Code></div>
      ))}
    </Stack>
  )
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}

function useColumns(onShow: (entry: AuditRowFragment) => void): Array<ColumnDef<AuditRowFragment, unknown>> {
  const { t } = useTranslation('audit')
  return useMemo(() => [
    { id: 'seq', accessorKey: 'seq', enableSorting: false, meta: { title: t('column.seq'), csv: ({ seq }) => String(seq), numeric: true }, cell: ({ row }) => <span className="num">{row.original.seq}</span> },
    { id: 'at', accessorKey: 'at', enableSorting: false, meta: { title: t('column.at'), csv: ({ at }) => at }, cell: ({ row }) => <DateTime value={row.original.at} /> },
    {
      id: 'action', accessorKey: 'action', enableSorting: false, enableHiding: false, meta: { title: t('column.action'), csv: ({ action }) => action },
      cell: ({ row: { original } }) => <UnstyledButton data-row onClick={() => { onShow(original) }} fw={550} fz="inherit">{original.action}</UnstyledButton>,
    },
    { id: 'subject', enableSorting: false, meta: { title: t('column.subject'), csv: ({ subjectKind, subjectId }) => `${subjectKind} ${subjectId}` }, cell: ({ row: { original: { subjectKind } } }) => <Tag>{subjectKind}</Tag> },
    {
      id: 'actor', enableSorting: false, meta: { title: t('column.actor'), csv: ({ actorKind, actorId }) => `${actorKind} ${actorId ?? ''}` },
      cell: ({ row: { original: { actorKind } } }) => t(`actor.${actorKind === 'operator' ? 'operator' : 'system'}`),
    },
    { id: 'reason', enableSorting: false, meta: { title: t('column.reason'), csv: ({ reason }) => reason ?? '' }, cell: ({ row }) => <Text span c="dimmed" inherit lineClamp={2}>{row.original.reason}</Text> },
  ], [t, onShow])
}
