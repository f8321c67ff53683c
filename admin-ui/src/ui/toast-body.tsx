import { Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TextLink } from './text-link.js'

/** What was done, and the button that takes it back: it is pressed once, and shows that it works. */
export function Undoable({ message, onUndo }: { message: string; onUndo: () => Promise<void> }) {
  const { t } = useTranslation()
  const [busy, setBusy] = useState(false)
  return (
    <Group justify="space-between" gap="sm" wrap="nowrap">
      <Text span inherit>{message}</Text>
      <Button size="compact-sm" variant="default" loading={busy} onClick={() => {
        setBusy(true)
        void onUndo()
      }}>{t('actions.undo')}</Button>
    </Group>
  )
}

export function ApprovalNeeded({ detail, id }: { detail: string; id: string }) {
  const { t } = useTranslation()
  return (
    <Stack gap={4}>
      <span>{detail}</span>
      <TextLink size="sm" to="/approvals/$id" params={{ id }}>{t('actions.openApproval')}</TextLink>
    </Stack>
  )
}
