import { Alert, Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { IconAlertCircle } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../api/errors.js'
import type { MeFragment } from '../generated/graphql.js'
import { clock } from '../lib/format.js'
import { useErrorText } from '../ui/error-text.js'
import { PasswordField } from './password-field.js'
import { useLogin } from './session.js'
import { useWait } from './use-wait.js'

const MINUTE_SECONDS = 60
/** What is asked for: the password; then, where there is a second factor, a code of the app or a recovery code. */
type Step = 'password' | 'code' | 'recovery'

export function LoginForm({ email = '', onDone }: { email?: string; onDone: (operator: MeFragment) => void }) {
  const { t } = useTranslation(['common', 'session'])
  const login = useLogin()
  const wait = useWait(login.error)
  const text = useErrorText()
  const [step, setStep] = useState<Step>('password')
  const isSecond = step !== 'password'
  const form = useForm({
    initialValues: { email, password: '', code: '' },
    validate: {
      email: isNotEmpty(t('session:emailMissing')), password: isNotEmpty(t('session:passwordMissing')),
      code: (code) => (isSecond && code.trim() === '' ? t('session:codeMissing') : null),
    },
  })
  const submit = form.onSubmit(({ code, ...values }) => {
    login.mutate({ ...values, code: isSecond ? code.trim() : null }, {
      onSuccess: ({ operator }) => { onDone(operator) },
      onError: (error) => {
        if (isApiError(error, 'UNAUTHENTICATED') && error.details.reason === 'TOTP_REQUIRED') return setStep('code')
        form.setFieldValue(isSecond ? 'code' : 'password', '')
      },
    })
  })
  const go = (to: Step) => {
    login.reset()
    form.setFieldValue('code', '')
    if (to === 'password') form.setFieldValue('password', '')
    setStep(to)
  }
  const asksForCode = isApiError(login.error, 'UNAUTHENTICATED') && login.error.details.reason === 'TOTP_REQUIRED'
  const error = asksForCode ? null
    : isApiError(login.error, 'UNAUTHENTICATED', 'BAD_USER_INPUT') ? t(isSecond ? 'session:codeWrong' : 'session:wrong')
      : isApiError(login.error, 'RATE_LIMITED') ? (wait > 0 ? t(wait < MINUTE_SECONDS ? 'session:wait' : 'session:waitLong', { count: wait, time: clock(wait) }) : null)
        : login.error === null ? null : text(login.error).title
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {error !== null && <Alert role="alert" variant="light" color="red" icon={<IconAlertCircle size={18} />} p="sm">{error}</Alert>}
        {step === 'password' && (
          <>
            <TextInput label={t('session:email')} type="email" autoComplete="username" data-autofocus={email === '' || undefined} {...form.getInputProps('email')} />
            <PasswordField label={t('session:password')} data-autofocus={email !== '' || undefined} {...form.getInputProps('password')} />
          </>
        )}
        {isSecond && (
          <>
            <Text size="sm">{t('session:secondStep', { email: form.values.email })}</Text>
            {/* Of its own for each kind, so that the focus goes to what is asked for. */}
            <TextInput
              key={step} autoFocus label={t(`session:field.${step}`)} description={t(`session:hint.${step}`)} autoComplete={step === 'code' ? 'one-time-code' : 'off'}
              inputMode={step === 'code' ? 'numeric' : 'text'} spellCheck={false} {...form.getInputProps('code')}
            />
          </>
        )}
        <Button type="submit" fullWidth size="md" loading={login.isPending} disabled={wait > 0}>{t('session:signIn')}</Button>
        {isSecond && (
          <Group justify="space-between">
            <Anchor component="button" type="button" size="sm" onClick={() => { go('password') }}>{t('session:back')}</Anchor>
            <Anchor component="button" type="button" size="sm" onClick={() => { go(step === 'code' ? 'recovery' : 'code') }}>{t(step === 'code' ? 'session:useRecovery' : 'session:useCode')}</Anchor>
          </Group>
        )}
      </Stack>
    </form>
  )
}
