import { Alert, Button, Group, Stack, Table, Text } from '@mantine/core'
import { IconArrowsSplit2 } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Moved } from '../lib/merge.js'

interface ConflictProps {
  readonly moved: readonly Moved[]
  readonly nameOf: (field: string) => string
  readonly show: (field: string, value: Moved['mine']) => ReactNode
  /** My changes on top of theirs, to be looked at and saved once more. */
  readonly onMine: () => void
  readonly onTheirs: () => void
}

/** Somebody else has saved meanwhile: what he made of it beside what was typed here. Nothing was overwritten. */
export function Conflict({ moved, nameOf, show, onMine, onTheirs }: ConflictProps) {
  const { t } = useTranslation()
  return (
    <Alert variant="light" color="yellow" icon={<IconArrowsSplit2 size={18} />} title={t('conflict.title')} role="alert">
      <Stack gap="md">
        <Text size="sm">{t('conflict.text')}</Text>
        <Table.ScrollContainer minWidth={460}>
          <Table aria-label={t('conflict.title')} verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('conflict.field')}</Table.Th><Table.Th>{t('conflict.base')}</Table.Th>
                <Table.Th>{t('conflict.theirs')}</Table.Th><Table.Th>{t('conflict.mine')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {moved.map(({ field, base, mine, theirs }) => (
                <Table.Tr key={field}>
                  <Table.Th scope="row">{nameOf(field)}</Table.Th>
                  <Table.Td>{show(field, base)}</Table.Td><Table.Td>{show(field, theirs)}</Table.Td><Table.Td>{show(field, mine)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        <Group gap="xs">
          <Button onClick={onMine}>{t('conflict.keepMine')}</Button>
          <Button variant="default" onClick={onTheirs}>{t('conflict.takeTheirs')}</Button>
        </Group>
      </Stack>
    </Alert>
  )
}
