import { Text, UnstyledButton } from '@mantine/core'
import type { ColumnDef } from '@tanstack/react-table'
import { useTranslation } from 'react-i18next'
import type { AwardRowFragment } from '../../generated/graphql.js'
import { money } from '../../lib/format.js'
import { Status } from '../../ui/badge.js'
import { Copyable } from '../../ui/copyable.js'
import { DateTime } from '../../ui/date-time.js'
import { TONES } from './awards.js'

type Columns = Array<ColumnDef<AwardRowFragment, unknown>>

export function useColumns(onOpen: (id: string) => void): Columns {
  const { t, i18n } = useTranslation(['awards', 'common'])
  const { language } = i18n
  return [
    {
      id: 'participant', accessorKey: 'userId', enableHiding: false, meta: { title: t('awards:column.participant'), csv: ({ userId }) => userId },
      cell: ({ row: { original: { id, userId } } }) => <UnstyledButton data-row fw={550} fz="inherit" onClick={() => { onOpen(id) }} title={userId}><Text span inherit truncate maw={220} display="block">{userId}</Text></UnstyledButton>,
    },
    { id: 'prize', accessorFn: ({ prize }) => prize.name, meta: { title: t('awards:column.prize'), csv: ({ prize }) => prize.name }, cell: ({ row }) => row.original.prize.name },
    {
      id: 'status', accessorKey: 'status', meta: { title: t('awards:column.status'), csv: ({ status }) => status },
      cell: ({ row: { original: { status } } }) => <Status tone={TONES[status]}>{t(`awards:status.${status}`)}</Status>,
    },
    {
      id: 'amount', enableSorting: false, meta: { title: t('awards:column.amount'), numeric: true, csv: ({ amount }) => (amount == null ? '' : `${amount.amountMinor} ${amount.currency}`) },
      cell: ({ row: { original: { amount } } }) => (amount == null ? '–' : money(amount.amountMinor, amount.currency, language)),
    },
    {
      id: 'delivery', enableSorting: false,
      meta: { title: t('awards:column.delivery'), csv: ({ fulfilment }) => (fulfilment == null ? '' : `${fulfilment.kind} ${fulfilment.round}.${fulfilment.attempt} ${fulfilment.lastError ?? fulfilment.reference ?? ''}`.trim()) },
      cell: ({ row: { original: { fulfilment } } }) => <Delivery fulfilment={fulfilment} />,
    },
    { id: 'createdAt', accessorKey: 'createdAt', meta: { title: t('awards:column.createdAt'), csv: ({ createdAt }) => createdAt }, cell: ({ row }) => <DateTime value={row.original.createdAt} /> },
    { id: 'updatedAt', accessorKey: 'updatedAt', meta: { title: t('awards:column.updatedAt'), hidden: true, csv: ({ updatedAt }) => updatedAt }, cell: ({ row }) => <DateTime value={row.original.updatedAt} /> },
    {
      id: 'id', enableSorting: false, meta: { title: t('awards:column.id'), hidden: true, csv: ({ id }) => id },
      cell: ({ row }) => <Copyable value={row.original.id} shown={`…${row.original.id.slice(-8)}`} what={t('awards:column.id')} />,
    },
  ]
}

function Delivery({ fulfilment }: Pick<AwardRowFragment, 'fulfilment'>) {
  const { t } = useTranslation('awards')
  if (fulfilment == null) return <Text span c="dimmed" inherit>{t('kind.NONE')}</Text>
  const { kind, attempt, lastError, reference } = fulfilment
  const more = lastError ?? reference
  return (
    <>
      {t(`kind.${kind}`)}{kind === 'WEBHOOK' && attempt > 0 && <> · {t('attempts', { count: attempt })}</>}
      {more != null && <Text size="xs" c="dimmed" lineClamp={1} maw={260} title={more}>{more}</Text>}
    </>
  )
}
