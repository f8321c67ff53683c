import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { DisableTotpDocument } from '../../generated/graphql.js'
import { PasswordField } from '../../session/password-field.js'
import { useFormErrors } from '../../ui/use-form-errors.js'
import { policyQuery } from '../settings/policy/policy-query.js'

interface DisableFactorProps {
  readonly opened: boolean
  readonly onClose: () => void
  readonly onDisabled: () => void
}

export function DisableFactor(props: DisableFactorProps) {
  const { t } = useTranslation(['account', 'common'])
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={<Text fw={600} span>{t('account:factor.ask')}</Text>} closeButtonProps={{ 'aria-label': t('common:actions.close') }}>
      <Form {...props} />
    </Modal>
  )
}

/** Of its own, so that it begins anew each time that the window opens. */
function Form({ onClose, onDisabled }: DisableFactorProps) {
  const { t } = useTranslation(['account', 'session', 'common'])
  const policy = useQuery(policyQuery)
  const form = useForm({
    initialValues: { password: '', code: '' },
    validate: { password: isNotEmpty(t('common:form.required')), code: isNotEmpty(t('session:codeMissing')) },
  })
  const place = useFormErrors(form)
  const disable = useMutation({
    mutationFn: ({ password, code }: { password: string; code: string }) => run(DisableTotpDocument, { password, code: code.trim() }),
    onSuccess: onDisabled,
    onError: place,
  })
  return (
    <form onSubmit={form.onSubmit((values) => { disable.mutate(values) })} noValidate>
      <Stack gap="md">
        <Text size="sm" c="dimmed">{t('account:factor.effect')}</Text>
        {policy.data?.totpRequired === true && <Alert variant="light" color="yellow" p="sm">{t('account:factor.required')}</Alert>}
        <PasswordField data-autofocus label={t('session:password')} {...form.getInputProps('password')} />
        <TextInput
          label={t('session:field.code')} description={t('account:factor.codeHint')} autoComplete="one-time-code" spellCheck={false}
          {...form.getInputProps('code')}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
          <Button type="submit" color="red.8" loading={disable.isPending}>{t('account:factor.disable')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
