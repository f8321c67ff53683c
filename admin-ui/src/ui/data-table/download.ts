import type { Table } from '@tanstack/react-table'
import { csvOf } from '../../lib/csv.js'

/** Of the rows that the filters leave, in the order shown, the columns that can be put in words. */
export function downloadCsv<T>(table: Table<T>, name: string): void {
  const columns = table.getVisibleLeafColumns().flatMap((column) => {
    const { csv, title, csvName } = column.columnDef.meta ?? {}
    return csv === undefined || title === undefined ? [] : [{ csv, title: csvName ?? title }]
  })
  const rows = table.getSortedRowModel().rows.map(({ original }) => columns.map(({ csv }) => csv(original)))
  const url = URL.createObjectURL(new Blob([csvOf(columns.map(({ title }) => title), rows)], { type: 'text/csv;charset=utf-8' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: `${name}.csv` })
  link.click()
  URL.revokeObjectURL(url)
}
