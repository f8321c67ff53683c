import { Text } from '@mantine/core'
import { IconDice5 } from '@tabler/icons-react'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ParticipantDrawsDocument, type ParticipantDrawFragment } from '../../generated/graphql.js'
import { Status } from '../../ui/badge.js'
import { Copyable } from '../../ui/copyable.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import type { TableView } from '../../ui/data-table/view.js'
import { DateTime } from '../../ui/date-time.js'
import { State } from '../../ui/states.js'

export interface RowsProps {
  readonly campaignId: string
  readonly userId: string
  readonly view: TableView
  readonly onView: (view: TableView) => void
}

/** Newest first, settled or not. */
export function ParticipantDraws({ campaignId, userId, view, onView }: RowsProps) {
  const { t } = useTranslation('participants')
  const draws = usePages(['participants', 'draws', campaignId, userId], async (page, signal) =>
    (await run(ParticipantDrawsDocument, { campaignId, userId, ...page }, signal)).draws)
  return (
    <DataTable
      id="participant-draws" label={t('part.draws')} columns={useColumns()} rows={draws.rows} rowId={({ id }) => id}
      error={draws.error} retry={draws.retry}
      view={view} onView={onView} note={draws.note} more={draws.more} empty={<State icon={IconDice5} title={t('noDraws')} text={t('noDrawsText')} />}
    />
  )
}

function useColumns(): Array<ColumnDef<ParticipantDrawFragment, unknown>> {
  const { t } = useTranslation('participants')
  return useMemo(() => [
    {
      id: 'createdAt', accessorKey: 'createdAt', enableHiding: false, meta: { title: t('column.createdAt'), csv: ({ createdAt }) => createdAt },
      cell: ({ row }) => <DateTime value={row.original.createdAt} />,
    },
    {
      id: 'outcome', accessorFn: ({ outcome }) => outcome ?? '', meta: { title: t('column.outcome'), csv: ({ outcome }) => outcome ?? 'PENDING' },
      cell: ({ row: { original: { outcome } } }) => (outcome === 'WON' ? <Status tone="good">{t('outcome.WON')}</Status> : <Status tone="idle">{t(outcome === 'LOST' ? 'outcome.LOST' : 'outcome.PENDING')}</Status>),
    },
    {
      id: 'prize', enableSorting: false, meta: { title: t('column.prize'), csv: ({ prize }) => prize?.name ?? '' },
      cell: ({ row: { original: { prize } } }) => (prize == null ? <Text span c="dimmed" inherit>–</Text> : prize.name),
    },
    {
      id: 'award', enableSorting: false, meta: { title: t('column.award'), csv: ({ award }) => award?.status ?? '' },
      cell: ({ row: { original: { award } } }) => (award == null ? <Text span c="dimmed" inherit>–</Text> : t(`award.${award.status}`)),
    },
    {
      id: 'key', enableSorting: false, meta: { title: t('column.key'), csv: ({ idempotencyKey, ordinal }) => `${idempotencyKey} ${ordinal}` },
      cell: ({ row: { original: { idempotencyKey, ordinal } } }) => <Text span c="dimmed" inherit style={{ overflowWrap: 'anywhere' }}>{idempotencyKey}{ordinal > 0 && ` · ${ordinal}`}</Text>,
    },
    {
      id: 'version', enableSorting: false, meta: { title: t('column.version'), numeric: true, csv: ({ campaignVersion }) => String(campaignVersion ?? '') },
      cell: ({ row }) => row.original.campaignVersion ?? '–',
    },
    {
      id: 'id', enableSorting: false, meta: { title: t('column.drawId'), csv: ({ id }) => id },
      cell: ({ row: { original: { id } } }) => <span data-row tabIndex={-1}><Copyable value={id} shown={`…${id.slice(-8)}`} what={t('column.drawId')} /></span>,
    },
  ], [t])
}
