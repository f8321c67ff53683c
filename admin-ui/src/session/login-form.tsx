import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { IconAlertCircle } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../api/errors.js'
import type { MeFragment } from '../generated/graphql.js'
import { useErrorText } from '../ui/error-text.js'
import { useLogin } from './session.js'

const SECOND_MS = 1_000

/** Seconds until the server listens again, counted down. */
function useWait(error: unknown): number {
  const [left, setLeft] = useState(0)
  useEffect(() => {
    if (!isApiError(error, 'RATE_LIMITED')) return setLeft(0)
    const until = Date.now() + (error.details.retryAfterMs ?? SECOND_MS)
    const tick = () => { setLeft(Math.max(0, Math.ceil((until - Date.now()) / SECOND_MS))) }
    tick()
    const timer = setInterval(tick, SECOND_MS)
    return () => { clearInterval(timer) }
  }, [error])
  return left
}

export function LoginForm({ email = '', onDone }: { email?: string; onDone: (operator: MeFragment) => void }) {
  const { t } = useTranslation(['common', 'session'])
  const login = useLogin()
  const wait = useWait(login.error)
  const text = useErrorText()
  const form = useForm({
    initialValues: { email, password: '' },
    validate: { email: isNotEmpty(t('session:emailMissing')), password: isNotEmpty(t('session:passwordMissing')) },
  })
  const submit = form.onSubmit((values) => {
    login.mutate(values, { onSuccess: onDone, onError: () => { form.setFieldValue('password', '') } })
  })
  const error = isApiError(login.error, 'UNAUTHENTICATED', 'BAD_USER_INPUT') ? t('session:wrong')
    : isApiError(login.error, 'RATE_LIMITED') ? (wait > 0 ? t('session:wait', { count: wait }) : null)
      : login.error === null ? null : text(login.error).title
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {error !== null && <Alert role="alert" variant="light" color="red" icon={<IconAlertCircle size={18} />} p="sm">{error}</Alert>}
        <TextInput label={t('session:email')} type="email" autoComplete="username" data-autofocus={email === '' || undefined} {...form.getInputProps('email')} />
        <PasswordInput
          label={t('session:password')} autoComplete="current-password" data-autofocus={email !== '' || undefined}
          visibilityToggleButtonProps={{ 'aria-label': t('session:showPassword') }} {...form.getInputProps('password')}
        />
        <Button type="submit" fullWidth size="md" loading={login.isPending} disabled={wait > 0}>{t('session:signIn')}</Button>
      </Stack>
    </form>
  )
}
