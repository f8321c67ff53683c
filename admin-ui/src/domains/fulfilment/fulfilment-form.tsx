import { Alert, Button, Group, Modal, NumberInput, Radio, Select, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconInfoCircle } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { SetPrizeFulfilmentDocument, type FulfilledPrizeFragment, type FulfilmentInput, type FulfilmentKind, type StockFate } from '../../generated/graphql.js'
import { type Difference, differences, fieldsIn, mergedFields } from '../../lib/three-way.js'
import { ConflictWindow } from '../../ui/conflict.js'
import type { DiffRow } from '../../ui/diff-row.js'
import { Refusal } from '../../ui/refusal.js'
import { useToast } from '../../ui/toast.js'
import { usePlaceInForm } from '../../ui/use-form-errors.js'
import { isMoved, useTheirs } from '../../ui/use-theirs.js'
import { fulfilmentsKey, fulfilmentsQuery } from './queries.js'
import { SPAN_UNITS, UNIT_SECONDS, unitOf, type SpanUnit } from './spans.js'

const URL_CHARACTERS_MAX = 2_000
const WAYS = ['NONE', 'WALLET', 'WEBHOOK', 'MANUAL'] as const satisfies ReadonlyArray<FulfilmentKind | 'NONE'>
const FATES = ['RETURN_TO_VAULT', 'WRITE_OFF'] as const satisfies readonly StockFate[]

interface Values extends Record<string, unknown> {
  kind: FulfilmentKind | 'NONE'
  url: string
  claimWithinSeconds: number | ''
  onExpiry: StockFate
}

/** What the API is told: of each way, what it has and no more. */
function inputOf({ kind, url, claimWithinSeconds, onExpiry }: Values): FulfilmentInput | null {
  switch (kind) {
    case 'NONE': return null
    case 'WALLET': return { kind }
    case 'WEBHOOK': return { kind, url: url.trim() }
    case 'MANUAL': return { kind, onExpiry, claimWithinSeconds: claimWithinSeconds === '' ? null : claimWithinSeconds }
  }
}

/** As the API told it, with what the form has no field for: a webhook's award may expire as well. */
const toldOf = ({ fulfilment: now }: FulfilledPrizeFragment): FulfilmentInput | null =>
  (now == null ? null : { kind: now.kind, url: now.url, claimWithinSeconds: now.claimWithinSeconds, onExpiry: now.onExpiry })

const valuesOf = ({ fulfilment: now }: FulfilledPrizeFragment): Values =>
  ({ kind: now?.kind ?? 'NONE', url: now?.url ?? '', claimWithinSeconds: now?.claimWithinSeconds ?? '', onExpiry: now?.onExpiry ?? 'RETURN_TO_VAULT' })
const spanOf = ({ claimWithinSeconds }: Values): SpanUnit => (claimWithinSeconds === '' ? 'days' : unitOf(claimWithinSeconds))

/** The form's fields as they are told where two editors have met. */
function useWords(): (difference: Difference) => DiffRow {
  const { t } = useTranslation('fulfilment')
  const names: Readonly<Record<string, string>> = { kind: t('way'), url: t('url'), claimWithinSeconds: t('claim'), onExpiry: t('onExpiry') }
  const value = (path: string, given: unknown): string | null => {
    if (given === '') return null
    if (path === 'kind') return t(`ways.${given as Values['kind']}`)
    if (path === 'onExpiry') return t(`fates.${given as StockFate}`)
    if (typeof given !== 'number') return String(given)
    const unit = unitOf(given)
    return `${given / UNIT_SECONDS[unit]} ${t(`units.${unit}`)}`
  }
  return ({ path, before, mine, theirs }) =>
    ({ path, name: names[path] ?? path, before: value(path, before), after: value(path, mine), theirs: value(path, theirs) })
}

export function FulfilmentForm({ campaignId, prize, onClose }: { campaignId: string; prize: FulfilledPrizeFragment; onClose: () => void }) {
  const { t } = useTranslation(['fulfilment', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const [problem, setProblem] = useState<unknown>(null)
  /** As the form was begun from it. */
  const [seen, setSeen] = useState(prize)
  const base = valuesOf(seen)
  const { theirs: now, meet, forget } = useTheirs(
    async () => (await client.fetchQuery({ ...fulfilmentsQuery(campaignId), staleTime: 0 })).find(({ id }) => id === prize.id), setProblem,
  )
  const theirs = now === null ? null : valuesOf(now)
  const form = useForm<Values>({
    initialValues: base,
    validate: { url: (url, { kind }) => (kind === 'WEBHOOK' && url.trim() === '' ? t('common:form.required') : null) },
  })
  const place = usePlaceInForm(form)
  const [unit, setUnit] = useState<SpanUnit>(spanOf(base))
  const words = useWords()
  const save = useMutation({
    mutationFn: async (values: Values) => {
      const expected = { fulfilment: toldOf(seen) }
      return (await run(SetPrizeFulfilmentDocument, { prizeId: prize.id, fulfilment: inputOf(values), expected })).setPrizeFulfilment
    },
    onMutate: () => { setProblem(null) },
    onSuccess: async ({ name }) => {
      toast.done(t('fulfilment:saved', { prize: name }))
      await client.invalidateQueries({ queryKey: fulfilmentsKey(campaignId) })
      onClose()
    },
    onError: async (error) => {
      if (isMoved(error)) await meet(error)
      else if (!place(error)) setProblem(error)
    },
  })
  const { kind, claimWithinSeconds } = form.values
  const met = theirs === null ? null : differences(fieldsIn(base), fieldsIn(form.values), fieldsIn(theirs))
  const settle = (ofMine: ReadonlySet<string>) => {
    if (now === null || theirs === null) return
    const values = mergedFields(form.values, theirs, ofMine)
    setSeen(now)
    forget()
    form.setInitialValues(theirs)
    form.setValues(values)
    setUnit(spanOf(values))
  }
  return (
    <Modal
      opened onClose={onClose} closeOnEscape={met === null} size="lg" title={<Text fw={600} span>{t('fulfilment:formTitle', { prize: prize.name })}</Text>}
      closeButtonProps={{ 'aria-label': t('common:actions.close') }}
    >
      <ConflictWindow found={met} rows={(met ?? []).map(words)} onSettle={settle} onLater={forget} />
      <form onSubmit={form.onSubmit((values) => { save.mutate(values) })} noValidate>
        <Stack gap="md">
          <Radio.Group label={t('fulfilment:way')} {...form.getInputProps('kind')}>
            <Stack gap="xs" mt="xs">
              {WAYS.map((way) => <Radio key={way} value={way} label={t(`fulfilment:ways.${way}`)} description={t(`fulfilment:waysText.${way}`)} />)}
            </Stack>
          </Radio.Group>
          {kind === 'WEBHOOK' && <TextInput label={t('fulfilment:url')} description={t('fulfilment:urlHint')} type="url" maxLength={URL_CHARACTERS_MAX} {...form.getInputProps('url')} />}
          {kind === 'MANUAL' && (
            <>
              <Group align="flex-end" gap="xs" wrap="nowrap">
                <NumberInput
                  flex={1} label={t('fulfilment:claim')} description={t('fulfilment:claimHint')} min={1} allowNegative={false} hideControls
                  value={claimWithinSeconds === '' ? '' : claimWithinSeconds / UNIT_SECONDS[unit]} error={form.errors.claimWithinSeconds}
                  onChange={(value) => { form.setFieldValue('claimWithinSeconds', value === '' ? '' : Math.round(Number(value) * UNIT_SECONDS[unit])) }}
                />
                <Select
                  w={130} aria-label={t('fulfilment:claimUnit')} allowDeselect={false} value={unit} data={SPAN_UNITS.map((value) => ({ value, label: t(`fulfilment:units.${value}`) }))}
                  onChange={(value) => {
                    const next = SPAN_UNITS.find((each) => each === value) ?? unit
                    // The figure that was typed stays: what it counts is another.
                    if (claimWithinSeconds !== '') form.setFieldValue('claimWithinSeconds', (claimWithinSeconds / UNIT_SECONDS[unit]) * UNIT_SECONDS[next])
                    setUnit(next)
                  }}
                />
              </Group>
              <Radio.Group label={t('fulfilment:onExpiry')} {...form.getInputProps('onExpiry')}>
                <Stack gap="xs" mt="xs">{FATES.map((fate) => <Radio key={fate} value={fate} label={t(`fulfilment:fates.${fate}`)} />)}</Stack>
              </Radio.Group>
            </>
          )}
          <Alert variant="light" color="gray" icon={<IconInfoCircle size={18} />} p="sm">{t('fulfilment:effect')}</Alert>
          <Refusal error={problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
            <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>{t('fulfilment:save')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
