import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { SetApiKeyLimitDocument, type ApiKeyRowFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { differences, fieldsIn } from '../../lib/three-way.js'
import { ConflictWindow } from '../../ui/conflict.js'
import { Refusal } from '../../ui/refusal.js'
import { useToast } from '../../ui/toast.js'
import { usePlaceInForm } from '../../ui/use-form-errors.js'
import { isMoved, useTheirs } from '../../ui/use-theirs.js'
import { LimitField, limitOf, useLimitProblem } from './limit-field.js'
import { apiKeysQuery } from './queries.js'

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
const valuesOf = (limit: number | null): Values => ({ drawsPerSecondMax: limit ?? '' })

function Form({ apiKey: { id, name, drawsPerSecondMax }, onClose, onDone }: SetLimitProps & { apiKey: ApiKeyRowFragment }) {
  const { t, i18n } = useTranslation(['apiKeys', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const problem = useLimitProblem()
  const [refusal, setRefusal] = useState<unknown>(null)
  /** As the form was begun from it. */
  const [base, setBase] = useState(drawsPerSecondMax ?? null)
  const { theirs, meet, forget } = useTheirs(async () => {
    const now = (await client.fetchQuery({ ...apiKeysQuery, staleTime: 0 })).find((key) => key.id === id)
    return now === undefined ? undefined : { limit: now.drawsPerSecondMax ?? null }
  }, setRefusal)
  const form = useForm<Values>({ initialValues: valuesOf(base), validate: { drawsPerSecondMax: problem } })
  const place = usePlaceInForm(form)
  const set = useMutation({
    mutationFn: (values: Values) =>
      run(SetApiKeyLimitDocument, { id, drawsPerSecondMax: limitOf(values.drawsPerSecondMax), expected: { drawsPerSecondMax: base } }),
    onMutate: () => { setRefusal(null) },
    onSuccess: async () => {
      toast.done(t('apiKeys:limit.done', { name }))
      onClose()
      await onDone()
    },
    onError: async (error) => {
      if (isMoved(error)) await meet(error)
      else if (!place(error)) setRefusal(error)
    },
  })
  const fields = (limit: number | null) => fieldsIn({ drawsPerSecondMax: limit })
  const mine = limitOf(form.values.drawsPerSecondMax)
  const met = theirs === null ? null : differences(fields(base), fields(mine), fields(theirs.limit))
  const words = (limit: unknown) => (typeof limit === 'number' ? count(limit, i18n.language) : t('apiKeys:limit.none'))
  const settle = (ofMine: ReadonlySet<string>) => {
    if (theirs === null) return
    setBase(theirs.limit)
    forget()
    form.setInitialValues(valuesOf(theirs.limit))
    form.setValues(valuesOf(ofMine.size > 0 ? mine : theirs.limit))
  }
  return (
    <form onSubmit={form.onSubmit((values) => { set.mutate(values) })} noValidate>
      <ConflictWindow
        found={met} onSettle={settle} onLater={forget}
        rows={(met ?? []).map(({ path, before, mine: ours, theirs: other }) => ({
          path, name: t('apiKeys:limit.label'), before: words(before), after: words(ours), theirs: words(other),
        }))}
      />
      <Stack gap="md">
        <LimitField data-autofocus {...form.getInputProps('drawsPerSecondMax')} />
        <Text size="sm" c="dimmed">{t('apiKeys:limit.effect')}</Text>
        <Refusal error={refusal} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
          <Button type="submit" disabled={!form.isDirty()} loading={set.isPending}>{t('apiKeys:limit.set')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
