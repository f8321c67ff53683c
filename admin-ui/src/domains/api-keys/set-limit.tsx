import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { SetApiKeyLimitDocument, type ApiKeyRowFragment } from '../../generated/graphql.js'
import { useErrorText } from '../../ui/error-text.js'
import { useToast } from '../../ui/toast.js'
import { usePlaceInForm } from '../../ui/use-form-errors.js'
import { LimitField, limitOf, useLimitProblem } from './limit-field.js'

interface SetLimitProps {
  /** Null: the window is closed. */
  readonly apiKey: ApiKeyRowFragment | null
  readonly onClose: () => void
  readonly onDone: () => Promise<unknown>
}

/** Another limit for a key that is in use: what it does to the calls of its server is said before. */
export function SetLimit({ apiKey, ...props }: SetLimitProps) {
  const { t } = useTranslation(['apiKeys', 'common'])
  return (
    <Modal
      opened={apiKey !== null} onClose={props.onClose} closeButtonProps={{ 'aria-label': t('common:actions.close') }}
      title={<Text fw={600} span>{t('apiKeys:limit.ask', { name: apiKey?.name ?? '' })}</Text>}
    >
      {apiKey !== null && <Form apiKey={apiKey} {...props} />}
    </Modal>
  )
}

interface Values extends Record<string, unknown> {
  readonly drawsPerSecondMax: number | string
}

function Form({ apiKey: { id, name, drawsPerSecondMax }, onClose, onDone }: SetLimitProps & { apiKey: ApiKeyRowFragment }) {
  const { t } = useTranslation(['apiKeys', 'common'])
  const toast = useToast()
  const text = useErrorText()
  const problem = useLimitProblem()
  const form = useForm<Values>({ initialValues: { drawsPerSecondMax: drawsPerSecondMax ?? '' }, validate: { drawsPerSecondMax: problem } })
  const place = usePlaceInForm(form)
  const set = useMutation({
    mutationFn: (values: Values) => run(SetApiKeyLimitDocument, { id, drawsPerSecondMax: limitOf(values.drawsPerSecondMax) }),
    onSuccess: async () => {
      toast.done(t('apiKeys:limit.done', { name }))
      onClose()
      await onDone()
    },
    onError: (error) => { place(error) },
  })
  return (
    <form onSubmit={form.onSubmit((values) => { set.mutate(values) })} noValidate>
      <Stack gap="md">
        <LimitField data-autofocus {...form.getInputProps('drawsPerSecondMax')} />
        <Text size="sm" c="dimmed">{t('apiKeys:limit.effect')}</Text>
        {set.error !== null && form.errors.drawsPerSecondMax === undefined && <Alert color="red" variant="light" role="alert">{text(set.error).detail}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
          <Button type="submit" disabled={!form.isDirty()} loading={set.isPending}>{t('apiKeys:limit.set')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
