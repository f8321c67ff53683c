import { Button, Group, Modal, NumberInput, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { SetCodeLowStockDocument, type CodePoolStateFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { differences, fieldsIn, mergedFields } from '../../lib/three-way.js'
import { ConflictWindow } from '../../ui/conflict.js'
import { Refusal } from '../../ui/refusal.js'
import { useToast } from '../../ui/toast.js'
import { usePlaceInForm } from '../../ui/use-form-errors.js'
import { isMoved, useTheirs } from '../../ui/use-theirs.js'
import { CODES_KEY, poolsQuery } from './queries.js'

const LOW_STOCK_MAX = 1_000_000

interface Values extends Record<string, unknown> { lowStockAt: number | '' }
const kept = (at: number | ''): number | null => (at === '' ? null : at)

interface LowStockProps {
  readonly campaignId: string
  readonly pool: CodePoolStateFragment
  readonly onClose: () => void
}

/** From how few free codes on an alarm is raised; empty: never. */
export function LowStock({ campaignId, pool: { prize, lowStockAt }, onClose }: LowStockProps) {
  const { t, i18n } = useTranslation(['codes', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const [problem, setProblem] = useState<unknown>(null)
  /** As the form was begun from it. */
  const [base, setBase] = useState<Values>({ lowStockAt: lowStockAt ?? '' })
  const { theirs, meet, forget } = useTheirs(async (): Promise<Values | undefined> => {
    const now = (await client.fetchQuery({ ...poolsQuery(campaignId), staleTime: 0 })).find((each) => each.prize.id === prize.id)
    return now === undefined ? undefined : { lowStockAt: now.lowStockAt ?? '' }
  }, setProblem)
  const form = useForm<Values>({ initialValues: base })
  const place = usePlaceInForm(form)
  const save = useMutation({
    mutationFn: (at: number | '') => run(SetCodeLowStockDocument, { prizeId: prize.id, lowStockAt: kept(at), expected: { lowStockAt: kept(base.lowStockAt) } }),
    onMutate: () => { setProblem(null) },
    onSuccess: async () => {
      toast.done(t('codes:alarm.saved', { prize: prize.name }))
      await client.invalidateQueries({ queryKey: CODES_KEY })
      onClose()
    },
    onError: async (error) => {
      if (isMoved(error)) await meet(error)
      else if (!place(error)) setProblem(error)
    },
  })
  const met = theirs === null ? null : differences(fieldsIn(base), fieldsIn(form.values), fieldsIn(theirs))
  const words = (value: unknown) => (typeof value === 'number' ? count(value, i18n.language) : null)
  const rows = (met ?? []).map(({ path, before, mine, theirs: other }) => ({ path, name: t('codes:alarm.at'), before: words(before), after: words(mine), theirs: words(other) }))
  const settle = (ofMine: ReadonlySet<string>) => {
    if (theirs === null) return
    setBase(theirs)
    forget()
    form.setValues(mergedFields(form.values, theirs, ofMine))
  }
  return (
    <Modal
      opened onClose={onClose} closeOnEscape={met === null} title={<Text fw={600} span>{t('codes:alarm.title', { prize: prize.name })}</Text>}
      closeButtonProps={{ 'aria-label': t('common:actions.close') }}
    >
      <ConflictWindow found={met} rows={rows} onSettle={settle} onLater={forget} />
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
