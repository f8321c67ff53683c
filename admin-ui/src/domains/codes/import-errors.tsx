import { Alert, ScrollArea, Table, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CodeImportStateFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'

const HEIGHT_MAX = 260

/** What kept a file from being imported, by line; the header is line 1. */
export function ImportErrors({ ended: { state, errors, errorCount, message } }: { ended: CodeImportStateFragment }) {
  const { t, i18n } = useTranslation('codes')
  return (
    <Alert color="red" variant="light" title={t(state === 'REFUSED' ? 'import.refused' : 'import.failed')} role="alert">
      <Text size="sm">{errorCount > 0 ? t('import.wrongRows', { count: errorCount, rows: count(errorCount, i18n.language) }) : message}</Text>
      {errors.length > 0 && (
        <ScrollArea.Autosize mah={HEIGHT_MAX} mt="xs" viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t('import.errors') }}>
          <Table verticalSpacing={4} aria-label={t('import.errors')}>
            <Table.Thead><Table.Tr><Table.Th>{t('import.line')}</Table.Th><Table.Th>{t('import.problem')}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {errors.map(({ line, message: problem }) => <Table.Tr key={`${line} ${problem}`}><Table.Td className="num">{line}</Table.Td><Table.Td>{problem}</Table.Td></Table.Tr>)}
            </Table.Tbody>
          </Table>
        </ScrollArea.Autosize>
      )}
      {errorCount > errors.length && <Text size="xs" mt="xs">{t('import.firstOnly', { count: errors.length })}</Text>}
    </Alert>
  )
}
