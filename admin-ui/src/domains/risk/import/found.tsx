import { Alert, Code, Table, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { count } from '../../../lib/format.js'
import { Figure, Figures, Section } from '../../../ui/page.js'
import type { DryRun, RowProblem } from './dry-run.js'
import classes from './import.module.css'

const SHOWN_MAX = 100

/** What the dry run has found: nothing of it has been sent. */
export function Found({ found: { rows, entries, problems, missing, brokenAt } }: { found: DryRun }) {
  const { t, i18n } = useTranslation('risk')
  const number = (value: number) => count(value, i18n.language)
  if (brokenAt !== null) return <Wrong>{t('import.broken', { line: brokenAt })}</Wrong>
  if (missing.length > 0) return <Wrong>{t('import.missing')} <Code>{missing.join(', ')}</Code></Wrong>
  return (
    <>
      <Figures>
        <Figure name={t('import.rows')} value={number(rows)} hint={t('import.dryRun')} />
        <Figure name={t('import.good')} value={number(entries.length)} hint={t('import.goodHint')} />
        <Figure name={t('import.wrong')} value={number(problems.length)} hint={problems.length === 0 ? t('import.noneWrong') : t('import.wrongHint')} />
      </Figures>
      {problems.length > 0 && (
        <Section title={t('import.wrongRows')} flush aside={problems.length > SHOWN_MAX && <Text size="sm" c="dimmed">{t('import.first', { count: SHOWN_MAX })}</Text>}>
          <div className={classes.scroll} role="region" aria-label={t('import.wrongRows')} tabIndex={0}>
            <Table aria-label={t('import.wrongRows')} className={classes.table}>
              <Table.Thead><Table.Tr><Table.Th>{t('import.line')}</Table.Th><Table.Th>{t('import.column')}</Table.Th><Table.Th>{t('import.why')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>{problems.slice(0, SHOWN_MAX).map((problem) => <WrongRow key={problem.line} problem={problem} />)}</Table.Tbody>
            </Table>
          </div>
        </Section>
      )}
    </>
  )
}

const WrongRow = ({ problem: { line, column, kind, given } }: { problem: RowProblem }) => {
  const { t } = useTranslation('risk')
  return (
    <Table.Tr>
      <Table.Td className="num">{line}</Table.Td>
      <Table.Td><Code>{column}</Code></Table.Td>
      <Table.Td>{t(`import.problem.${kind}`, { given })}</Table.Td>
    </Table.Tr>
  )
}

const Wrong = ({ children }: { children: React.ReactNode }) => <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} role="alert">{children}</Alert>
