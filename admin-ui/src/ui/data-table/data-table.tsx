import { Table } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import {
  flexRender, getCoreRowModel, getPaginationRowModel, getSortedRowModel, useReactTable, type Column, type ColumnDef, type RowData,
} from '@tanstack/react-table'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { LoadingRows } from '../loading.js'
import { ErrorState } from '../states.js'
import classes from './data-table.module.css'
import { useHiddenColumns } from './hidden-columns.js'
import { moveBetweenRows } from './keys.js'
import { SelectBox, type Selection, SelectionBar, useRowSelection } from './selection.js'
import { TableFooter } from './table-footer.js'
import { TableTools } from './table-tools.js'
import type { MorePages } from './use-pages.js'
import { useWantedRows } from './use-wanted-rows.js'
import { sortingOf, sortOf, type TableView } from './view.js'

declare module '@tanstack/react-table' {
  interface ColumnMeta<TData extends RowData, TValue> {
    title?: string
    /** The cell in words, for CSV; a column without it is not exported. */
    csv?: (row: TData) => string
    /** Of the column in CSV, where others read it back: the same in every language. */
    csvName?: string
    numeric?: boolean
    /** Until somebody wants to see it. */
    hidden?: boolean
    /** Only there to keep the type's parameters as the library declares them. */
    value?: TValue
  }
}

const PAGE_SIZE = 25

interface DataTableProps<T> {
  /** Of the table: what is kept of it in the browser, and the name of its file. */
  readonly id: string
  readonly label: string
  readonly columns: ReadonlyArray<ColumnDef<T, unknown>>
  /** All rows that the filters leave; undefined while they come. */
  readonly rows: readonly T[] | undefined
  readonly rowId: (row: T) => string
  readonly error?: unknown
  readonly retry?: () => void
  readonly view: TableView
  readonly onView: (view: TableView) => void
  /** Filters, left of the table's own tools. */
  readonly filters?: ReactNode
  readonly empty: ReactNode
  /** Rows can be selected, for `actions` on all of them; `nameOf` one, for who cannot see it. */
  readonly selecting?: { readonly selection: Selection<T>; readonly nameOf: (row: T) => string; readonly actions: ReactNode } | undefined
  /** Below the rows, beside the pages. */
  readonly note?: ReactNode
  /** Of a list that comes a page at a time (`usePages`): read for a page far down, an order, and CSV. */
  readonly more?: MorePages<T>
}

/**
 * Rows with sorting and pages in the address, columns that can be put away, CSV, and arrow keys (or j and k) from row to
 * row: give each row's link or first control `data-row`. Its filters, order and columns can be kept under a name.
 */
export function DataTable<T>(
  { id, label, columns, rows, rowId, error, retry, view, onView, filters, empty, selecting, note, more }: DataTableProps<T>,
) {
  const { t } = useTranslation()
  const usuallyHidden = columns.flatMap(({ id: column = '', meta }) => (meta?.hidden === true ? [column] : []))
  const [columnVisibility, setColumnVisibility] = useHiddenColumns(id, usuallyHidden)
  const sorting = sortingOf(view.sort)
  const asked = view.page ?? 1
  const coming = useWantedRows(more, rows?.length, view.sort === undefined ? asked * PAGE_SIZE : Infinity)
  // An old link may lead past the end of what is there now.
  const page = rows === undefined || coming ? asked : Math.min(asked, Math.max(1, Math.ceil(rows.length / PAGE_SIZE)))
  const waits = coming && rows !== undefined && rows.length <= (page - 1) * PAGE_SIZE
  const table = useReactTable<T>({
    data: rows as T[] | undefined ?? NOTHING,
    columns: columns as Array<ColumnDef<T, unknown>>,
    getRowId: rowId,
    state: { sorting, columnVisibility, pagination: { pageIndex: page - 1, pageSize: PAGE_SIZE } },
    onSortingChange: (update) => { onView({ sort: sortOf(typeof update === 'function' ? update(sorting) : update) }) },
    onColumnVisibilityChange: (update) => { setColumnVisibility(typeof update === 'function' ? update(columnVisibility) : update) },
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getPaginationRowModel: getPaginationRowModel(),
    autoResetPageIndex: false,
  })
  const shown = table.getRowModel().rows
  const picking = useRowSelection(selecting?.selection, shown.map((row) => row.id))
  return (
    <div className={classes.frame}>
      <div className={classes.bar}>
        <div className={classes.filters}>{filters}</div>
        <TableTools table={table} name={id} more={more} />
      </div>
      {selecting !== undefined && <SelectionBar selection={selecting.selection} actions={selecting.actions} />}
      {rows === undefined && error != null && <ErrorState error={error} retry={retry} />}
      {((rows === undefined && error == null) || waits) && <LoadingRows />}
      {rows?.length === 0 && empty}
      {rows !== undefined && rows.length > 0 && !waits && (
        <div className={classes.scroll} role="region" aria-label={label} tabIndex={0}>
          <Table aria-label={label} className={classes.table}>
            <Table.Thead>
              {table.getHeaderGroups().map((group) => (
                <Table.Tr key={group.id}>
                  {picking !== null && (
                    <Table.Th className={classes.pick}>
                      <SelectBox label={t('table.all')} checked={picking.all} indeterminate={picking.some} onChange={picking.onAll} />
                    </Table.Th>
                  )}
                  {group.headers.map(({ id: header, column }) => <HeaderCell key={header} column={column} />)}
                </Table.Tr>
              ))}
            </Table.Thead>
            <Table.Tbody onKeyDown={(event) => {
              moveBetweenRows(event)
              picking?.onKeyDown(event)
            }}>
              {shown.map((row) => (
                <Table.Tr key={row.id} className={classes.row} data-id={row.id} data-selected={picking?.isSelected(row.id) || undefined}>
                  {selecting !== undefined && picking !== null && (
                    <Table.Td className={classes.pick}>
                      <SelectBox
                        label={t('table.select', { name: selecting.nameOf(row.original) })} checked={picking.isSelected(row.id)}
                        onChange={picking.onChange(row.id)}
                      />
                    </Table.Td>
                  )}
                  {row.getVisibleCells().map((cell) => (
                    <Table.Td key={cell.id} className={cell.column.columnDef.meta?.numeric === true ? classes.numeric : undefined}>
                      {flexRender(cell.column.columnDef.cell, cell.getContext())}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      {rows !== undefined && rows.length > 0 && (
        <TableFooter
          page={page} pageSize={PAGE_SIZE} total={rows.length}
          note={view.sort === undefined || more?.left !== true ? note : <>{t('table.sortedPart')}{note !== undefined && <> · {note}</>}</>}
          onPage={(page) => { onView({ sort: view.sort, page }) }}
        />
      )}
    </div>
  )
}

// One list for all renders: the table compares it by identity.
const NOTHING: never[] = []

function HeaderCell<T>({ column }: { column: Column<T> }) {
  const { title = '', numeric = false } = column.columnDef.meta ?? {}
  const sorted = column.getIsSorted()
  const Arrow = sorted === 'desc' ? IconArrowDown : IconArrowUp
  return (
    <Table.Th
      className={numeric ? classes.numeric : undefined}
      aria-sort={sorted === false ? undefined : sorted === 'asc' ? 'ascending' : 'descending'}
    >
      {column.getCanSort() && title !== ''
        ? (
          <button type="button" className={classes.sort} data-sorted={sorted !== false || undefined} onClick={column.getToggleSortingHandler()}>
            {title}<Arrow size={13} aria-hidden />
          </button>
        )
        : title}
    </Table.Th>
  )
}
