import { createTable, type Table } from '@tanstack/react-table'
import { csvOf } from '../../lib/csv.js'
import { saveFile } from '../../lib/save.js'
import type { MorePages } from './use-pages.js'

/**
 * All rows that the filters leave, in the order shown; those that have not come are read first. Of the columns that can be
 * put in words those that are shown, and all that are read back, shown or not. Resolves to how many rows are in the file
 * where there are more than that.
 */
export async function downloadCsv<T>(table: Table<T>, name: string, more: MorePages<T> | undefined): Promise<number | null> {
  const { rows, cut } = more?.left === true ? await more.readAll() : { rows: table.options.data, cut: false }
  const columns = table.getAllLeafColumns().flatMap((column) => {
    const { csv, title, csvName } = column.columnDef.meta ?? {}
    if (csv === undefined || title === undefined) return []
    return column.getIsVisible() || csvName !== undefined ? [{ csv, title: csvName ?? title }] : []
  })
  const sorted = createTable<T>({ ...table.options, data: rows }).getSortedRowModel().rows
  const lines = sorted.map(({ original }) => columns.map(({ csv }) => csv(original)))
  saveFile(`${name}.csv`, csvOf(columns.map(({ title }) => title), lines), 'text/csv')
  return cut ? rows.length : null
}
