import { ActionIcon, Group, Menu, Tooltip } from '@mantine/core'
import { IconColumns3, IconDownload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import type { Table } from '@tanstack/react-table'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.js'
import { useToast } from '../toast.js'
import { downloadCsv } from './download.js'
import type { MorePages } from './use-pages.js'
import { ViewsMenu } from './views-menu.js'

export function TableTools<T>({ table, name, more }: { table: Table<T>; name: string; more: MorePages<T> | undefined }) {
  const { t, i18n } = useTranslation()
  const toast = useToast()
  const csv = useMutation({
    mutationFn: () => downloadCsv(table, name, more),
    onSuccess: (cutAt) => { if (cutAt !== null) toast.warned(t('table.csvCut', { rows: count(cutAt, i18n.language) })) },
    onError: toast.failed,
  })
  const hideable = table.getAllLeafColumns().filter((column) => column.getCanHide() && column.columnDef.meta?.title !== undefined)
  return (
    <Group gap={4} wrap="nowrap">
      <ViewsMenu table={name} columns={table.getState().columnVisibility} onColumns={table.setColumnVisibility} />
      <Menu position="bottom-end" closeOnItemClick={false} width={220}>
        <Tooltip label={t('table.columns')}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('table.columns')}><IconColumns3 size={17} stroke={1.7} /></ActionIcon>
          </Menu.Target>
        </Tooltip>
        <Menu.Dropdown>
          <Menu.Label>{t('table.columns')}</Menu.Label>
          {hideable.map((column) => (
            <Menu.CheckboxItem key={column.id} checked={column.getIsVisible()} onChange={() => { column.toggleVisibility() }}>
              {column.columnDef.meta?.title}
            </Menu.CheckboxItem>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Tooltip label={t('table.csv')}>
        <ActionIcon
          variant="subtle" color="gray" size="lg" aria-label={t('table.csv')} disabled={table.getRowCount() === 0} loading={csv.isPending}
          onClick={() => { csv.mutate() }}
        >
          <IconDownload size={17} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
    </Group>
  )
}
