import { Button, Group, ScrollArea, Stack, Table, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { AwardRowFragment, DeskResultFragment } from '../../generated/graphql.js'
import { Status } from '../../ui/badge.js'
import { isPassing, TONES } from './awards.js'

const HEIGHT_MAX = 360

interface BulkResultsProps {
  readonly results: readonly DeskResultFragment[]
  readonly awards: readonly AwardRowFragment[]
  readonly onClose: () => void
  readonly onAgain: (ids: readonly string[]) => void
}

/** What became of each award, those that were refused first; some of them can be asked for again in a moment. */
export function BulkResults({ results, awards, onClose, onAgain }: BulkResultsProps) {
  const { t } = useTranslation(['awards', 'common'])
  const refused = results.filter(({ refusal }) => refusal != null)
  const passing = refused.filter(isPassing)
  const nameOf = new Map(awards.map(({ id, userId, prize }) => [id, `${userId} · ${prize.name}`]))
  const sorted = [...refused, ...results.filter(({ refusal }) => refusal == null)]
  return (
    <Stack gap="md">
      <Group gap="sm" role="status">
        <Status tone={refused.length === results.length ? 'bad' : 'good'}>{t('awards:result.done', { count: results.length - refused.length, all: results.length })}</Status>
        {refused.length > 0 && <Status tone="warn">{t('awards:result.refused', { count: refused.length })}</Status>}
      </Group>
      <ScrollArea.Autosize mah={HEIGHT_MAX} viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t('awards:result.title') }}>
        <Table aria-label={t('awards:result.title')} verticalSpacing={6}>
          <Table.Thead><Table.Tr><Table.Th>{t('awards:result.award')}</Table.Th><Table.Th>{t('awards:column.status')}</Table.Th><Table.Th>{t('awards:result.became')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {sorted.map(({ id, refusal, award }) => (
              <Table.Tr key={id}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{nameOf.get(id) ?? id}</Table.Td>
                <Table.Td>{award != null && <Status tone={TONES[award.status]}>{t(`awards:status.${award.status}`)}</Status>}</Table.Td>
                <Table.Td>{refusal == null ? t('awards:result.made') : <Text span inherit c="var(--db-warn)">{t(`awards:refusal.${refusal}`)}</Text>}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
      <Group justify="flex-end" gap="xs">
        {passing.length > 0 && <Button variant="default" onClick={() => { onAgain(passing.map(({ id }) => id)) }}>{t('awards:result.again', { count: passing.length })}</Button>}
        <Button data-autofocus onClick={onClose}>{t('common:actions.close')}</Button>
      </Group>
    </Stack>
  )
}
