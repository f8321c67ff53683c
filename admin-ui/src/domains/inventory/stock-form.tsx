import { Button, Group, Modal, NumberInput, SegmentedControl, Stack, Table, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { AdjustStockDocument, ReleaseStockDocument, type StockAfterFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { Status } from '../../ui/badge.js'
import { OnceFooter } from '../../ui/once-footer.js'
import { usePlaceInForm } from '../../ui/use-form-errors.js'
import { useOnce } from '../../ui/use-once.js'
import type { PrizeStock } from '../campaigns/stock.js'

const UNITS_MAX = 2_147_483_647
const REASON_CHARACTERS_MAX = 500
const WAYS = ['add', 'takeBack', 'release'] as const
type Way = (typeof WAYS)[number]

interface Values extends Record<string, unknown> {
  way: Way
  units: number | ''
  reason: string
}

const sendStock = async (prizeId: string, { way, units, reason }: Values, idempotencyKey: string): Promise<StockAfterFragment> => {
  const given = { prizeId, reason: reason.trim(), idempotencyKey }
  const { stock } = way === 'release'
    ? await run(ReleaseStockDocument, { ...given, units: Number(units) })
    : await run(AdjustStockDocument, { ...given, delta: way === 'add' ? Number(units) : -Number(units) })
  return stock
}

/** More stock, less of it, or some out of the vault: once for each time that the form is opened. */
export function StockForm({ stock, onClose }: { stock: PrizeStock; onClose: () => void }) {
  const { t } = useTranslation(['inventory', 'common'])
  const [busy, setBusy] = useState(false)
  return (
    <Modal
      opened onClose={() => { if (!busy) onClose() }} size="lg" title={<Text fw={600} span>{t('inventory:change.title', { prize: stock.prize.name })}</Text>}
      closeButtonProps={{ 'aria-label': t('common:actions.close'), disabled: busy }}
    >
      <Form stock={stock} onClose={onClose} onBusy={setBusy} />
    </Modal>
  )
}

function Form({ stock, onClose, onBusy }: { stock: PrizeStock; onClose: () => void; onBusy: (busy: boolean) => void }) {
  const { t } = useTranslation(['inventory', 'common'])
  const client = useQueryClient()
  // As it was when the form was opened: what the answer is told against.
  const [before] = useState(stock)
  const form = useForm<Values>({
    initialValues: { way: 'add', units: '', reason: '' },
    validate: {
      units: (units) => (units === '' || units < 1 ? t('inventory:change.unitsNeeded') : null),
      reason: isNotEmpty(t('common:form.required')),
    },
  })
  const place = usePlaceInForm(form, { delta: 'units' })
  const change = useOnce<Values, StockAfterFragment>({
    send: (values, key) => sendStock(stock.prize.id, values, key),
    onDone: () => client.invalidateQueries({ queryKey: ['campaigns'] }),
    place, onBusy,
  })
  if (change.answer !== undefined) return <Answer before={before} after={change.answer} onClose={onClose} />
  const locked = change.isPending || change.unknown
  return (
    <form onSubmit={form.onSubmit((values) => { change.send(values) })} noValidate>
      <Stack gap="md">
        <SegmentedControl
          aria-label={t('inventory:change.way')} fullWidth disabled={locked} data={WAYS.map((value) => ({ value, label: t(`inventory:change.${value}`) }))}
          {...form.getInputProps('way')}
        />
        <Text size="sm" c="dimmed">{t(`inventory:change.effect.${form.values.way}`)}</Text>
        <NumberInput
          label={t('inventory:change.units')} data-autofocus min={1} max={UNITS_MAX} allowDecimal={false} allowNegative={false} hideControls thousandSeparator=","
          disabled={locked} {...form.getInputProps('units')}
        />
        <TextInput label={t('inventory:change.reason')} description={t('inventory:change.reasonHint')} maxLength={REASON_CHARACTERS_MAX} disabled={locked} {...form.getInputProps('reason')} />
        <OnceFooter change={change} onClose={onClose} action={t(`inventory:change.${form.values.way}`)} danger={form.values.way === 'takeBack'} />
      </Stack>
    </form>
  )
}

const PLACES = ['granted', 'vault', 'inBuckets', 'inTransit', 'reserved', 'awarded'] as const

function Answer({ before, after, onClose }: { before: PrizeStock; after: StockAfterFragment; onClose: () => void }) {
  const { t, i18n } = useTranslation(['inventory', 'campaigns', 'common'])
  const number = (value: number) => count(value, i18n.language)
  return (
    <Stack gap="md">
      <Group gap="sm"><Status tone="good">{t('inventory:change.done')}</Status><Text size="sm" c="dimmed" span>{t('inventory:change.doneText')}</Text></Group>
      <Table aria-label={t('inventory:change.done')}>
        <Table.Thead><Table.Tr><Table.Th>{t('inventory:change.place')}</Table.Th><Table.Th ta="end">{t('inventory:change.before')}</Table.Th><Table.Th ta="end">{t('inventory:change.after')}</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {PLACES.map((place) => (
            <Table.Tr key={place}>
              <Table.Td>{place === 'granted' ? t('inventory:granted') : t(`campaigns:stock.${place}`)}</Table.Td>
              <Table.Td ta="end" className="num">{number(before[place])}</Table.Td>
              <Table.Td ta="end" className="num" fw={before[place] === after[place] ? undefined : 650}>{number(after[place])}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Group justify="flex-end"><Button data-autofocus onClick={onClose}>{t('common:actions.close')}</Button></Group>
    </Stack>
  )
}
