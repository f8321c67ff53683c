import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'

interface UnsavedGuardProps {
  readonly dirty: boolean
  /** Addresses below this one are still the same screen: what is typed goes along. */
  readonly within?: string
}

/** While `dirty`, leaving the screen asks first; so does closing the page, in the browser's own words. */
export function UnsavedGuard({ dirty, within }: UnsavedGuardProps) {
  const { t } = useTranslation()
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ next }) => dirty && !(within !== undefined && next.pathname.startsWith(within)),
    enableBeforeUnload: dirty,
    withResolver: true,
  })
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
