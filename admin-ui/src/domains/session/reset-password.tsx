import { Button, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ResetPasswordDocument } from '../../generated/graphql.js'
import { LoginForm } from '../../session/login-form.js'
import { useLinkToken } from '../../session/link-token.js'
import { isLongEnough, PASSWORD_CHARACTERS_MIN } from '../../session/new-password.js'
import { PasswordField } from '../../session/password-field.js'
import { useFormErrors } from '../../ui/use-form-errors.js'
import { isDeadLink, NoLink } from './one-time-link.js'
import { Outside } from './outside.js'
import { useEnter } from './use-enter.js'

/** Where a password-reset link leads. */
export function ResetPassword() {
  const { t } = useTranslation('session')
  const token = useLinkToken()
  const enter = useEnter()
  const form = useForm({
    initialValues: { password: '' },
    validate: { password: (password) => (isLongEnough(password) ? null : t('tooShort', { count: PASSWORD_CHARACTERS_MIN })) },
  })
  const place = useFormErrors(form)
  const reset = useMutation({
    mutationFn: ({ password }: { password: string }) => run(ResetPasswordDocument, { token: token ?? '', password }),
    onError: (error) => { if (!isDeadLink(error)) place(error) },
  })
  if (reset.isSuccess) return <Outside title={t('reset.done')} text={t('reset.doneText')}><LoginForm onDone={enter} /></Outside>
  return (
    <Outside title={t('reset.title')} text={t('reset.text')}>
      {token === null || isDeadLink(reset.error) ? <NoLink kind={token === null ? 'none' : 'dead'} /> : (
        <form onSubmit={form.onSubmit((values) => { reset.mutate(values) })} noValidate>
          <Stack gap="md">
            <PasswordField fresh label={t('newPassword')} description={t('newPasswordHint', { count: PASSWORD_CHARACTERS_MIN })} {...form.getInputProps('password')} />
            <Button type="submit" fullWidth size="md" loading={reset.isPending}>{t('reset.submit')}</Button>
          </Stack>
        </form>
      )}
    </Outside>
  )
}
