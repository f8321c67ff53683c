import { SegmentedControl, Text } from '@mantine/core'
import { IconChecks } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ChangeRequestsDocument, type ChangeRowFragment } from '../../generated/graphql.js'
import { Status, Tag } from '../../ui/badge.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { DateTime } from '../../ui/date-time.js'
import { Page } from '../../ui/page.js'
import linkClasses from '../../ui/row-link.module.css'
import { State } from '../../ui/states.js'
import { APPROVALS_KEY, STATES, TONES } from './states.js'
import { useSummary } from './summary.js'

const route = getRouteApi('/shell/approvals/')

/** Changes that wait for a second operator, and what became of those before. */
export function ChangeRequests() {
  const { t } = useTranslation(['approvals', 'common'])
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const requests = usePages([...APPROVALS_KEY, 'list', view.state ?? ''], async (page, signal) =>
    (await run(ChangeRequestsDocument, { state: view.state ?? null, ...page }, signal)).changeRequests)
  const columns = useColumns()
  const states = [{ value: '', label: t('approvals:every') }, ...STATES.map((value) => ({ value, label: t(`approvals:state.${value}`) }))]
  return (
    <Page title={t('approvals:nav')} text={t('approvals:text')}>
      <DataTable
        id="approvals" label={t('approvals:nav')} columns={columns} rows={requests.rows} rowId={({ id }) => id}
        error={requests.error} retry={requests.retry}
        view={view} onView={(next) => { void navigate({ search: ({ state }) => ({ state, ...next }) }) }}
        note={requests.note} more={requests.more}
        filters={(
          <SegmentedControl
            size="xs" aria-label={t('approvals:column.state')} data={states} value={view.state ?? ''}
            onChange={(value) => { void navigate({ search: { state: STATES.find((each) => each === value) } }) }}
          />
        )}
        empty={<State icon={IconChecks} title={t('approvals:empty')} text={t('approvals:emptyText')} />}
      />
    </Page>
  )
}

function useColumns(): Array<ColumnDef<ChangeRowFragment, unknown>> {
  const { t } = useTranslation(['approvals', 'common'])
  const say = useSummary()
  return useMemo(() => [
    {
      id: 'summary', accessorFn: say, enableHiding: false, meta: { title: t('approvals:column.summary'), csv: say },
      cell: ({ row: { original } }) => (
        <Link to="/approvals/$id" params={{ id: original.id }} className={linkClasses.link} data-row>{say(original)}</Link>
      ),
    },
    {
      id: 'kinds', enableSorting: false, meta: { title: t('approvals:column.kinds'), csv: ({ kinds }) => kinds.join(' ') },
      cell: ({ row: { original: { kinds } } }) => kinds.map((kind) => <Tag key={kind}>{t(`approvals:kind.${kind}`)}</Tag>),
    },
    {
      id: 'state', accessorKey: 'state', meta: { title: t('approvals:column.state'), csv: ({ state }) => state },
      cell: ({ row: { original: { state } } }) => <Status tone={TONES[state]}>{t(`approvals:state.${state}`)}</Status>,
    },
    {
      id: 'author', enableSorting: false, meta: { title: t('approvals:column.author'), csv: ({ author }) => author.email },
      cell: ({ row: { original: { author } } }) => <Text span inherit>{author.name}</Text>,
    },
    {
      id: 'createdAt', accessorKey: 'createdAt', meta: { title: t('approvals:column.createdAt'), csv: ({ createdAt }) => createdAt },
      cell: ({ row }) => <DateTime value={row.original.createdAt} />,
    },
    {
      id: 'decidedBy', enableSorting: false, meta: { title: t('approvals:column.decidedBy'), csv: ({ decidedBy }) => decidedBy?.email ?? '' },
      cell: ({ row: { original: { decidedBy } } }) => <Text span c={decidedBy == null ? 'dimmed' : undefined} inherit>{decidedBy?.name ?? t('approvals:nobody')}</Text>,
    },
  ], [t, say])
}
