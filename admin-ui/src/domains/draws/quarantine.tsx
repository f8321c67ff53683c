import { Alert, Table, Text } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { QuarantinedDrawsDocument } from '../../generated/graphql.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { DateTime } from '../../ui/date-time.js'
import { LoadingRows } from '../../ui/loading.js'
import { Section } from '../../ui/page.js'
import { ErrorState } from '../../ui/states.js'
import classes from './draws.module.css'
import { DRAWS_KEY } from './states.js'

/** What a former Redis master decided after another had taken its place, and what is to be done about it. */
export function Quarantine({ campaignId }: { campaignId: string }) {
  const { t } = useTranslation('draws')
  const { rows, error, retry, note } = usePages([...DRAWS_KEY, 'quarantine', campaignId], async (page, signal) =>
    (await run(QuarantinedDrawsDocument, { campaignId, ...page }, signal)).quarantinedDraws)
  return (
    <Section title={t('quarantine.title')} aside={note} flush={rows !== undefined && rows.length > 0}>
      {rows === undefined && (error === null ? <LoadingRows rows={1} /> : <ErrorState error={error} retry={retry} />)}
      {rows?.length === 0 && <Text size="sm" c="dimmed">{t('quarantine.empty')}</Text>}
      {rows !== undefined && rows.length > 0 && (
        <>
          <Alert variant="light" color="yellow" radius={0} icon={<IconInfoCircle size={18} />}>{t('quarantine.text')}</Alert>
          <div className={classes.scroll} role="region" aria-label={t('quarantine.title')} tabIndex={0}>
            <Table className={classes.rows}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('column.participant')}</Table.Th><Table.Th>{t('column.key')}</Table.Th><Table.Th ta="end">{t('quarantine.draws')}</Table.Th>
                  <Table.Th ta="end">{t('quarantine.wins')}</Table.Th><Table.Th>{t('quarantine.decidedAt')}</Table.Th><Table.Th>{t('quarantine.foundAt')}</Table.Th><Table.Th>{t('quarantine.do')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map(({ id, userId, idempotencyKey, draws, wins, decidedAt, foundAt }) => (
                  <Table.Tr key={id}>
                    <Table.Td fw={550}>{userId}</Table.Td><Table.Td>{idempotencyKey}</Table.Td>
                    <Table.Td ta="end">{draws}</Table.Td><Table.Td ta="end">{wins}</Table.Td>
                    <Table.Td><DateTime value={decidedAt} /></Table.Td><Table.Td><DateTime value={foundAt} /></Table.Td><Table.Td>{t(wins > 0 ? 'quarantine.honour' : 'quarantine.nothing')}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        </>
      )}
    </Section>
  )
}
