import { Button, Checkbox, Group, Text } from '@mantine/core'
import { type ChangeEvent, type KeyboardEvent, type ReactNode, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './data-table.module.css'

export interface Selection<T> {
  readonly ids: ReadonlySet<string>
  /** In the order of the list; what the filters took away is not selected any more. */
  readonly rows: readonly T[]
  readonly set: (ids: ReadonlySet<string>) => void
}

/** Which rows of a table are selected. `rowId`: the table's. */
export function useSelection<T>(all: readonly T[] | undefined, rowId: (row: T) => string): Selection<T> {
  const [ids, set] = useState<ReadonlySet<string>>(() => new Set())
  const rows = (all ?? []).filter((row) => ids.has(rowId(row)))
  return { ids: new Set(rows.map(rowId)), rows, set }
}

/** Selecting with a mouse (shift: all between) and with `x` on the row in focus; `shown`: the ids of the page's rows. */
export function useRowSelection<T>(selection: Selection<T> | undefined, shown: readonly string[]) {
  const last = useRef<string | null>(null)
  if (selection === undefined) return null
  const { ids, set } = selection
  const toggle = (id: string, range: boolean) => {
    const next = new Set(ids)
    const [from, to] = [shown.indexOf(last.current ?? ''), shown.indexOf(id)].sort((a, b) => a - b) as [number, number]
    const picked = range && from >= 0 ? shown.slice(from, to + 1) : [id]
    for (const each of picked) {
      if (ids.has(id)) next.delete(each)
      else next.add(each)
    }
    last.current = id
    set(next)
  }
  const chosen = shown.filter((id) => ids.has(id)).length
  return {
    isSelected: (id: string) => ids.has(id),
    onChange: (id: string) => (event: ChangeEvent<HTMLInputElement>) => { toggle(id, (event.nativeEvent as MouseEvent).shiftKey === true) },
    all: chosen > 0 && chosen === shown.length,
    some: chosen > 0 && chosen < shown.length,
    onAll: () => { set(chosen === shown.length ? new Set([...ids].filter((id) => !shown.includes(id))) : new Set([...ids, ...shown])) },
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => {
      const id = (event.target as HTMLElement).closest<HTMLElement>('tr[data-id]')?.dataset.id
      if (event.key !== 'x' || event.metaKey || event.ctrlKey || event.altKey || id === undefined) return
      event.preventDefault()
      toggle(id, false)
    },
  }
}

interface SelectBoxProps {
  readonly label: string
  readonly checked: boolean
  readonly indeterminate?: boolean
  readonly onChange: (event: ChangeEvent<HTMLInputElement>) => void
}

export const SelectBox = (props: SelectBoxProps) => (
  <Checkbox
    size="xs" className={classes.select} aria-label={props.label} checked={props.checked} indeterminate={props.indeterminate ?? false}
    onChange={props.onChange}
  />
)

/** How many are selected, and what can be done with them. */
export function SelectionBar<T>({ selection: { rows, set }, actions }: { selection: Selection<T>; actions: ReactNode }) {
  const { t } = useTranslation()
  // Its actions stay while a window of theirs is open, whatever becomes of the rows.
  return (
    <div className={classes.selection} role="status" hidden={rows.length === 0}>
      <Text size="sm" fw={550} className="num">{t('table.selected', { count: rows.length })}</Text>
      <Group gap="xs">
        {actions}
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => { set(new Set()) }}>{t('table.unselect')}</Button>
      </Group>
    </div>
  )
}
