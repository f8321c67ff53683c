import { Modal, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { DateTime } from '../../ui/date-time.js'
import { onceWindow, ShownOnce } from '../../ui/shown-once.js'

export interface GivenLink { readonly email: string; readonly url: string; readonly expiresAt: string }

/** A one-time link, for its issuer to pass on: the product sends nothing. */
export function GivenOnce({ kind, link: { email, url, expiresAt }, onDone }: { kind: 'invitation' | 'reset'; link: GivenLink; onDone: () => void }) {
  const { t } = useTranslation('operators')
  return (
    <ShownOnce
      value={url} warning={t(`link.${kind}`, { email })} done={t('link.passedOn')} onDone={onDone}
      note={<Stack gap={2}><Text size="sm">{t('link.until')} <DateTime value={expiresAt} /></Text><Text size="sm" c="dimmed">{t('link.noMail')}</Text></Stack>}
    />
  )
}

export function LinkWindow({ kind, link, onClose }: { kind: 'invitation' | 'reset'; link: GivenLink | null; onClose: () => void }) {
  const { t } = useTranslation('operators')
  return (
    <Modal opened={link !== null} onClose={onClose} title={<Text fw={600} span>{t(`link.${kind}Title`)}</Text>} {...onceWindow(true)}>
      {link !== null && <GivenOnce kind={kind} link={link} onDone={onClose} />}
    </Modal>
  )
}
