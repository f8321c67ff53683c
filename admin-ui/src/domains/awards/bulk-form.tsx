import { Alert, Modal, Radio, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { IconInfoCircle } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AwardRowFragment, DeskResultFragment, StockFate } from '../../generated/graphql.js'
import { OnceFooter } from '../../ui/once-footer.js'
import { usePlaceInForm } from '../../ui/use-form-errors.js'
import { useOnce } from '../../ui/use-once.js'
import { AWARDS_KEY, mayHappen, runBulk, type BulkAction } from './awards.js'
import { BulkResults } from './bulk-results.js'

const REASON_CHARACTERS_MAX = 500
const FATES = ['RETURN_TO_VAULT', 'WRITE_OFF'] as const satisfies readonly StockFate[]

interface BulkFormProps {
  readonly action: BulkAction
  readonly awards: readonly AwardRowFragment[]
  readonly onClose: () => void
  readonly onDone: () => void
}

/** Issues again, expires or revokes awards, one or many, under one idempotency key; what became of each is told by the server. */
export function BulkForm({ action, awards, onClose, onDone }: BulkFormProps) {
  const { t } = useTranslation(['awards', 'common'])
  const [asked, setAsked] = useState<{ round: number; ids: readonly string[] }>({ round: 0, ids: awards.map(({ id }) => id) })
  const [busy, setBusy] = useState(false)
  return (
    <Modal
      opened onClose={() => { if (!busy) onClose() }} size="lg"
      title={<Text fw={600} span>{t(`awards:bulk.title.${action}`, { count: asked.ids.length })}</Text>}
      closeButtonProps={{ 'aria-label': t('common:actions.close'), disabled: busy }}
    >
      {/* Asked again, it is another form with another key. */}
      <Form
        key={asked.round} action={action} awards={awards.filter(({ id }) => asked.ids.includes(id))}
        onClose={onClose} onDone={onDone} onBusy={setBusy} onAgain={(ids) => { setAsked(({ round }) => ({ round: round + 1, ids })) }}
      />
    </Modal>
  )
}

interface FormProps extends BulkFormProps {
  readonly onAgain: (ids: readonly string[]) => void
  readonly onBusy: (busy: boolean) => void
}

interface Values extends Record<string, unknown> {
  reason: string
  stock: StockFate
}

function Form({ action, awards, onClose, onDone, onAgain, onBusy }: FormProps) {
  const { t } = useTranslation(['awards', 'common'])
  const client = useQueryClient()
  const form = useForm<Values>({ initialValues: { reason: '', stock: 'RETURN_TO_VAULT' }, validate: { reason: isNotEmpty(t('common:form.required')) } })
  const place = usePlaceInForm(form)
  const change = useOnce<Values, DeskResultFragment[]>({
    send: ({ reason, stock }, key) => runBulk(action, { ids: awards.map(({ id }) => id), reason: reason.trim(), stock }, key),
    onDone: async () => {
      onDone()
      await Promise.all([client.invalidateQueries({ queryKey: AWARDS_KEY }), client.invalidateQueries({ queryKey: ['campaigns', 'pulse'] })])
    },
    place, onBusy,
  })
  if (change.answer !== undefined) return <BulkResults results={change.answer} awards={awards} onClose={onClose} onAgain={onAgain} />
  const able = awards.filter(({ status }) => mayHappen(action, status)).length
  const locked = change.isPending || change.unknown
  return (
    <form onSubmit={form.onSubmit((values) => { change.send(values) })} noValidate>
      <Stack gap="md">
        <Text size="sm" c="dimmed">{t(`awards:bulk.effect.${action}`)}</Text>
        {able < awards.length && <Alert variant="light" color="gray" icon={<IconInfoCircle size={18} />} p="sm">{t('awards:bulk.able', { count: able, all: awards.length })}</Alert>}
        {action !== 'reissue' && (
          <Radio.Group label={t('awards:bulk.stock')} {...form.getInputProps('stock')}>
            <Stack gap="xs" mt="xs">
              {FATES.map((fate) => <Radio key={fate} value={fate} disabled={locked} label={t(`awards:fate.${fate}`)} description={t(`awards:fateText.${fate}`)} />)}
            </Stack>
          </Radio.Group>
        )}
        <TextInput data-autofocus label={t('awards:reason')} description={t('awards:reasonHint')} maxLength={REASON_CHARACTERS_MAX} disabled={locked} {...form.getInputProps('reason')} />
        <OnceFooter change={change} onClose={onClose} action={t(`awards:bulk.action.${action}`, { count: awards.length })} danger={action !== 'reissue'} />
      </Stack>
    </form>
  )
}
