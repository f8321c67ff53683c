import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'

interface ConfirmByNameProps {
  readonly opened: boolean
  readonly onClose: () => void
  readonly title: string
  /** What it will do. */
  readonly children: ReactNode
  /** What has to be typed. */
  readonly name: string
  readonly action: string
  readonly danger?: boolean
  readonly busy: boolean
  readonly error?: string | undefined
  readonly onConfirm: () => void
}

/** Asks for the name of what a change is about: a slip of the hand does not type it. */
export function ConfirmByName(props: ConfirmByNameProps) {
  const { t } = useTranslation()
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={<Text fw={600} span>{props.title}</Text>} closeButtonProps={{ 'aria-label': t('actions.close') }}>
      <Question {...props} />
    </Modal>
  )
}

/** Of its own, so that it begins anew each time that the window opens. */
function Question({ onClose, children, name, action, danger = false, busy, error, onConfirm }: ConfirmByNameProps) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  // A name may begin or end with a blank, which nobody can see.
  const fits = typed.trim() === name.trim()
  return (
    <form onSubmit={(event) => {
      event.preventDefault()
      if (fits) onConfirm()
    }}>
      <Stack gap="md">
        <Text component="div" size="sm" c="dimmed">{children}</Text>
        <TextInput
          data-autofocus autoComplete="off" value={typed} onChange={(event) => { setTyped(event.currentTarget.value) }}
          label={<>{t('confirm.type')} <b>{name}</b></>}
        />
        {error !== undefined && <Alert color="red" variant="light">{error}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>{t('actions.cancel')}</Button>
          <Button type="submit" color={danger ? 'red.8' : undefined} disabled={!fits} loading={busy}>{action}</Button>
        </Group>
      </Stack>
    </form>
  )
}
