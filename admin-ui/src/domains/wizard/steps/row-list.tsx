import { ActionIcon, Button, Text, Tooltip } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from '../wizard.module.css'

interface RowListProps<T> {
  readonly rows: readonly T[]
  readonly onChange: (rows: readonly T[]) => void
  /** What a new row begins as. */
  readonly fresh: () => T
  readonly add: string
  readonly remove: (number: number) => string
  readonly max: number
  readonly error?: string | undefined
  readonly disabled?: boolean
  readonly row: (row: T, change: (patch: Partial<T>) => void, index: number) => ReactNode
}

/** Rows of a few fields each, to which one adds and from which one takes. */
export function RowList<T>({ rows, onChange, fresh, add, remove, max, error, disabled = false, row }: RowListProps<T>) {
  const changeAt = (index: number, patch: Partial<T>) => {
    onChange(rows.map((other, n) => (n === index ? { ...other, ...patch } : other)))
  }
  return (
    <div className={classes.list}>
      {rows.map((each, index) => (
        // Rows have no name of their own, and all of their state is in `rows`.
        <div key={index} className={classes.withRemove}>
          <div className={classes.row}>{row(each, (patch) => { changeAt(index, patch) }, index)}</div>
          <Tooltip label={remove(index + 1)}>
            <ActionIcon
              className={classes.remove} variant="subtle" color="gray" size="lg" disabled={disabled} aria-label={remove(index + 1)}
              onClick={() => { onChange(rows.filter((_, n) => n !== index)) }}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Tooltip>
        </div>
      ))}
      {error !== undefined && <Text size="sm" c="var(--db-bad)" role="alert">{error}</Text>}
      <div>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} disabled={disabled || rows.length >= max} onClick={() => { onChange([...rows, fresh()]) }}>{add}</Button>
      </div>
    </div>
  )
}
