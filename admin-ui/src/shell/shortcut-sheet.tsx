import { Group, Kbd, Modal, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { NAVIGATION } from '../app/navigation.js'
import { SCREEN_NAMES } from '../i18n/screen-names.js'
import { commandKey } from './platform.js'

export function ShortcutSheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation(SCREEN_NAMES)
  const shortcuts: Array<readonly [string[], string]> = [
    [[commandKey, 'K'], t('shortcuts.palette')],
    [['?'], t('shortcuts.title')],
    [['/'], t('shortcuts.search')],
    [['↑', '↓'], t('shortcuts.rows')],
    [['J', 'K'], t('shortcuts.rowsByLetter')],
    [['X'], t('shortcuts.select')],
    ...NAVIGATION.flatMap(({ items }) => items.map(({ name, key }) => [['G', key.toUpperCase()], t('shortcuts.go', { screen: t(`${name}:nav`) })] as const)),
    [['Esc'], t('actions.close')],
  ].map(([keys, text]) => [keys as string[], text as string])
  return (
    <Modal opened={opened} onClose={onClose} title={<Text fw={600} span>{t('shortcuts.title')}</Text>} closeButtonProps={{ 'aria-label': t('actions.close') }}>
      <Stack gap={10}>
        {shortcuts.map(([keys, text]) => (
          <Group key={text} justify="space-between">
            <Text size="sm">{text}</Text>
            <Group gap={4}>{keys.map((key) => <Kbd key={key}>{key}</Kbd>)}</Group>
          </Group>
        ))}
      </Stack>
    </Modal>
  )
}
