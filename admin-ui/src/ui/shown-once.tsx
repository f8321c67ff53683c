import { Alert, Button, Code, CopyButton, Group, Stack } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconCopy } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface ShownOnceProps {
  readonly value: string
  /** Why it must be taken along now. */
  readonly warning: ReactNode
  /** Below it. */
  readonly note?: ReactNode
  readonly done: string
  readonly onDone: () => void
}

/** A secret that the server keeps as a hash. The window around it closes by its button alone (`onceWindow`): a slip would lose it. */
export function ShownOnce({ value, warning, note, done, onDone }: ShownOnceProps) {
  const { t } = useTranslation()
  return (
    <Stack gap="md">
      <Alert variant="light" color="yellow" icon={<IconAlertTriangle size={18} />} p="sm">{warning}</Alert>
      <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{value}</Code>
      {note}
      <Group justify="flex-end" gap="xs">
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy} leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}>
              {copied ? t('actions.copied') : t('actions.copy')}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onDone}>{done}</Button>
      </Group>
    </Stack>
  )
}

/** Of a Modal that shows a secret, while it does. */
export const onceWindow = (isShowing: boolean) =>
  ({ closeOnClickOutside: !isShowing, closeOnEscape: !isShowing, withCloseButton: !isShowing }) as const
