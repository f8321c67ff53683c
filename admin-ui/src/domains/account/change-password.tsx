import { Button, Group, Stack } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ChangePasswordDocument } from '../../generated/graphql.js'
import { isLongEnough, PASSWORD_CHARACTERS_MIN } from '../../session/new-password.js'
import { PasswordField } from '../../session/password-field.js'
import { useMe } from '../../session/session.js'
import { Section } from '../../ui/page.js'
import { useToast } from '../../ui/toast.js'
import { useFormErrors } from '../../ui/use-form-errors.js'

export function ChangePassword() {
  const { t } = useTranslation(['account', 'session', 'common'])
  const { email } = useMe()
  const toast = useToast()
  const form = useForm({
    initialValues: { oldPassword: '', newPassword: '' },
    validate: {
      oldPassword: isNotEmpty(t('common:form.required')),
      newPassword: (password) => (isLongEnough(password) ? null : t('session:tooShort', { count: PASSWORD_CHARACTERS_MIN })),
    },
  })
  const place = useFormErrors(form)
  const change = useMutation({
    mutationFn: (values: { oldPassword: string; newPassword: string }) => run(ChangePasswordDocument, values),
    onSuccess: () => {
      form.reset()
      toast.done(t('account:password.done'))
    },
    onError: place,
  })
  return (
    <Section title={t('account:password.title')}>
      <form onSubmit={form.onSubmit((values) => { change.mutate(values) })} noValidate>
        {/* Password managers put the new one under the name that stands in the form. */}
        <input type="hidden" autoComplete="username" value={email} readOnly />
        <Stack gap="md" maw={420}>
          <PasswordField label={t('account:password.old')} {...form.getInputProps('oldPassword')} />
          <PasswordField fresh label={t('session:newPassword')} description={t('session:newPasswordHint', { count: PASSWORD_CHARACTERS_MIN })} {...form.getInputProps('newPassword')} />
          <Group><Button type="submit" variant="default" loading={change.isPending}>{t('account:password.change')}</Button></Group>
        </Stack>
      </form>
    </Section>
  )
}
