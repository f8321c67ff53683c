import { Code, Table, Text } from '@mantine/core'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { Side } from '../lib/three-way.js'
import type { DiffRow } from './diff-row.js'
import classes from './diff.module.css'

interface Choice {
  /** By path; a row that is not in it is still to be chosen. */
  readonly chosen: ReadonlyMap<string, Side>
  readonly onChoose: (path: string, side: Side) => void
}

interface DiffProps {
  readonly label: string
  readonly rows: readonly DiffRow[]
  /** Other headings of the two columns than before and after. */
  readonly headings?: { readonly before: string; readonly after: string }
  /** Where it is to be said of each field whose is to hold. */
  readonly choice?: Choice
}

/** What changes, field by field; with a third column where two editors have met. */
export function Diff({ label, rows, headings, choice }: DiffProps) {
  const { t } = useTranslation()
  const group = useId()
  const met = choice !== undefined || rows.some(({ theirs }) => theirs !== undefined)
  return (
    <div className={classes.scroll} role="region" aria-label={label} tabIndex={0}>
      <Table aria-label={label} className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('diff.field')}</Table.Th><Table.Th>{headings?.before ?? t('diff.before')}</Table.Th>
            {met && <Table.Th>{t('diff.theirs')}</Table.Th>}
            <Table.Th>{headings?.after ?? (met ? t('diff.mine') : t('diff.after'))}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.path} className={choice === undefined || choice.chosen.has(row.path) ? undefined : classes.open}>
              <Table.Td>{row.name ?? <Code>{row.path}</Code>}</Table.Td>
              <Table.Td className={classes.before}><Value value={row.before} /></Table.Td>
              {met && <Table.Td className={row.theirs === undefined ? undefined : classes.theirs}><Chosen row={row} side="theirs" choice={choice} group={group} /></Table.Td>}
              <Table.Td className={classes.after}><Chosen row={row} side="mine" choice={choice} group={group} /></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}

function Chosen({ row, side, choice, group }: { row: DiffRow; side: Side; choice: Choice | undefined; group: string }) {
  const { t } = useTranslation()
  const value = side === 'mine' ? row.after : row.theirs
  if (choice === undefined) return value === undefined && side === 'theirs' ? <Text span c="dimmed" inherit>{t('diff.same')}</Text> : <Value value={value} />
  const field = row.name ?? row.path
  return (
    <label className={classes.side}>
      <input
        type="radio" name={`${group}-${row.path}`} checked={choice.chosen.get(row.path) === side} onChange={() => { choice.onChoose(row.path, side) }}
        aria-label={t(side === 'mine' ? 'diff.takeMine' : 'diff.takeTheirs', { field })}
      />
      <Value value={value} />
    </label>
  )
}

function Value({ value }: { value: string | null | undefined }) {
  const { t } = useTranslation()
  return value == null ? <Text span c="dimmed" inherit>{t('diff.none')}</Text> : <span className={classes.value}>{value}</span>
}
