import { Table, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Status } from '../../../ui/badge.js'
import { useErrorText } from '../../../ui/error-text.js'
import { Section } from '../../../ui/page.js'
import { TextLink } from '../../../ui/text-link.js'
import type { Batch, Sent } from './send.js'
import classes from './import.module.css'

/** What the server has said of each batch. */
export function Outcome({ batches }: { batches: readonly Batch[] }) {
  const { t } = useTranslation('risk')
  return (
    <Section title={t('import.outcome')} flush>
      <div className={classes.scroll} role="region" aria-label={t('import.outcome')} tabIndex={0}>
        <Table aria-label={t('import.outcome')} className={classes.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('import.lines')}</Table.Th><Table.Th>{t('import.state')}</Table.Th><Table.Th>{t('import.result')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {batches.map(({ first, last, sent }) => (
              <Table.Tr key={first}>
                <Table.Td className="num">{first}–{last}</Table.Td>
                <Table.Td><Status tone={TONES[sent.kind]}>{t(`import.sent.${sent.kind}`)}</Status></Table.Td>
                <Table.Td><Result sent={sent} /></Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Section>
  )
}

const TONES = { done: 'good', waits: 'warn', failed: 'bad', unsent: 'idle' } as const

function Result({ sent }: { sent: Sent }) {
  const { t } = useTranslation(['risk', 'common'])
  const text = useErrorText()
  switch (sent.kind) {
    case 'done': return t('risk:added', { count: sent.added, existing: sent.existing })
    case 'waits': return <TextLink to="/approvals/$id" params={{ id: sent.changeRequestId }}>{t('common:actions.openApproval')}</TextLink>
    case 'failed': return <>{sent.line !== null && `${t('risk:import.atLine', { line: sent.line })} `}{text(sent.error).detail}</>
    case 'unsent': return <Text span inherit c="dimmed">{t('risk:import.unsentText')}</Text>
  }
}
