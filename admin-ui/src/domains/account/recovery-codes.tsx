import { Alert, Button, CopyButton, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconCopy, IconDownload, IconPrinter } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { saveFile } from '../../lib/save.js'
import classes from './account.module.css'

const icon = { size: 16, 'aria-hidden': true } as const

/** On the screen once; the server keeps their hashes. */
export function RecoveryCodes({ codes, email, onDone }: { codes: readonly string[]; email: string; onDone: () => void }) {
  const { t } = useTranslation(['account', 'common'])
  const heading = t('account:recovery.heading', { email })
  const file = [heading, t('account:recovery.each'), '', ...codes, ''].join('\r\n')
  return (
    <Stack gap="md" maw={720}>
      <Alert variant="light" color="yellow" icon={<IconAlertTriangle size={18} />} p="sm" title={t('account:recovery.title')}>{t('account:recovery.once')}</Alert>
      <div className={classes.sheet}>
        <Text className={classes.only} size="sm" mb="sm">{heading}</Text>
        <ul className={classes.codes} aria-label={t('account:recovery.title')}>{codes.map((code) => <li key={code}>{code}</li>)}</ul>
      </div>
      <Text size="sm" c="dimmed">{t('account:recovery.each')}</Text>
      <Group gap="xs">
        <CopyButton value={codes.join('\n')}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy} leftSection={copied ? <IconCheck {...icon} /> : <IconCopy {...icon} />}>{t(copied ? 'common:actions.copied' : 'common:actions.copy')}</Button>
          )}
        </CopyButton>
        <Button variant="default" leftSection={<IconDownload {...icon} />} onClick={() => { saveFile('drawbridge-recovery-codes.txt', file, 'text/plain') }}>{t('account:recovery.download')}</Button>
        <Button variant="default" leftSection={<IconPrinter {...icon} />} onClick={() => { window.print() }}>{t('account:recovery.print')}</Button>
        <Button onClick={onDone}>{t('account:recovery.kept')}</Button>
      </Group>
    </Stack>
  )
}
