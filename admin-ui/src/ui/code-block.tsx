import { ActionIcon, Code, CopyButton, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import classes from './code-block.module.css'

/** Text in fixed width to be taken along. `label`: what it is. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  const { t } = useTranslation()
  return (
    <div className={classes.frame}>
      <Code block className={classes.code} role="region" aria-label={label} tabIndex={0}>{code}</Code>
      <CopyButton value={code} timeout={1_500}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t('actions.copied') : t('actions.copy')}>
            <ActionIcon className={classes.copy} variant="default" aria-label={`${t('actions.copy')}: ${label}`} onClick={copy}>
              {copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
  )
}
