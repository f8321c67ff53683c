import { Button, Group, List, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ConfirmTotpDocument, EnrolTotpDocument, type EnrolTotpMutation } from '../../generated/graphql.js'
import { PasswordField } from '../../session/password-field.js'
import { Copyable } from '../../ui/copyable.js'
import { useFormErrors } from '../../ui/use-form-errors.js'
import { QrCode } from './qr-code.js'

const GROUP = /.{1,4}/g

interface EnrolStepsProps {
  readonly onCancel: () => void
  readonly onEnrolled: (recoveryCodes: readonly string[]) => void
}

/** The password once more; then the app is shown its secret, and shows that it knows it. */
export function EnrolSteps({ onCancel, onEnrolled }: EnrolStepsProps) {
  const { t } = useTranslation(['account', 'session', 'common'])
  const form = useForm({ initialValues: { password: '' }, validate: { password: isNotEmpty(t('common:form.required')) } })
  const place = useFormErrors(form)
  const enrol = useMutation({
    mutationFn: async (values: { password: string }) => (await run(EnrolTotpDocument, values)).enrolTotp,
    onSuccess: () => { form.reset() },
    onError: place,
  })
  if (enrol.data !== undefined) return <Confirm enrolment={enrol.data} onCancel={onCancel} onEnrolled={onEnrolled} />
  return (
    <form onSubmit={form.onSubmit((values) => { enrol.mutate(values) })} noValidate>
      <Stack gap="md" maw={420}>
        <PasswordField autoFocus label={t('session:password')} description={t('account:factor.passwordHint')} {...form.getInputProps('password')} />
        <Buttons busy={enrol.isPending} action={t('account:factor.next')} onCancel={onCancel} />
      </Stack>
    </form>
  )
}

function Confirm({ enrolment: { secret, uri }, onCancel, onEnrolled }: EnrolStepsProps & { enrolment: EnrolTotpMutation['enrolTotp'] }) {
  const { t } = useTranslation(['account', 'session', 'common'])
  const form = useForm({ initialValues: { code: '' }, validate: { code: isNotEmpty(t('session:codeMissing')) } })
  const place = useFormErrors(form)
  const confirm = useMutation({
    mutationFn: async ({ code }: { code: string }) => (await run(ConfirmTotpDocument, { code: code.trim() })).confirmTotp,
    onSuccess: ({ recoveryCodes }) => { onEnrolled(recoveryCodes) },
    onError: place,
  })
  const grouped = secret.match(GROUP)?.join(' ') ?? secret
  return (
    <form onSubmit={form.onSubmit((values) => { confirm.mutate(values) })} noValidate>
      <Group align="flex-start" gap="xl">
        <QrCode text={uri} label={t('account:factor.qr')} />
        <Stack gap="md" maw={420} flex={1} miw={260}>
          <List type="ordered" size="sm" spacing={6}>
            <List.Item>{t('account:factor.step.scan')}</List.Item>
            <List.Item>{t('account:factor.step.type')}</List.Item>
          </List>
          <div>
            <Text size="xs" c="dimmed">{t('account:factor.secret')}</Text>
            <Copyable value={secret} shown={grouped} what={t('account:factor.secret')} />
          </div>
          <TextInput
            autoFocus label={t('session:field.code')} description={t('session:hint.code')} autoComplete="one-time-code" inputMode="numeric" spellCheck={false}
            {...form.getInputProps('code')}
          />
          <Buttons busy={confirm.isPending} action={t('account:factor.confirm')} onCancel={onCancel} />
        </Stack>
      </Group>
    </form>
  )
}

function Buttons({ busy, action, onCancel }: { busy: boolean; action: string; onCancel: () => void }) {
  const { t } = useTranslation()
  return (
    <Group gap="xs">
      <Button type="submit" loading={busy}>{action}</Button>
      <Button variant="default" onClick={onCancel}>{t('actions.cancel')}</Button>
    </Group>
  )
}
