import { Button, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ColumnDef } from '@tanstack/react-table'
import { useTranslation } from 'react-i18next'
import type { CampaignBooksQuery, CampaignRowFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { Status } from '../../ui/badge.js'
import { DateTime } from '../../ui/date-time.js'
import { useErrorText } from '../../ui/error-text.js'
import linkClasses from '../../ui/row-link.module.css'
import { CampaignState } from '../campaigns/status.js'

export interface BookRow {
  readonly campaign: CampaignRowFragment
  /** Undefined until it was audited here. */
  readonly books: CampaignBooksQuery['booksAudit'] | undefined
  readonly isRunning: boolean
  readonly error: Error | null
}

const RANK = { unbalanced: 0, failed: 1, unknown: 2, balanced: 3 } as const
const standingOf = ({ books, error }: BookRow): keyof typeof RANK => (error !== null ? 'failed' : books === undefined ? 'unknown' : books.balanced ? 'balanced' : 'unbalanced')

export function useColumns(onAudit: (id: string) => void): Array<ColumnDef<BookRow, unknown>> {
  const { t, i18n } = useTranslation('reconciliation')
  const number = (value: number | undefined) => (value === undefined ? '–' : count(value, i18n.language))
  return [
    {
      id: 'name', accessorFn: ({ campaign }) => campaign.name, enableHiding: false, meta: { title: t('column.name'), csv: ({ campaign }) => campaign.name },
      cell: ({ row: { original: { campaign: { id, name } } } }) => <Link to="/campaigns/$id/books" params={{ id }} className={linkClasses.link} data-row>{name}</Link>,
    },
    { id: 'status', accessorFn: ({ campaign }) => campaign.status, meta: { title: t('column.status'), csv: ({ campaign }) => campaign.status }, cell: ({ row }) => <CampaignState status={row.original.campaign.status} /> },
    {
      id: 'books', accessorFn: (row) => RANK[standingOf(row)],
      meta: { title: t('column.books'), csv: (row) => [standingOf(row), ...(row.books?.violations ?? []).map(({ invariant, detail }) => `${invariant}: ${detail}`)].join('; ') },
      cell: ({ row: { original } }) => <Books row={original} />,
    },
    { id: 'draws', accessorFn: ({ books }) => books?.draws ?? -1, meta: { title: t('column.draws'), numeric: true, csv: ({ books }) => String(books?.draws ?? '') }, cell: ({ row }) => number(row.original.books?.draws) },
    { id: 'unsettled', accessorFn: ({ books }) => books?.unsettled ?? -1, meta: { title: t('column.unsettled'), numeric: true, csv: ({ books }) => String(books?.unsettled ?? '') }, cell: ({ row }) => number(row.original.books?.unsettled) },
    {
      id: 'checkedAt', enableSorting: false, meta: { title: t('column.checkedAt'), csv: ({ books }) => books?.checkedAt ?? '' },
      cell: ({ row: { original: { books } } }) => (books === undefined ? '–' : <DateTime value={books.checkedAt} />),
    },
    {
      id: 'actions', enableSorting: false, enableHiding: false, meta: { numeric: true },
      cell: ({ row: { original: { campaign, isRunning } } }) => (
        <Button
          variant="default" size="compact-sm" loading={isRunning} onClick={() => { onAudit(campaign.id) }} aria-label={t('auditOf', { campaign: campaign.name })}
          style={{ position: 'relative', zIndex: 1 }}
        >
          {t('audit')}
        </Button>
      ),
    },
  ]
}

function Books({ row }: { row: BookRow }) {
  const { t } = useTranslation('reconciliation')
  const text = useErrorText()
  const standing = standingOf(row)
  switch (standing) {
    case 'unknown': return <Text span c="dimmed" inherit>{t('standing.unknown')}</Text>
    case 'failed': return <><Status tone="warn">{t('standing.failed')}</Status><Text size="xs" c="dimmed">{text(row.error).detail}</Text></>
    case 'balanced': return <Status tone="good">{t('standing.balanced')}</Status>
    case 'unbalanced': return (
      <>
        <Status tone="bad">{t('standing.unbalanced', { count: row.books?.violations.length ?? 0 })}</Status>
        <Text size="xs" c="dimmed" lineClamp={2}>{[...new Set(row.books?.violations.map(({ invariant }) => invariant))].join(', ')}</Text>
      </>
    )
  }
}
