import { Button, Group, Stack, Text } from '@mantine/core'
import { IconShieldCheck } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { setEnrolmentOwed } from '../../session/enrolment-owed.js'
import { useMe } from '../../session/session.js'
import { Status } from '../../ui/badge.js'
import { Section } from '../../ui/page.js'
import { useToast } from '../../ui/toast.js'
import { UnsavedGuard } from '../../ui/unsaved-guard.js'
import { DisableFactor } from './disable-factor.js'
import { EnrolSteps } from './enrol-steps.js'
import { RecoveryCodes } from './recovery-codes.js'

/** Off; being set up; its recovery codes on the screen, once; on. */
export function SecondFactor() {
  const { t } = useTranslation('account')
  const { totpEnabled, email } = useMe()
  const client = useQueryClient()
  const toast = useToast()
  const [isSettingUp, setSettingUp] = useState(false)
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const [isDisabling, setDisabling] = useState(false)
  const refresh = () => {
    setEnrolmentOwed(false)
    void client.invalidateQueries()
  }
  const state = <Status tone={totpEnabled ? 'good' : 'warn'}>{t(totpEnabled ? 'factor.on' : 'factor.off')}</Status>
  if (codes !== null) {
    return (
      <Section title={t('factor.title')} aside={state}>
        <UnsavedGuard dirty />
        <RecoveryCodes codes={codes} email={email} onDone={() => { setCodes(null) }} />
      </Section>
    )
  }
  return (
    <Section title={t('factor.title')} aside={state}>
      {isSettingUp && !totpEnabled
        ? <EnrolSteps onCancel={() => { setSettingUp(false) }} onEnrolled={(made) => {
          setSettingUp(false)
          setCodes(made)
          refresh()
        }} />
        : (
          <Stack gap="md" maw={620} align="flex-start">
            <Text size="sm" c="dimmed">{t(totpEnabled ? 'factor.onText' : 'factor.offText')}</Text>
            <Group>
              {totpEnabled
                ? <Button variant="default" onClick={() => { setDisabling(true) }}>{t('factor.disable')}</Button>
                : <Button leftSection={<IconShieldCheck size={16} aria-hidden />} onClick={() => { setSettingUp(true) }}>{t('factor.setUp')}</Button>}
            </Group>
          </Stack>
        )}
      <DisableFactor opened={isDisabling} onClose={() => { setDisabling(false) }} onDisabled={() => {
        setDisabling(false)
        toast.done(t('factor.disabled'))
        refresh()
      }} />
    </Section>
  )
}
