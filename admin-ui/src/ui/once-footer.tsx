import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Refusal } from './refusal.js'
import type { Once } from './use-once.js'

interface OnceFooterProps {
  readonly change: Pick<Once<never, unknown>, 'isPending' | 'unknown' | 'problem'>
  readonly action: string
  readonly onClose: () => void
  readonly danger?: boolean
}

/** Below the fields of a form that is sent once: what has become of it so far, and its buttons. */
export function OnceFooter({ change, action, onClose, danger = false }: OnceFooterProps) {
  const { isPending, unknown, problem } = change
  const { t } = useTranslation()
  return (
    <Stack gap="md">
      {unknown && !isPending && <Alert color="yellow" variant="light" title={t('once.unknown')} role="alert">{t('once.unknownText')}</Alert>}
      {!unknown && !isPending && <Refusal error={problem} />}
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed" role="status">{isPending && t('once.waiting')}</Text>
        <Group gap="xs">
          <Button variant="default" disabled={isPending} onClick={onClose}>{t('actions.cancel')}</Button>
          <Button type="submit" color={danger ? 'red.8' : undefined} loading={isPending}>{unknown ? t('once.again') : action}</Button>
        </Group>
      </Group>
    </Stack>
  )
}
