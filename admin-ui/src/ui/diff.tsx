import { Code, Table, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './diff.module.css'

export interface DiffRow {
  readonly path: string
  /** In words; without it the path itself. */
  readonly name?: ReactNode
  /** Null: it is not there. */
  readonly before: string | null | undefined
  readonly after: string | null | undefined
  /** What somebody else has made of it meanwhile; undefined where nobody has. */
  readonly theirs?: string | null | undefined
}

interface DiffProps {
  readonly label: string
  readonly rows: readonly DiffRow[]
  /** Other headings of the two columns than before and after. */
  readonly headings?: { readonly before: string; readonly after: string }
}

/** What changes, field by field; with a third column where two editors have met. */
export function Diff({ label, rows, headings }: DiffProps) {
  const { t } = useTranslation()
  const met = rows.some(({ theirs }) => theirs !== undefined)
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
          {rows.map(({ path, name, before, after, theirs }) => (
            <Table.Tr key={path}>
              <Table.Td>{name ?? <Code>{path}</Code>}</Table.Td>
              <Table.Td className={classes.before}><Value value={before} /></Table.Td>
              {met && <Table.Td className={theirs === undefined ? undefined : classes.theirs}>{theirs === undefined ? <Text span c="dimmed" inherit>{t('diff.same')}</Text> : <Value value={theirs} />}</Table.Td>}
              <Table.Td className={classes.after}><Value value={after} /></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}

function Value({ value }: { value: string | null | undefined }) {
  const { t } = useTranslation()
  return value == null ? <Text span c="dimmed" inherit>{t('diff.none')}</Text> : <span className={classes.value}>{value}</span>
}
