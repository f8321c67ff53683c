import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { FailAwardDocument, MarkAwardFulfilledDocument, type AwardDetailFragment } from '../../generated/graphql.js'
import { Refusal } from '../../ui/refusal.js'
import { useToast } from '../../ui/toast.js'
import { usePlaceInForm } from '../../ui/use-form-errors.js'
import { AWARDS_KEY, type AwardAction } from './awards.js'

const CHARACTERS_MAX = 500
export const ONE_ACTIONS = ['fulfilled', 'fail'] as const satisfies readonly AwardAction[]
export type OneAction = (typeof ONE_ACTIONS)[number]

/** An operator says that an award was delivered, under what reference, or that it will not be, and why. Said twice, it is so once. */
export function OneForm({ action, award, onClose }: { action: OneAction; award: AwardDetailFragment; onClose: () => void }) {
  const { id, userId, prize } = award
  const { t } = useTranslation(['awards', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const [problem, setProblem] = useState<unknown>(null)
  const field = action === 'fulfilled' ? 'reference' : 'reason'
  const form = useForm<Record<'reference' | 'reason', string>>({ initialValues: { reference: '', reason: '' }, validate: { [field]: isNotEmpty(t('common:form.required')) } })
  const place = usePlaceInForm(form)
  const change = useMutation({
    mutationFn: async (text: string) => (action === 'fulfilled' ? run(MarkAwardFulfilledDocument, { id, reference: text }) : run(FailAwardDocument, { id, reason: text })),
    onMutate: () => { setProblem(null) },
    onSuccess: async () => {
      toast.done(t(`awards:oneDone.${action}`, { prize: prize.name, participant: userId }))
      await client.invalidateQueries({ queryKey: AWARDS_KEY })
      onClose()
    },
    onError: async (error) => {
      if (!place(error)) setProblem(error)
      await client.invalidateQueries({ queryKey: AWARDS_KEY })
    },
  })
  return (
    <Modal opened onClose={onClose} title={<Text fw={600} span>{t(`awards:oneTitle.${action}`, { prize: prize.name, participant: userId })}</Text>} closeButtonProps={{ 'aria-label': t('common:actions.close') }}>
      <form onSubmit={form.onSubmit((values) => { change.mutate(values[field].trim()) })} noValidate>
        <Stack gap="md">
          <Text size="sm" c="dimmed">{t(`awards:oneEffect.${action}`)}</Text>
          <TextInput
            data-autofocus label={t(field === 'reference' ? 'awards:reference' : 'awards:reason')} description={t(field === 'reference' ? 'awards:referenceHint' : 'awards:reasonHint')}
            maxLength={CHARACTERS_MAX} {...form.getInputProps(field)}
          />
          <Refusal error={problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
            <Button type="submit" loading={change.isPending} color={action === 'fail' ? 'red.8' : undefined}>{t(`awards:action.${action}`)}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
