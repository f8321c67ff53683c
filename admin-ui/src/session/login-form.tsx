import { Alert, Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { type ChangeEvent, type FormEvent, useState } from 'react'
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

type Field = 'email' | 'password' | 'code'

/** Its fields are its own: a library for forms is not worth its weight before anybody has signed in. */
export function LoginForm({ email = '', onDone }: { email?: string; onDone: (operator: MeFragment) => void }) {
  const { t } = useTranslation(['common', 'session'])
  const login = useLogin()
  const wait = useWait(login.error)
  const text = useErrorText()
  const [step, setStep] = useState<Step>('password')
  const isSecond = step !== 'password'
  const asked: readonly Field[] = isSecond ? ['code'] : ['email', 'password']
  const [values, setValues] = useState<Readonly<Record<Field, string>>>({ email, password: '', code: '' })
  const [missing, setMissing] = useState<readonly Field[]>([])
  const set = (name: Field, value: string) => {
    setValues((before) => ({ ...before, [name]: value }))
    setMissing((before) => before.filter((each) => each !== name))
  }
  const field = (name: Field) => ({
    value: values[name], error: missing.includes(name) ? t(`session:${name}Missing`) : undefined,
    onChange: (event: ChangeEvent<HTMLInputElement>) => { set(name, event.currentTarget.value) },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const empty = asked.filter((name) => values[name].trim() === '')
    setMissing(empty)
    if (empty.length > 0) return
    login.mutate({ email: values.email, password: values.password, code: isSecond ? values.code.trim() : null }, {
      onSuccess: ({ operator }) => { onDone(operator) },
      onError: (error) => {
        if (isApiError(error, 'UNAUTHENTICATED') && error.details.reason === 'TOTP_REQUIRED') return setStep('code')
        set(isSecond ? 'code' : 'password', '')
      },
    })
  }
  const go = (to: Step) => {
    login.reset()
    set('code', '')
    if (to === 'password') set('password', '')
    setStep(to)
  }
  const asksForCode = isApiError(login.error, 'UNAUTHENTICATED') && login.error.details.reason === 'TOTP_REQUIRED'
  const error = asksForCode ? null
    : isApiError(login.error, 'UNAUTHENTICATED', 'BAD_USER_INPUT') ? t(isSecond ? 'session:codeWrong' : 'session:wrong')
      : isApiError(login.error, 'RATE_LIMITED')
        ? (wait > 0 ? t(wait < MINUTE_SECONDS ? 'session:wait' : 'session:waitLong', { count: wait, time: clock(wait) }) : null)
        : login.error === null ? null : text(login.error).title
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {error !== null && <Alert role="alert" variant="light" color="red" icon={<IconAlertCircle size={18} />} p="sm">{error}</Alert>}
        {step === 'password' && (
          <>
            <TextInput
              label={t('session:email')} type="email" autoComplete="username" data-autofocus={email === '' || undefined} {...field('email')}
            />
            <PasswordField label={t('session:password')} data-autofocus={email !== '' || undefined} {...field('password')} />
          </>
        )}
        {isSecond && (
          <>
            <Text size="sm">{t('session:secondStep', { email: values.email })}</Text>
            {/* Of its own for each kind, so that the focus goes to what is asked for. */}
            <TextInput
              key={step} autoFocus label={t(`session:field.${step}`)} description={t(`session:hint.${step}`)} spellCheck={false}
              autoComplete={step === 'code' ? 'one-time-code' : 'off'} inputMode={step === 'code' ? 'numeric' : 'text'} {...field('code')}
            />
          </>
        )}
        <Button type="submit" fullWidth size="md" loading={login.isPending} disabled={wait > 0}>{t('session:signIn')}</Button>
        {isSecond && (
          <Group justify="space-between">
            <Anchor component="button" type="button" size="sm" onClick={() => { go('password') }}>{t('session:back')}</Anchor>
            <Anchor component="button" type="button" size="sm" onClick={() => { go(step === 'code' ? 'recovery' : 'code') }}>
              {t(step === 'code' ? 'session:useRecovery' : 'session:useCode')}
            </Anchor>
          </Group>
        )}
      </Stack>
    </form>
  )
}
