import { Group, Pagination, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './data-table.module.css'

interface TableFooterProps {
  readonly page: number
  readonly pageSize: number
  readonly total: number
  readonly onPage: (page: number | undefined) => void
  readonly note?: ReactNode
}

export function TableFooter({ page, pageSize, total, onPage, note }: TableFooterProps) {
  const { t } = useTranslation()
  const pages = Math.ceil(total / pageSize)
  const from = Math.min(total, (page - 1) * pageSize + 1)
  return (
    <div className={classes.footer}>
      <Text size="xs" c="dimmed" className="num">
        {t('table.range', { from, to: Math.min(total, page * pageSize), count: total })}{note !== undefined && <> · {note}</>}
      </Text>
      {pages > 1 && (
        <Group gap={4} component="nav" aria-label={t('table.pages')}>
          <Pagination
            size="sm" total={pages} value={Math.min(page, pages)} onChange={(next) => { onPage(next === 1 ? undefined : next) }}
            getControlProps={(control) => ({ 'aria-label': t(`table.${control === 'previous' ? 'previous' : 'next'}`) })}
          />
        </Group>
      )}
    </div>
  )
}
