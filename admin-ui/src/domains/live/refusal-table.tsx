import { Code, Table, Text } from '@mantine/core'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { count, percent } from '../../lib/format.js'
import { Section } from '../../ui/page.js'
import classes from './live.module.css'
import { type LivePoint, refusalsOf } from './series.js'
import { useRefusalName } from './use-refusal-name.js'

/** Why draws were refused, over the whole window. Nothing where none was. */
export function RefusalTable({ points }: { points: readonly LivePoint[] }) {
  const { t, i18n } = useTranslation('live')
  const nameOf = useRefusalName()
  const refusals = useMemo(() => refusalsOf(points), [points])
  const all = refusals.reduce((sum, refused) => sum + refused.count, 0)
  if (all === 0) return null
  return (
    <Section title={t('refusals.title')} flush>
      <Table className={classes.numbers} aria-label={t('refusals.title')}>
        <Table.Thead>
          <Table.Tr><Table.Th>{t('refusals.reason')}</Table.Th><Table.Th>{t('refusals.count')}</Table.Th><Table.Th>{t('refusals.share')}</Table.Th></Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {refusals.map((refused) => (
            <Table.Tr key={refused.code}>
              <Table.Td>{nameOf(refused.code)} <Code>{refused.code}</Code></Table.Td>
              <Table.Td>{count(refused.count, i18n.language)}</Table.Td>
              <Table.Td><Text span inherit c="dimmed">{percent(refused.count / all, i18n.language)}</Text></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  )
}
