import { CopyButton, Tooltip, UnstyledButton } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import classes from './copyable.module.css'

/** An id or a secret in fixed width: one click, or Enter, takes it along. */
export function Copyable({ value, shown = value, what }: { value: string; shown?: string; what: string }) {
  const { t } = useTranslation()
  return (
    <CopyButton value={value} timeout={1_500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t('actions.copied') : t('actions.copy')} closeDelay={200}>
          <UnstyledButton className={classes.copyable} onClick={copy} aria-label={t('actions.copyWhat', { what, value: shown })}>
            <span>{shown}</span>
            {copied ? <IconCheck size={13} aria-hidden /> : <IconCopy size={13} aria-hidden />}
          </UnstyledButton>
        </Tooltip>
      )}
    </CopyButton>
  )
}
