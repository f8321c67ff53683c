import type { Table } from '@tanstack/react-table'
import { csvOf } from '../../lib/csv.js'
import { saveFile } from '../../lib/save.js'

/** Of the rows that the filters leave, in the order shown, the columns that can be put in words. */
export function downloadCsv<T>(table: Table<T>, name: string): void {
  const columns = table.getVisibleLeafColumns().flatMap((column) => {
    const { csv, title, csvName } = column.columnDef.meta ?? {}
    return csv === undefined || title === undefined ? [] : [{ csv, title: csvName ?? title }]
  })
  const rows = table.getSortedRowModel().rows.map(({ original }) => columns.map(({ csv }) => csv(original)))
  saveFile(`${name}.csv`, csvOf(columns.map(({ title }) => title), rows), 'text/csv')
}
