import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'

/** While `dirty`, leaving the screen asks first; so does closing the page, in the browser's own words. */
export function UnsavedGuard({ dirty }: { dirty: boolean }) {
  const { t } = useTranslation()
  const { status, proceed, reset } = useBlocker({ shouldBlockFn: () => dirty, enableBeforeUnload: dirty, withResolver: true })
  return (
    <Modal opened={status === 'blocked'} onClose={() => { reset?.() }} title={<Text fw={600} span>{t('form.unsaved')}</Text>} withCloseButton={false}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">{t('form.unsavedText')}</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => { proceed?.() }}>{t('form.discard')}</Button>
          <Button data-autofocus onClick={() => { reset?.() }}>{t('form.keepEditing')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
