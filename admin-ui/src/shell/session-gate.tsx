import { Modal, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { isAttended } from '../lib/attended.js'
import { LoginForm } from '../session/login-form.js'
import { setExpired, useExpired } from '../session/expired.js'
import { meQuery, useMe } from '../session/session.js'

/** A screen that asks for nothing while it is looked at would let the session fall asleep. */
const AWAKE_MS = 60_000

/** When the session ends, over whatever is open: its reader signs in and goes on, and what was typed below is still there. */
export function SessionGate() {
  const { t } = useTranslation(['common', 'session'])
  const expired = useExpired()
  const client = useQueryClient()
  const { id, email } = useMe()
  useEffect(() => {
    const timer = setInterval(() => {
      if (isAttended()) void client.fetchQuery({ ...meQuery, staleTime: 0 }).catch(() => undefined)
    }, AWAKE_MS)
    return () => { clearInterval(timer) }
  }, [client])
  return (
    <Modal
      opened={expired} onClose={() => undefined} withCloseButton={false} closeOnClickOutside={false} closeOnEscape={false}
      title={<Text fw={600} span>{t('session:expired')}</Text>}
    >
      <Stack gap="md">
        <Text size="sm" c="dimmed">{t('session:expiredText')}</Text>
        <LoginForm email={email} onDone={(operator) => {
          // Somebody else sees nothing of what the page has read for the one before.
          if (operator.id !== id) return location.assign('/admin/')
          setExpired(false)
          void client.invalidateQueries()
        }} />
      </Stack>
    </Modal>
  )
}
