import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'

interface UnsavedGuardProps {
  readonly dirty: boolean
  /** Addresses below this one are still the same screen: what is typed goes along. */
  readonly within?: string
}

/** While `dirty`, leaving the screen asks first; so does closing the page, in the browser's own words. */
export function UnsavedGuard(props: UnsavedGuardProps) {
  const { blocked, leave, stay } = useUnsaved(props)
  return <LeaveQuestion opened={blocked} onLeave={leave} onStay={stay} />
}

/** Whether somebody is about to leave the screen while `dirty`, and what he can answer. */
export function useUnsaved({ dirty, within }: UnsavedGuardProps) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ next }) => dirty && !(within !== undefined && next.pathname.startsWith(within)),
    enableBeforeUnload: dirty,
    withResolver: true,
  })
  return { blocked: status === 'blocked', leave: () => { proceed?.() }, stay: () => { reset?.() } }
}

interface LeaveQuestionProps {
  readonly opened: boolean
  readonly onLeave: () => void
  readonly onStay: () => void
  /** Of windows that stand above one another (Modal.Stack). */
  readonly stackId?: string | undefined
}

export function LeaveQuestion({ opened, onLeave, onStay, stackId }: LeaveQuestionProps) {
  const { t } = useTranslation()
  return (
    <Modal opened={opened} onClose={onStay} stackId={stackId} title={<Text fw={600} span>{t('form.unsaved')}</Text>} withCloseButton={false}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">{t('form.unsavedText')}</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onLeave}>{t('form.discard')}</Button>
          <Button data-autofocus onClick={onStay}>{t('form.keepEditing')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
