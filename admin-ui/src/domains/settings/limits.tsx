import { Alert, Button, Fieldset, Group, NumberInput, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconLock } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { SetTenantLimitsDocument, type LimitsFragment, type TenantLimitsInput } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { isApiError } from '../../api/errors.js'
import { changedFields, differences, fieldsIn, mergedFields } from '../../lib/three-way.js'
import { useMay } from '../../session/session.js'
import { ConflictWindow } from '../../ui/conflict.js'
import { LoadingRows } from '../../ui/loading.js'
import { Section } from '../../ui/page.js'
import { ErrorState } from '../../ui/states.js'
import { useToast } from '../../ui/toast.js'
import { UnsavedGuard } from '../../ui/unsaved-guard.js'
import { useFormErrors } from '../../ui/use-form-errors.js'
import { isMoved, useTheirs } from '../../ui/use-theirs.js'
import { limitsQuery } from './limits-query.js'

const NAMES = ['drawsPerSecondMax', 'deviceIpDrawsPerSecondMax', 'participantDrawsPerSecondMax', 'serverParticipantDrawsPerSecondMax'] as const
type Values = Record<(typeof NAMES)[number], number | string>
type Given = Record<(typeof NAMES)[number], number | null>

export function LimitSettings() {
  const { data, error, refetch } = useQuery(limitsQuery)
  if (data !== undefined) return <LimitForm limits={data} />
  return error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />
}

const givenOf = (limits: LimitsFragment): Given => ({
  drawsPerSecondMax: limits.drawsPerSecondMax, deviceIpDrawsPerSecondMax: limits.deviceIpDrawsPerSecondMax ?? null,
  participantDrawsPerSecondMax: limits.participantDrawsPerSecondMax ?? null,
  serverParticipantDrawsPerSecondMax: limits.serverParticipantDrawsPerSecondMax ?? null,
})
const valuesOf = (given: Given): Values => Object.fromEntries(NAMES.map((name) => [name, given[name] ?? ''])) as Values
const typed = (values: Values): Given =>
  Object.fromEntries(NAMES.map((name) => [name, values[name] === '' ? null : Number(values[name])])) as Given

/** How often the tenant may draw. What is left empty is the installation's default; only what was changed is sent. */
function LimitForm({ limits }: { limits: LimitsFragment }) {
  const { t, i18n } = useTranslation(['settings', 'common'])
  const may = useMay('MANAGE_LIMITS')
  const client = useQueryClient()
  const toast = useToast()
  const { drawsPerSecondCeiling: max } = limits
  /** What the form was begun from: what another owner changes meanwhile is not taken for a change of this one's. */
  const [base, setBase] = useState(() => givenOf(limits))
  const defaults = {
    deviceIpDrawsPerSecondMax: limits.deviceIpDrawsPerSecondDefault, participantDrawsPerSecondMax: limits.participantDrawsPerSecondDefault,
  }
  const placeholder = (name: keyof Values) =>
    name in defaults ? t('settings:limits.default', { count: defaults[name as keyof typeof defaults] }) : name === 'drawsPerSecondMax' ? undefined : t('settings:limits.none')
  const inRange = (value: number | string) => (Number(value) >= 1 && Number(value) <= max ? null : t('settings:between', { min: 1, max: count(max, i18n.language) }))
  const form = useForm<Values>({
    initialValues: valuesOf(base),
    validate: {
      drawsPerSecondMax: inRange,
      deviceIpDrawsPerSecondMax: (value) => (value === '' ? null : inRange(value)),
      participantDrawsPerSecondMax: (value) => (value === '' ? null : inRange(value)),
      serverParticipantDrawsPerSecondMax: (value) => (value === '' ? null : inRange(value)),
    },
  })
  const place = useFormErrors(form)
  const input = changedFields(base, typed(form.values)) as TenantLimitsInput
  const isUntouched = Object.keys(input).length === 0
  const { theirs, meet, forget } = useTheirs(async () => givenOf(await client.fetchQuery({ ...limitsQuery, staleTime: 0 })), place)
  const begin = (from: Given, values = valuesOf(from)) => {
    setBase(from)
    forget()
    form.setInitialValues(valuesOf(from))
    form.setValues(values)
  }
  useEffect(() => {
    if (isUntouched && Object.keys(changedFields(base, givenOf(limits))).length > 0) begin(givenOf(limits))
  })
  const save = useMutation({
    mutationFn: async (changes: TenantLimitsInput) =>
      (await run(SetTenantLimitsDocument, { input: changes, expected: base })).setTenantLimits,
    onSuccess: (after) => {
      toast.done(t('settings:limits.saved'))
      client.setQueryData(limitsQuery.queryKey, after)
      begin(givenOf(after))
    },
    onError: async (error) => {
      if (isMoved(error)) return meet(error)
      // It waits for another owner: until then, what holds.
      if (isApiError(error, 'APPROVAL_REQUIRED')) begin(base)
      place(error)
    },
  })
  const met = theirs === null ? null : differences(fieldsIn(base), fieldsIn(typed(form.values)), fieldsIn(theirs))
  const words = (name: (typeof NAMES)[number], value: unknown) =>
    (typeof value === 'number' ? count(value, i18n.language) : placeholder(name) ?? null)
  const rows = (met ?? []).map(({ path, before, mine, theirs: other }) => {
    const name = path as (typeof NAMES)[number]
    return { path, name: t(`settings:limits.${name}`), before: words(name, before), after: words(name, mine), theirs: words(name, other) }
  })
  return (
    <form onSubmit={form.onSubmit(() => { save.mutate(input) })} noValidate>
      <ConflictWindow
        found={met} rows={rows} onLater={forget}
        onSettle={(ofMine) => { if (theirs !== null) begin(theirs, valuesOf(mergedFields(typed(form.values), theirs, ofMine))) }}
      />
      <UnsavedGuard dirty={may && !isUntouched && !save.isPending} />
      <Stack gap="lg">
        {!may && <Alert variant="light" color="gray" icon={<IconLock size={18} />} p="sm">{t('settings:ownersSet')}</Alert>}
        <Section title={t('settings:limits.title')}>
          <Fieldset variant="unstyled" m={0} p={0} disabled={!may}>
            <Stack gap="lg" maw={460}>
              <Text size="sm" c="dimmed">{t('settings:limits.text', { max: count(max, i18n.language) })}</Text>
              {NAMES.map((name) => (
                <NumberInput
                  key={name} label={t(`settings:limits.${name}`)} description={t(`settings:limits.${name}Text`)} allowDecimal={false} allowNegative={false} hideControls thousandSeparator=","
                  placeholder={placeholder(name)} suffix={t('settings:limits.suffix')}
                  {...form.getInputProps(name)}
                />
              ))}
            </Stack>
          </Fieldset>
        </Section>
        {may && (
          <Group justify="flex-end" gap="xs">
            <Button variant="default" disabled={isUntouched} onClick={() => { form.reset() }}>{t('settings:discard')}</Button>
            <Button type="submit" disabled={isUntouched} loading={save.isPending}>{t('settings:save')}</Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}
