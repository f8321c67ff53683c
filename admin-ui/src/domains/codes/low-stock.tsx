import { Button, Group, Modal, NumberInput, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { SetCodeLowStockDocument, type CodePoolStateFragment } from '../../generated/graphql.js'
import { Refusal } from '../../ui/refusal.js'
import { useToast } from '../../ui/toast.js'
import { placeInForm } from '../../ui/use-form-errors.js'
import { CODES_KEY } from './queries.js'

const LOW_STOCK_MAX = 1_000_000

/** From how few free codes on an alarm is raised; empty: never. */
export function LowStock({ pool: { prize, lowStockAt }, onClose }: { pool: CodePoolStateFragment; onClose: () => void }) {
  const { t } = useTranslation(['codes', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const [problem, setProblem] = useState<unknown>(null)
  const form = useForm<{ lowStockAt: number | '' }>({ initialValues: { lowStockAt: lowStockAt ?? '' } })
  const save = useMutation({
    mutationFn: (at: number | '') => run(SetCodeLowStockDocument, { prizeId: prize.id, lowStockAt: at === '' ? null : at }),
    onMutate: () => { setProblem(null) },
    onSuccess: async () => {
      toast.done(t('codes:alarm.saved', { prize: prize.name }))
      await client.invalidateQueries({ queryKey: CODES_KEY })
      onClose()
    },
    onError: (error) => { if (!placeInForm(form, error)) setProblem(error) },
  })
  return (
    <Modal opened onClose={onClose} title={<Text fw={600} span>{t('codes:alarm.title', { prize: prize.name })}</Text>} closeButtonProps={{ 'aria-label': t('common:actions.close') }}>
      <form onSubmit={form.onSubmit(({ lowStockAt: at }) => { save.mutate(at) })} noValidate>
        <Stack gap="md">
          <NumberInput
            data-autofocus label={t('codes:alarm.at')} description={t('codes:alarm.hint')} min={0} max={LOW_STOCK_MAX} allowDecimal={false} allowNegative={false} hideControls
            {...form.getInputProps('lowStockAt')}
          />
          <Refusal error={problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
            <Button type="submit" loading={save.isPending}>{t('codes:alarm.save')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
