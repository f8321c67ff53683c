import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../../api/client.js'
import { SwitchFeatureDocument, type FeatureRowFragment } from '../../../generated/graphql.js'
import { useToast } from '../../../ui/toast.js'
import { useFormErrors } from '../../../ui/use-form-errors.js'

const REASON_CHARACTERS_MAX = 500

interface SwitchWindowProps {
  readonly feature: FeatureRowFragment | null
  readonly onClose: () => void
  readonly onSwitched: () => Promise<unknown>
}

/** A switch wants its reason: whoever finds it off later reads it. */
export function SwitchWindow({ feature, ...props }: SwitchWindowProps) {
  const { t } = useTranslation(['settings', 'common'])
  const title = feature === null ? ''
    : t(feature.switch === 'OFF' ? 'settings:feature.autoWhat' : 'settings:feature.offWhat', { feature: t(`settings:feature.${feature.feature}`) })
  return (
    <Modal
      opened={feature !== null} onClose={props.onClose} title={<Text fw={600} span>{title}</Text>}
      closeButtonProps={{ 'aria-label': t('common:actions.close') }}
    >
      {feature !== null && <Form feature={feature} {...props} />}
    </Modal>
  )
}

function Form({ feature: { feature, switch: before }, onClose, onSwitched }: SwitchWindowProps & { feature: FeatureRowFragment }) {
  const { t } = useTranslation(['settings', 'common'])
  const toast = useToast()
  const isOff = before === 'OFF'
  const form = useForm({ initialValues: { reason: '' }, validate: { reason: isNotEmpty(t('common:form.required')) } })
  const place = useFormErrors(form)
  const change = useMutation({
    mutationFn: ({ reason }: { reason: string }) => run(SwitchFeatureDocument, { feature, to: isOff ? 'AUTO' : 'OFF', reason }),
    onSuccess: async (_, { reason }) => {
      toast.undoable(t('settings:feature.done'), async () => {
        await run(SwitchFeatureDocument, { feature, to: before, reason: t('settings:feature.undone', { reason }).slice(0, REASON_CHARACTERS_MAX) })
        toast.done(t('settings:feature.done'))
        await onSwitched()
      })
      onClose()
      await onSwitched()
    },
    onError: place,
  })
  return (
    <form onSubmit={form.onSubmit((values) => { change.mutate(values) })} noValidate>
      <Stack gap="md">
        <Text size="sm" c="dimmed">{t(isOff ? 'settings:feature.autoEffect' : `settings:feature.${feature}_OFF`)}</Text>
        <TextInput
          data-autofocus label={t('settings:feature.reason')} description={t('settings:feature.reasonHint')} maxLength={REASON_CHARACTERS_MAX}
          {...form.getInputProps('reason')}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
          <Button type="submit" loading={change.isPending}>{t(isOff ? 'settings:feature.auto' : 'settings:feature.switchOff')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
