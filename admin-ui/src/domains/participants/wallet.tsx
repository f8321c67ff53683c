import { Stack, Text, Title } from '@mantine/core'
import { IconWallet } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ParticipantWalletDocument, type WalletRowFragment } from '../../generated/graphql.js'
import { money } from '../../lib/format.js'
import { Tag } from '../../ui/badge.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import type { TableView } from '../../ui/data-table/view.js'
import { DateTime } from '../../ui/date-time.js'
import { State } from '../../ui/states.js'

/** What came into the wallet, and what was taken back, newest first, over all campaigns. Its page is its own: the address has the other table's. */
export function WalletMovements({ userId }: { userId: string }) {
  const { t } = useTranslation('participants')
  const [view, setView] = useState<TableView>({})
  const ledger = usePages(['participants', 'wallet', userId], async (page, signal) =>
    (await run(ParticipantWalletDocument, { userId, ...page }, signal)).walletLedger)
  return (
    <Stack gap="sm">
      <Title order={2} fz="md">{t('walletMoves')}</Title>
      <DataTable
        id="participant-wallet" label={t('walletMoves')} columns={useColumns()} rows={ledger.rows} rowId={({ id }) => id} error={ledger.error} retry={ledger.retry}
        view={view} onView={setView} note={ledger.note} more={ledger.more} empty={<State icon={IconWallet} title={t('noWalletMoves')} text={t('noWalletMovesText')} />}
      />
    </Stack>
  )
}

function useColumns(): Array<ColumnDef<WalletRowFragment, unknown>> {
  const { t, i18n } = useTranslation('participants')
  return useMemo(() => [
    { id: 'createdAt', enableSorting: false, enableHiding: false, meta: { title: t('column.createdAt'), csv: ({ createdAt }) => createdAt }, cell: ({ row }) => <DateTime value={row.original.createdAt} /> },
    { id: 'movement', enableSorting: false, meta: { title: t('column.movement'), csv: ({ movement }) => movement }, cell: ({ row }) => <Tag>{t(`walletMovement.${row.original.movement}`)}</Tag> },
    {
      id: 'amount', enableSorting: false, meta: { title: t('column.sum'), numeric: true, csv: ({ amount: { amountMinor, currency } }) => `${amountMinor} ${currency}` },
      cell: ({ row: { original: { amount } } }) => <Text span inherit fw={550} c={amount.amountMinor < 0 ? 'dimmed' : undefined} className="num">{money(amount.amountMinor, amount.currency, i18n.language)}</Text>,
    },
    { id: 'prize', enableSorting: false, meta: { title: t('column.prize'), csv: ({ prizeName }) => prizeName }, cell: ({ row }) => row.original.prizeName },
    { id: 'campaign', enableSorting: false, meta: { title: t('column.campaign'), csv: ({ campaignName }) => campaignName }, cell: ({ row }) => row.original.campaignName },
    {
      id: 'award', enableSorting: false, meta: { title: t('column.awardId'), csv: ({ awardId }) => awardId },
      cell: ({ row: { original: { awardId, campaignId } } }) => <Link data-row to="/campaigns/$id/awards" params={{ id: campaignId }} search={{ award: awardId }}>{`…${awardId.slice(-8)}`}</Link>,
    },
  ], [t, i18n.language])
}
