import { Text, UnstyledButton } from '@mantine/core'
import type { ColumnDef } from '@tanstack/react-table'
import { useTranslation } from 'react-i18next'
import type { DrawRowFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { Status } from '../../ui/badge.js'
import { Copyable } from '../../ui/copyable.js'
import { DateTime } from '../../ui/date-time.js'
import { TONES } from './states.js'

export function useColumns(onOpen: (id: string) => void): Array<ColumnDef<DrawRowFragment, unknown>> {
  const { t, i18n } = useTranslation('draws')
  const number = (value: number | null | undefined) => (value == null ? '–' : count(value, i18n.language))
  return [
    {
      id: 'participant', accessorKey: 'userId', enableHiding: false, meta: { title: t('column.participant'), csv: ({ userId }) => userId },
      cell: ({ row: { original: { id, userId } } }) => <UnstyledButton data-row fw={550} fz="inherit" onClick={() => { onOpen(id) }} title={userId}><Text span inherit truncate maw={220} display="block">{userId}</Text></UnstyledButton>,
    },
    { id: 'createdAt', accessorKey: 'createdAt', meta: { title: t('column.createdAt'), csv: ({ createdAt }) => createdAt }, cell: ({ row }) => <DateTime value={row.original.createdAt} /> },
    {
      id: 'outcome', accessorFn: ({ outcome }) => outcome ?? '', meta: { title: t('column.outcome'), csv: ({ outcome }) => outcome ?? '' },
      cell: ({ row: { original: { outcome } } }) => (outcome == null ? <Text span c="dimmed" inherit>{t('untold')}</Text> : <Status tone={outcome === 'WON' ? 'good' : 'idle'}>{t(`outcome.${outcome}`)}</Status>),
    },
    { id: 'prize', accessorFn: ({ prize }) => prize?.name ?? '', meta: { title: t('column.prize'), csv: ({ prize }) => prize?.name ?? '' }, cell: ({ row }) => row.original.prize?.name ?? '–' },
    {
      id: 'state', accessorKey: 'state', meta: { title: t('column.state'), csv: ({ state }) => state },
      cell: ({ row: { original: { state } } }) => <Status tone={TONES[state]}>{t(`state.${state}`)}</Status>,
    },
    {
      id: 'key', enableSorting: false, meta: { title: t('column.key'), csv: ({ idempotencyKey }) => idempotencyKey },
      cell: ({ row: { original: { idempotencyKey, ordinal } } }) => <Text span inherit c="dimmed" style={{ overflowWrap: 'anywhere' }}>{idempotencyKey} · {ordinal}</Text>,
    },
    { id: 'ordinal', enableSorting: false, meta: { title: t('column.ordinal'), hidden: true, numeric: true, csv: ({ ordinal }) => String(ordinal) }, cell: ({ row }) => row.original.ordinal },
    { id: 'roll', enableSorting: false, meta: { title: t('column.roll'), hidden: true, numeric: true, csv: ({ roll }) => String(roll ?? '') }, cell: ({ row }) => number(row.original.roll) },
    { id: 'version', enableSorting: false, meta: { title: t('column.version'), hidden: true, numeric: true, csv: ({ campaignVersion }) => String(campaignVersion ?? '') }, cell: ({ row }) => number(row.original.campaignVersion) },
    { id: 'bucket', enableSorting: false, meta: { title: t('column.bucket'), hidden: true, numeric: true, csv: ({ bucket }) => String(bucket) }, cell: ({ row }) => row.original.bucket },
    {
      id: 'settledAt', enableSorting: false, meta: { title: t('column.settledAt'), hidden: true, csv: ({ settledAt }) => settledAt ?? '' },
      cell: ({ row: { original: { settledAt } } }) => (settledAt == null ? '–' : <DateTime value={settledAt} />),
    },
    {
      id: 'id', enableSorting: false, meta: { title: t('column.id'), hidden: true, csv: ({ id }) => id },
      cell: ({ row }) => <Copyable value={row.original.id} shown={`…${row.original.id.slice(-8)}`} what={t('column.id')} />,
    },
  ]
}
