import { Select, Stack, Text, Title } from '@mantine/core'
import { IconArrowsExchange } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { StockLedgerDocument, type CampaignDetailFragment, type StockPlace, type StockRowFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { Status, Tag } from '../../ui/badge.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { DateTime } from '../../ui/date-time.js'
import { State } from '../../ui/states.js'

const route = getRouteApi('/shell/campaigns/$id/inventory')

/** Every movement of the campaign's stock but its wins, newest first: from where to where, how much, by whom and why. */
export function StockMovements({ campaign: { id, prizes, timezone } }: { campaign: CampaignDetailFragment }) {
  const { t } = useTranslation(['inventory', 'common'])
  const { page, ...filter } = route.useSearch()
  const { prize } = filter
  const navigate = route.useNavigate()
  // Among what is read of campaigns: a change of stock reads it anew.
  const ledger = usePages(['campaigns', 'stock-ledger', id, prize ?? ''], async (each, signal) =>
    (await run(StockLedgerDocument, { campaignId: id, prizeId: prize ?? null, ...each }, signal)).stockLedger)
  return (
    <Stack gap="sm">
      <Title order={2} fz="md">{t('inventory:moves.title')}</Title>
      <DataTable
        id="stock-movements" label={t('inventory:moves.title')} columns={useColumns(timezone)} rows={ledger.rows} rowId={(row) => row.id} error={ledger.error} retry={ledger.retry}
        note={ledger.note} more={ledger.more} view={page === undefined ? {} : { page }}
        onView={(next) => { void navigate({ search: { ...filter, ...next } }) }}
        filters={(
          <Select
            w={220} placeholder={t('inventory:moves.anyPrize')} aria-label={t('inventory:moves.column.prize')} clearable clearButtonProps={{ 'aria-label': t('common:actions.clear') }}
            value={prize ?? null} data={prizes.map(({ id: value, name }) => ({ value, label: name }))}
            onChange={(value) => { void navigate({ search: value === null ? {} : { prize: value } }) }}
          />
        )}
        empty={<State icon={IconArrowsExchange} title={t('inventory:moves.empty')} text={t('inventory:moves.emptyText')} />}
      />
    </Stack>
  )
}

function useColumns(zone: string): Array<ColumnDef<StockRowFragment, unknown>> {
  const { t, i18n } = useTranslation('inventory')
  return useMemo(() => {
    const place = (kind: StockPlace, bucket: number | null | undefined) => t(`moves.place.${kind}`, { index: bucket ?? '' })
    const csvPlace = (kind: StockPlace, bucket: number | null | undefined) => (bucket == null ? kind : `${kind} ${bucket}`)
    return [
      { id: 'createdAt', enableSorting: false, enableHiding: false, meta: { title: t('moves.column.createdAt'), csv: ({ createdAt }) => createdAt }, cell: ({ row }) => <DateTime value={row.original.createdAt} zone={zone} /> },
      { id: 'prize', enableSorting: false, meta: { title: t('moves.column.prize'), csv: ({ prizeName }) => prizeName }, cell: ({ row }) => row.original.prizeName },
      { id: 'movement', enableSorting: false, meta: { title: t('moves.column.movement'), csv: ({ movement }) => movement }, cell: ({ row }) => <Tag>{t(`moves.kind.${row.original.movement}`)}</Tag> },
      {
        id: 'units', enableSorting: false, meta: { title: t('moves.column.units'), numeric: true, csv: ({ units }) => String(units) },
        cell: ({ row }) => <Text span inherit fw={550} className="num">{count(row.original.units, i18n.language)}</Text>,
      },
      { id: 'from', enableSorting: false, meta: { title: t('moves.column.from'), csv: ({ from, fromBucket }) => csvPlace(from, fromBucket) }, cell: ({ row: { original: { from, fromBucket } } }) => place(from, fromBucket) },
      { id: 'to', enableSorting: false, meta: { title: t('moves.column.to'), csv: ({ to, toBucket }) => csvPlace(to, toBucket) }, cell: ({ row: { original: { to, toBucket } } }) => place(to, toBucket) },
      {
        id: 'state', enableSorting: false, meta: { title: t('moves.column.state'), csv: ({ appliedAt }) => appliedAt ?? '' },
        cell: ({ row: { original: { appliedAt } } }) => (appliedAt == null ? <Status tone="info">{t('moves.onItsWay')}</Status> : <Status tone="idle">{t('moves.done')}</Status>),
      },
      {
        id: 'who', enableSorting: false, meta: { title: t('moves.column.who'), csv: ({ operatorName, operatorId }) => operatorName ?? operatorId ?? '' },
        cell: ({ row: { original: { operatorName, operatorId } } }) => operatorName ?? operatorId ?? <Text span c="dimmed" inherit>{t('moves.byItself')}</Text>,
      },
      { id: 'reason', enableSorting: false, meta: { title: t('moves.column.reason'), csv: ({ reason }) => reason ?? '' }, cell: ({ row }) => <Text span c="dimmed" inherit lineClamp={2}>{row.original.reason}</Text> },
    ]
  }, [t, i18n.language, zone])
}
