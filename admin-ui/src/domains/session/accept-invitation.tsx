import { Button, Stack, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { AcceptInvitationDocument } from '../../generated/graphql.js'
import { LoginForm } from '../../session/login-form.js'
import { useLinkToken } from '../../session/link-token.js'
import { isLongEnough, PASSWORD_CHARACTERS_MIN } from '../../session/new-password.js'
import { PasswordField } from '../../session/password-field.js'
import { useFormErrors } from '../../ui/use-form-errors.js'
import { isDeadLink, NoLink } from './one-time-link.js'
import { Outside } from './outside.js'
import { useEnter } from './use-enter.js'

const NAME_CHARACTERS_MAX = 100

/** Where an invitation's link leads: a name, a password, and one is an operator. */
export function AcceptInvitation() {
  const { t } = useTranslation(['session', 'common'])
  const token = useLinkToken()
  const enter = useEnter()
  const form = useForm({
    initialValues: { name: '', password: '' },
    validate: {
      name: isNotEmpty(t('common:form.required')),
      password: (password) => (isLongEnough(password) ? null : t('session:tooShort', { count: PASSWORD_CHARACTERS_MIN })),
    },
  })
  const place = useFormErrors(form)
  const accept = useMutation({
    mutationFn: async (values: { name: string; password: string }) => (await run(AcceptInvitationDocument, { token: token ?? '', ...values })).acceptInvitation,
    onError: (error) => { if (!isDeadLink(error)) place(error) },
  })
  if (accept.data !== undefined) {
    const { email } = accept.data
    return <Outside title={t('session:invitation.done')} text={t('session:invitation.doneText', { email })}><LoginForm email={email} onDone={enter} /></Outside>
  }
  return (
    <Outside title={t('session:invitation.title')} text={t('session:invitation.text')}>
      {token === null || isDeadLink(accept.error) ? <NoLink kind={token === null ? 'none' : 'dead'} /> : (
        <form onSubmit={form.onSubmit((values) => { accept.mutate(values) })} noValidate>
          <Stack gap="md">
            <TextInput label={t('session:invitation.name')} autoComplete="name" maxLength={NAME_CHARACTERS_MAX} {...form.getInputProps('name')} />
            <PasswordField fresh label={t('session:newPassword')} description={t('session:newPasswordHint', { count: PASSWORD_CHARACTERS_MIN })} {...form.getInputProps('password')} />
            <Button type="submit" fullWidth size="md" loading={accept.isPending}>{t('session:invitation.submit')}</Button>
          </Stack>
        </form>
      )}
    </Outside>
  )
}
