import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconArrowsSplit2 } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Moved } from '../lib/merge.js'
import { Diff } from './diff.js'

interface ConflictProps {
  readonly moved: readonly Moved[]
  readonly nameOf: (field: string) => string
  readonly show: (field: string, value: Moved['mine']) => string
  /** My changes on top of theirs, to be looked at and saved once more. */
  readonly onMine: () => void
  readonly onTheirs: () => void
}

/** Somebody else has saved meanwhile: what he made of it beside what was typed here. Nothing was overwritten. */
export function Conflict({ moved, nameOf, show, onMine, onTheirs }: ConflictProps) {
  const { t } = useTranslation()
  const rows = moved.map(({ field, base, mine, theirs }) =>
    ({ path: field, name: nameOf(field), before: show(field, base), theirs: show(field, theirs), after: show(field, mine) }))
  return (
    <Alert variant="light" color="yellow" icon={<IconArrowsSplit2 size={18} />} title={t('conflict.title')} role="alert">
      <Stack gap="md">
        <Text size="sm">{t('conflict.text')}</Text>
        <Diff label={t('conflict.title')} rows={rows} />
        <Group gap="xs">
          <Button onClick={onMine}>{t('conflict.keepMine')}</Button>
          <Button variant="default" onClick={onTheirs}>{t('conflict.takeTheirs')}</Button>
        </Group>
      </Stack>
    </Alert>
  )
}
