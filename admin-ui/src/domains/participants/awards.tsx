import { IconGift } from '@tabler/icons-react'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ParticipantAwardsDocument, type ParticipantAwardFragment } from '../../generated/graphql.js'
import { money } from '../../lib/format.js'
import { Status } from '../../ui/badge.js'
import { Copyable } from '../../ui/copyable.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { DateTime } from '../../ui/date-time.js'
import { State } from '../../ui/states.js'
import { TONES } from '../awards/awards.js'
import type { RowsProps } from './draws.js'

export function ParticipantAwards({ campaignId, userId, view, onView }: RowsProps) {
  const { t } = useTranslation('participants')
  const awards = usePages(['participants', 'awards', campaignId, userId], async (page, signal) =>
    (await run(ParticipantAwardsDocument, { campaignId, userId, ...page }, signal)).awards)
  return (
    <DataTable
      id="participant-awards" label={t('part.awards')} columns={useColumns()} rows={awards.rows} rowId={({ id }) => id}
      error={awards.error} retry={awards.retry}
      view={view} onView={onView} note={awards.note} more={awards.more} empty={<State icon={IconGift} title={t('noAwards')} text={t('noAwardsText')} />}
    />
  )
}

function useColumns(): Array<ColumnDef<ParticipantAwardFragment, unknown>> {
  const { t, i18n } = useTranslation('participants')
  return useMemo(() => [
    {
      id: 'createdAt', accessorKey: 'createdAt', enableHiding: false, meta: { title: t('column.wonAt'), csv: ({ createdAt }) => createdAt },
      cell: ({ row }) => <DateTime value={row.original.createdAt} />,
    },
    {
      id: 'prize', enableSorting: false, meta: { title: t('column.prize'), csv: ({ prize }) => prize.name },
      cell: ({ row }) => row.original.prize.name,
    },
    {
      id: 'status', accessorKey: 'status', meta: { title: t('column.award'), csv: ({ status }) => status },
      cell: ({ row: { original: { status } } }) => <Status tone={TONES[status]}>{t(`award.${status}`)}</Status>,
    },
    {
      id: 'amount', accessorFn: ({ amount }) => amount?.amountMinor ?? 0, meta: { title: t('column.value'), numeric: true, csv: ({ amount }) => (amount == null ? '' : `${amount.amountMinor} ${amount.currency}`) },
      cell: ({ row: { original: { amount } } }) => (amount == null ? '–' : money(amount.amountMinor, amount.currency, i18n.language)),
    },
    {
      id: 'updatedAt', enableSorting: false, meta: { title: t('column.updatedAt'), csv: ({ updatedAt }) => updatedAt },
      cell: ({ row }) => <DateTime value={row.original.updatedAt} />,
    },
    {
      id: 'id', enableSorting: false, meta: { title: t('column.awardId'), csv: ({ id }) => id },
      cell: ({ row: { original: { id } } }) => <Copyable value={id} shown={`…${id.slice(-8)}`} what={t('column.awardId')} />,
    },
  ], [t, i18n.language])
}
