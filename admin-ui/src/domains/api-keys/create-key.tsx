import { Button, Group, Modal, Radio, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { CreateApiKeyDocument, type ApiKeyKind } from '../../generated/graphql.js'
import { onceWindow, ShownOnce } from '../../ui/shown-once.js'
import { useFormErrors } from '../../ui/use-form-errors.js'
import { LimitField, limitOf, useLimitProblem } from './limit-field.js'

interface CreateKeyProps {
  readonly opened: boolean
  readonly onClose: () => void
  readonly onCreated: () => Promise<unknown>
}

/** The secret is on the screen once: closing the window by a slip would lose it, so only its button closes it then. */
export function CreateKey({ opened, onClose, onCreated }: CreateKeyProps) {
  const { t } = useTranslation(['apiKeys', 'common'])
  const [secret, setSecret] = useState<string | null>(null)
  const close = () => {
    onClose()
    setSecret(null)
  }
  const open = secret !== null
  return (
    <Modal
      opened={opened} onClose={close} title={<Text fw={600} span>{open ? t('apiKeys:created') : t('apiKeys:create')}</Text>}
      {...onceWindow(open)} closeButtonProps={{ 'aria-label': t('common:actions.close') }}
    >
      {secret === null
        ? <KeyForm onCancel={close} onCreated={(created) => {
          setSecret(created)
          void onCreated()
        }} />
        : <ShownOnce value={secret} warning={t('apiKeys:once')} done={t('apiKeys:kept')} onDone={close} />}
    </Modal>
  )
}

interface Values extends Record<string, unknown> {
  readonly name: string
  readonly kind: ApiKeyKind
  readonly drawsPerSecondMax: number | string
}

function KeyForm({ onCancel, onCreated }: { onCancel: () => void; onCreated: (secret: string) => void }) {
  const { t } = useTranslation(['apiKeys', 'common'])
  const problem = useLimitProblem()
  const form = useForm<Values>({
    initialValues: { name: '', kind: 'LIVE', drawsPerSecondMax: '' }, validate: { name: isNotEmpty(t('common:form.required')), drawsPerSecondMax: problem },
  })
  const place = useFormErrors(form)
  const create = useMutation({
    mutationFn: ({ drawsPerSecondMax, ...values }: Values) =>
      run(CreateApiKeyDocument, { ...values, drawsPerSecondMax: limitOf(drawsPerSecondMax) }),
    onSuccess: ({ createApiKey }) => { onCreated(createApiKey.secret) },
    onError: place,
  })
  return (
    <form onSubmit={form.onSubmit((values) => { create.mutate(values) })} noValidate>
      <Stack gap="md">
        <TextInput data-autofocus label={t('apiKeys:column.name')} description={t('apiKeys:nameHint')} maxLength={100} {...form.getInputProps('name')} />
        <Radio.Group label={t('apiKeys:column.kind')} {...form.getInputProps('kind')}>
          <Stack gap="xs" mt="xs">
            {(['LIVE', 'TEST'] as const).map((kind) => <Radio key={kind} value={kind} label={t(`apiKeys:kind.${kind}`)} description={t(`apiKeys:kindText.${kind}`)} />)}
          </Stack>
        </Radio.Group>
        <LimitField {...form.getInputProps('drawsPerSecondMax')} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>{t('common:actions.cancel')}</Button>
          <Button type="submit" loading={create.isPending}>{t('apiKeys:create')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
