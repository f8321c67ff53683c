import { Table } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { CodeImportState, CodeImportStateFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { Status, Tag, type Tone } from '../../ui/badge.js'
import { DateTime } from '../../ui/date-time.js'
import classes from './pools.module.css'
import { importsQuery } from './queries.js'

const TONE: Readonly<Record<CodeImportState, Tone>> = { RUNNING: 'info', DONE: 'good', REFUSED: 'bad', FAILED: 'bad' }
const LOOK_MS = 2_000
const LINES_MAX = 5

/** The first lines that are wrong. */
function linesOf(errors: CodeImportStateFragment['errors'], all: number): string {
  const first = errors.map(({ line }) => line).slice(0, LINES_MAX).join(', ')
  return all > LINES_MAX ? `${first} …` : first
}

/** The last imports of a prize, dry runs too, and how they ended. */
export function Imports({ prizeId, prize }: { prizeId: string; prize: string }) {
  const { t, i18n } = useTranslation('codes')
  const { data = [] } = useQuery({
    ...importsQuery(prizeId), refetchInterval: ({ state }) => (state.data?.some((each) => each.state === 'RUNNING') === true ? LOOK_MS : false),
  })
  if (data.length === 0) return null
  const number = (value: number) => count(value, i18n.language)
  return (
    <details className={classes.imports}>
      <summary>{t('imports.title', { count: data.length })}</summary>
      <div className={classes.scroll} role="region" aria-label={t('imports.of', { prize })} tabIndex={0}>
        <Table aria-label={t('imports.of', { prize })} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('imports.at')}</Table.Th><Table.Th>{t('imports.state')}</Table.Th><Table.Th ta="end">{t('imports.rows')}</Table.Th>
              <Table.Th ta="end">{t('imports.imported')}</Table.Th><Table.Th>{t('imports.wrong')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.map(({ id, createdAt, state, dryRun, rows, imported, errorCount, errors, message }) => (
              <Table.Tr key={id}>
                <Table.Td><DateTime value={createdAt} /></Table.Td>
                <Table.Td><Status tone={TONE[state]}>{t(`imports.states.${state}`)}</Status> {dryRun && <Tag>{t('imports.dryRun')}</Tag>}</Table.Td>
                <Table.Td ta="end" className="num">{number(rows)}</Table.Td>
                <Table.Td ta="end" className="num">{number(imported)}</Table.Td>
                <Table.Td>
                  {errorCount > 0
                    ? t('imports.lines', { count: errorCount, lines: linesOf(errors, errorCount) })
                    : state === 'FAILED' ? message : null}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </details>
  )
}
