import { Button, Group, Modal, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../../api/client.js'
import { RegisterParticipantKeyDocument } from '../../../generated/graphql.js'
import { useToast } from '../../../ui/toast.js'
import { useFormErrors } from '../../../ui/use-form-errors.js'
import { type Algorithm, algorithmOf, ALGORITHMS, jwkProblem, parsedJwk } from './jwk.js'

const KID_CHARACTERS_MAX = 64

interface RegisterKeyProps {
  readonly opened: boolean
  readonly onClose: () => void
  readonly onRegistered: () => Promise<unknown>
}

export function RegisterKey({ opened, onClose, onRegistered }: RegisterKeyProps) {
  const { t } = useTranslation(['settings', 'common'])
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={<Text fw={600} span>{t('settings:key.register')}</Text>} closeButtonProps={{ 'aria-label': t('common:actions.close') }}>
      <Form onClose={onClose} onRegistered={onRegistered} />
    </Modal>
  )
}

interface Values extends Record<string, unknown> {
  kid: string
  algorithm: Algorithm
  publicJwk: string
}

function Form({ onClose, onRegistered }: Omit<RegisterKeyProps, 'opened'>) {
  const { t } = useTranslation(['settings', 'common'])
  const toast = useToast()
  const form = useForm<Values>({
    initialValues: { kid: '', algorithm: 'ES256', publicJwk: '' },
    validate: {
      kid: isNotEmpty(t('common:form.required')),
      publicJwk: (text, { algorithm }) => {
        const problem = jwkProblem(text, algorithm)
        return problem === null ? null : t(`settings:key.problem.${problem}`, { algorithm })
      },
    },
  })
  const place = useFormErrors(form)
  const register = useMutation({
    mutationFn: (values: Values) => run(RegisterParticipantKeyDocument, values),
    onSuccess: async ({ registerParticipantKey: { kid } }) => {
      toast.done(t('settings:key.registered', { kid }))
      onClose()
      await onRegistered()
    },
    onError: place,
  })
  /** A key says by itself what it is for, and often what it is called. */
  const paste = (text: string) => {
    form.setFieldValue('publicJwk', text)
    const jwk = parsedJwk(text)
    if (jwk === null) return
    const algorithm = algorithmOf(jwk)
    if (algorithm !== undefined) form.setFieldValue('algorithm', algorithm)
    if (typeof jwk.kid === 'string' && form.values.kid === '') form.setFieldValue('kid', jwk.kid.slice(0, KID_CHARACTERS_MAX))
  }
  return (
    <form onSubmit={form.onSubmit((values) => { register.mutate(values) })} noValidate>
      <Stack gap="md">
        <Textarea
          data-autofocus label={t('settings:key.publicJwk')} description={t('settings:key.jwkHint')} autosize minRows={5} maxRows={12} spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }} {...form.getInputProps('publicJwk')} onChange={(event) => { paste(event.currentTarget.value) }}
        />
        <TextInput label={t('settings:key.kid')} description={t('settings:key.kidHint')} maxLength={KID_CHARACTERS_MAX} spellCheck={false} {...form.getInputProps('kid')} />
        <Select label={t('settings:key.algorithm')} allowDeselect={false} data={ALGORITHMS} {...form.getInputProps('algorithm')} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
          <Button type="submit" loading={register.isPending}>{t('settings:key.register')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
