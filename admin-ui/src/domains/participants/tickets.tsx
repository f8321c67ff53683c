import { Text } from '@mantine/core'
import { IconTicket } from '@tabler/icons-react'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ParticipantTicketLedgerDocument, type ParticipantTicketsFragment } from '../../generated/graphql.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { DateTime } from '../../ui/date-time.js'
import { State } from '../../ui/states.js'
import type { RowsProps } from './draws.js'

/** Every movement of the participant's tickets; spent ones once they are settled. */
export function ParticipantTickets({ campaignId, userId, view, onView }: RowsProps) {
  const { t } = useTranslation('participants')
  const ledger = usePages(['participants', 'tickets', campaignId, userId], async (page, signal) =>
    (await run(ParticipantTicketLedgerDocument, { campaignId, userId, ...page }, signal)).ticketLedger)
  return (
    <DataTable
      id="participant-tickets" label={t('part.tickets')} columns={useColumns()} rows={ledger.rows} rowId={({ id }) => id}
      error={ledger.error} retry={ledger.retry}
      view={view} onView={onView} note={ledger.note} more={ledger.more} empty={<State icon={IconTicket} title={t('noTickets')} text={t('noTicketsText')} />}
    />
  )
}

function useColumns(): Array<ColumnDef<ParticipantTicketsFragment, unknown>> {
  const { t } = useTranslation('participants')
  return useMemo(() => [
    {
      id: 'createdAt', accessorKey: 'createdAt', enableHiding: false, meta: { title: t('column.createdAt'), csv: ({ createdAt }) => createdAt },
      cell: ({ row }) => <DateTime value={row.original.createdAt} />,
    },
    {
      id: 'movement', enableSorting: false, meta: { title: t('column.movement'), csv: ({ movement }) => movement },
      cell: ({ row }) => t(`movement.${row.original.movement}`),
    },
    {
      id: 'amount', accessorKey: 'amount', meta: { title: t('column.amount'), numeric: true, csv: ({ amount }) => String(amount) },
      cell: ({ row: { original: { amount } } }) => <Text span inherit c={amount < 0 ? 'dimmed' : undefined} fw={550}>{amount > 0 ? `+${amount}` : amount}</Text>,
    },
    {
      id: 'reason', enableSorting: false, meta: { title: t('column.reason'), csv: ({ reason }) => reason },
      cell: ({ row }) => <Text span c="dimmed" inherit>{row.original.reason}</Text>,
    },
    {
      id: 'expiresAt', enableSorting: false, meta: { title: t('column.expiresAt'), csv: ({ expiresAt }) => expiresAt ?? '' },
      cell: ({ row: { original: { expiresAt } } }) => (expiresAt == null ? <Text span c="dimmed" inherit>–</Text> : <DateTime value={expiresAt} />),
    },
  ], [t])
}
